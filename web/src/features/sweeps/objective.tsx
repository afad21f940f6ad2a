/** The metric of each trial in the order of their start, with the best so far as a step. */
import type { Trial } from "@/api/types";
import { metric } from "@/lib/format";
import { useHover } from "@/lib/hover";

const width = 620;
const height = 230;
const pad = { left: 56, right: 12, top: 10, bottom: 26 };

/** An SVG of at most a few hundred points. */
export function ObjectiveChart({ trials, minimise, name }: { trials: Trial[]; minimise: boolean; name: string }) {
  const lit = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const known = trials.filter((trial): trial is Trial & { value: number; seq: number } => trial.seq !== null && trial.value !== null && Number.isFinite(trial.value)).sort((a, b) => a.seq - b.seq);
  if (known.length === 0) return <p className="muted">No trial has a value yet.</p>;
  const values = known.map((trial) => trial.value).sort((a, b) => a - b);
  // The worst tenth may be far off; the scale follows the rest and clips them to the edge.
  const cut = Math.max(1, Math.floor(values.length * 0.1));
  const robust = values.length > 8;
  const lo = robust && !minimise ? (values[cut] ?? 0) : (values[0] ?? 0);
  const hi = robust && minimise ? (values[values.length - 1 - cut] ?? 1) : (values[values.length - 1] ?? 1);
  const most = Math.max(...known.map((trial) => trial.seq), 1);
  const range = hi > lo ? hi - lo : 1;
  const x = (seq: number) => pad.left + (seq / most) * (width - pad.left - pad.right);
  const y = (v: number) => pad.top + (1 - Math.min(1.04, Math.max(-0.04, (v - lo) / range))) * (height - pad.top - pad.bottom);
  let best = known[0]?.value ?? 0;
  let steps = `M${x(known[0]?.seq ?? 0)} ${y(best)}`;
  for (const trial of known) {
    if (minimise ? trial.value < best : trial.value > best) {
      steps += `H${x(trial.seq)}V${y(trial.value)}`;
      best = trial.value;
    }
  }
  steps += `H${x(most)}`;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name} of ${known.length} trials, best ${metric(best)}`} className="objective">
      {[0, 0.25, 0.5, 0.75, 1].map((t) => (
        <g key={t}>
          <line x1={pad.left} x2={width - pad.right} y1={y(lo + t * range)} y2={y(lo + t * range)} stroke="var(--grid)" />
          <text x={pad.left - 6} y={y(lo + t * range) + 3.5} textAnchor="end">{metric(Number((lo + t * range).toPrecision(3)))}</text>
        </g>
      ))}
      <text x={pad.left} y={height - 8}>first run</text>
      <text x={width - pad.right} y={height - 8} textAnchor="end">run {most + 1}</text>
      <path d={steps} fill="none" stroke="var(--accent)" strokeWidth={1.8} />
      {known.map((trial) => (
        <circle key={trial.seq} cx={x(trial.seq)} cy={y(trial.value)} r={lit !== null && lit === trial.id ? 6 : 3.6} fill={trial.value === best ? "var(--accent)" : "var(--fg-3)"} opacity={lit !== null && lit !== trial.id ? 0.35 : 0.9} onMouseEnter={() => hover(trial.id)} onMouseLeave={() => hover(null)}>
          <title>{`${trial.run_name ?? trial.run}: ${metric(trial.value)}`}</title>
        </circle>
      ))}
    </svg>
  );
}
