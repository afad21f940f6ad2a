/** The metric of each trial in the order of their start, with the best so far as a step. */
import type { Course } from "@/api/sweeps";
import type { Trial } from "@/api/types";
import { metric } from "@/lib/format";
import { useHover } from "@/lib/hover";
import { objectiveScale, offScale } from "@/lib/objective";

const width = 640;
const height = 250;
const pad = { left: 58, right: 14, top: 12, bottom: 28 };

interface Props {
  trials: Trial[];
  course: Course | undefined;
  minimise: boolean;
  name: string;
  /** Ids inside the brush, null without one. */
  kept: ReadonlySet<number | null> | null;
  onPick: (run: string) => void;
}

/** Round steps of a scale. */
function ticks(lo: number, hi: number): number[] {
  const raw = (hi - lo) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one >= raw) ?? raw;
  const first = Math.ceil(lo / step) * step;
  return Array.from({ length: Math.max(1, Math.floor((hi - first) / step + 1.0001)) }, (_, i) => Number((first + i * step).toPrecision(12)));
}

/** An SVG of at most a few thousand points. Points that follow a model are filled, those before it are rings. */
export function ObjectiveChart({ trials, course, minimise, name, kept, onPick }: Props) {
  const lit = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const known = trials.filter((trial): trial is Trial & { value: number; seq: number } => trial.seq !== null && trial.value !== null && Number.isFinite(trial.value)).sort((a, b) => a.seq - b.seq);
  const before = trials.filter((trial) => trial.prior && trial.value !== null).length;
  if (known.length === 0) return <p className="muted">No run of an agent has a value yet.{before > 0 && ` The search knows ${before} other ${before === 1 ? "run" : "runs"}: the table lists them.`}</p>;
  const scale = objectiveScale(known.map((trial) => trial.value), minimise);
  const { lo, range } = scale;
  const most = Math.max(...known.map((trial) => trial.seq), 1);
  const x = (seq: number) => pad.left + (seq / most) * (width - pad.left - pad.right);
  const cutOff = known.filter((trial) => offScale(trial.value, scale) !== 0).length;
  const y = (v: number) => pad.top + (1 - Math.min(1.03, Math.max(-0.03, (v - lo) / range))) * (height - pad.top - pad.bottom);
  const points = course?.points ?? [];
  const [first] = points;
  let steps = first === undefined ? "" : `M${x(first.seq)} ${y(first.best)}`;
  for (const point of points.slice(1)) steps += point.improved ? `H${x(point.seq)}V${y(point.best)}` : "";
  if (steps !== "") steps += `H${x(most)}`;
  const improved = new Set(points.filter((point) => point.improved).map((point) => point.seq));
  const best = points[points.length - 1]?.best;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="group" aria-label={`${name} of ${known.length} trials${best === undefined ? "" : `, best ${metric(best)}`}`} className="objective">
      {ticks(lo, lo + range).map((tick) => (
        <g key={tick}>
          <line x1={pad.left} x2={width - pad.right} y1={y(tick)} y2={y(tick)} stroke="var(--grid)" />
          <text x={pad.left - 8} y={y(tick) + 3.5} textAnchor="end">{metric(tick)}</text>
        </g>
      ))}
      <text x={pad.left} y={height - 8}>first run</text>
      <text x={width - pad.right} y={height - 8} textAnchor="end">run {most + 1}</text>
      {best !== undefined && <text x={(pad.left + width - pad.right) / 2} y={height - 8} textAnchor="middle" className="objective-best">best so far {metric(best)}</text>}
      {cutOff > 0 && <text x={width - pad.right} y={minimise ? pad.top + 14 : height - pad.bottom - 10} textAnchor="end">{cutOff} {minimise ? "▲ above" : "▼ below"} the scale</text>}
      <path d={steps} fill="none" stroke="var(--accent)" strokeWidth={1.8} />
      {known.map((trial) => {
        const out = kept !== null && !kept.has(trial.id);
        const modelled = trial.info?.["engine"] === "model";
        const colour = improved.has(trial.seq) ? "var(--accent)" : "var(--fg-3)";
        const off = offScale(trial.value, scale);
        const large = lit !== null && lit === trial.id;
        const [cx, cy, r] = [x(trial.seq), y(trial.value), large ? 6.5 : 4];
        // Off the scale: an arrow at the edge that points to where it is.
        const d = off === 0 ? `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0` : `M${cx - r - 1} ${cy + off * r}h${2 * r + 2}L${cx} ${cy - off * (r + 1)}z`;
        return (
          <path key={trial.seq} className="trial" d={d} data-off={off === 0 ? undefined : off > 0 ? "above" : "below"} fill={modelled ? colour : "var(--surface)"} stroke={colour} strokeWidth={1.6} opacity={out ? 0.18 : lit !== null && lit !== trial.id ? 0.4 : 1} onMouseEnter={() => hover(trial.id)} onMouseLeave={() => hover(null)} onClick={() => onPick(trial.run)}>
            <title>{`${trial.run_name ?? trial.run}: ${metric(trial.value)}${modelled ? "" : ", before the model"}${off === 0 ? "" : `, ${off > 0 ? "above" : "below"} the scale`}`}</title>
          </path>
        );
      })}
    </svg>
  );
}
