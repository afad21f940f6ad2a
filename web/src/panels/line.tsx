/** Metrics of many runs as lines: need and drawing joined. */
import { type KeyboardEvent as Key, useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { exactSeries, type SeriesNeed, useManySeries } from "@/api/series";
import type { RunLine } from "@/api/types";
import { drawLines, type Line, type Readout, type XKind } from "@/charts/line";
import { runColour, runDash } from "@/lib/colour";
import { bytes, count, metric } from "@/lib/format";
import { figureLabel, inBytes } from "@/lib/figure";
import { groupLines, innerRange } from "@/lib/group";
import { useHover } from "@/lib/hover";
import { legendOf, type LineSettings, type PanelSpec } from "@/lib/panel_spec";
import type { RunSet } from "@/lib/run_set";
import { extent, rangeByKey, type SeriesArrays } from "@/lib/series";
import { smooth } from "@/lib/smooth";
import { useTheme } from "@/lib/theme";
import { Failure } from "@/ui/parts";
import { BarRows } from "./bar";
import { PanelFrame, type PanelContext, useNear } from "./frame";
import { linePython } from "./python";
import { copyText } from "@/lib/clipboard";

const keyDashes: number[][] = [[], [5, 4], [2, 3], [8, 3, 2, 3], [1, 3], [12, 3], [4, 2, 1, 2], [10, 2]];
const MOST_WITH_RAW = 12;
const POINTS = { card: 500, full: 1500 };
/** Of very many runs no more than a card has pixels: what travels and is drawn is their product. */
const MANY_RUNS = 200;
const POINTS_OF_MANY = { card: 250, full: 750 };

const fileForms = () => import("@/charts/export");

/** What an x axis is called and measured in. */
export function xOf(x: string): { label: string; kind: XKind } {
  if (x === "_step") return { label: "step", kind: "number" };
  if (x === "_relative") return { label: "time", kind: "seconds" };
  if (x === "_timestamp") return { label: "", kind: "instant" };
  return { label: x, kind: "number" };
}

interface Sight {
  full: boolean;
  /** The part of the horizontal axis that one looks at, null for what the panel has chosen. */
  range: [number, number] | null;
}

/** The lines that a panel of these runs asks for, one for each of its keys. */
export function linesNeed(entity: string, project: string, runs: number[], spec: PanelSpec, settings: LineSettings, { full, range }: Sight = { full: false, range: null }): Omit<SeriesNeed, "key"> {
  const points = (runs.length > MANY_RUNS ? POINTS_OF_MANY : POINTS)[full ? "full" : "card"];
  const [lo, hi] = range ?? [settings.xLow, settings.xHigh];
  return { entity, project, runs, x: settings.x === "" || spec.stream === "system" ? spec.x : settings.x, stream: spec.stream, points, ...(lo === null ? {} : { lo }), ...(hi === null ? {} : { hi }) };
}

interface Props {
  spec: PanelSpec;
  context: PanelContext;
  full?: boolean;
}

/** A panel. It asks for data when it comes near the window, and for no more than its pixels. */
export function LinePanel({ spec, context, full = false }: Props) {
  const { entity, project, set, onPick } = context;
  const settings = useMemo(() => ({ ...context.settings, ...spec.settings }), [context.settings, spec.settings]);
  const box = useRef<HTMLDivElement>(null);
  const near = useNear(box) || full;
  const [asTable, setAsTable] = useState(false);
  const [range, setRange] = useState<[number, number] | null>(null);
  const ids = useMemo(() => set.runs.map((run) => run.id), [set.runs]);
  const { xLow, xHigh, yLow, yHigh, logY, outliers } = settings;
  const need = useMemo(
    () => linesNeed(entity, project, ids, spec, settings, { full, range }),
    [entity, project, ids, spec, settings, full, range],
  );
  const { x } = need;
  const { series, isPending, error } = useManySeries(need, spec.keys, near);
  const lines = useLines(series, spec, set, settings);
  const shown = useMemo(() => range ?? ownRange({ xLow, xHigh }, lines), [range, xLow, xHigh, lines]);
  const yRange = useMemo(() => verticalRange({ yLow, yHigh, logY, outliers }, lines), [yLow, yHigh, logY, outliers, lines]);
  const single = series.length > 0 && series.every((one) => one.n <= 1);
  const { label: xLabel, kind: xKind } = xOf(x);
  const style = () => getComputedStyle(document.documentElement);
  const points = series.reduce((sum, one) => sum + one.n, 0);
  const lost = series.reduce((sum, one) => sum + one.nonfinite, 0);
  const dropped = settings.logY ? series.reduce((sum, one) => sum + one.mean.reduce((n, y) => n + (y <= 0 ? 1 : 0), 0), 0) : 0;
  const exact = series.every((one) => one.exact);
  const all = useRef<[number, number]>([0, 0]);
  if (range === null && lines.length > 0) all.current = shown ?? extent(lines);
  const onKey = (event: Key) => {
    const next = rangeByKey(event.key, range ?? all.current, all.current);
    if (next === undefined || event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    setRange(next);
    event.preventDefault();
  };
  return (
    <div ref={box} className="panel-slot" onKeyDown={onKey}>
      <PanelFrame
        spec={spec}
        context={context}
        full={full}
        table={{ shown: asTable, onShow: setAsTable }}
        exports={{
          csv: async () => {
            const { lineCsv } = await fileForms();
            if (set.groups !== null || settings.smoothing.weight > 0) return lineCsv(lines, x);
            const exact = new Map((await exactSeries(need, spec.keys)).map((one) => [`${one.run} ${one.key}`, one]));
            return lineCsv(lines.map((line) => ({ ...line, ...(exact.has(line.id) ? { x: exact.get(line.id)?.x ?? line.x, y: exact.get(line.id)?.mean ?? line.y, low: exact.get(line.id)?.low ?? null, high: exact.get(line.id)?.high ?? null } : {}) })), x);
          },
          svg: async () => (await fileForms()).lineSvg(spec.title, lines, { logX: settings.logX, logY: settings.logY, xRange: shown, yRange, xKind, xLabel: xLabel || "time", look: { background: style().getPropertyValue("--surface"), text: style().getPropertyValue("--fg-2"), grid: style().getPropertyValue("--grid") } }),
          python: () => linePython(context, set.runs, spec, x),
        }}
        foot={
          <>
            {context.legend === true && !asTable && !single && <Legend lines={lines} whole={full} />}
            <span title="Every point of the shown range is in this drawing: a bucket shows its mean, and its lowest and highest value as a band.">
              {lines.length === 0 ? "" : `all ${count(points, "point")}${exact ? "" : " in buckets"}`}
              {lost > 0 && ` · ${lost.toLocaleString("en-US")} NaN or infinite`}
              {dropped > 0 && ` · ${dropped.toLocaleString("en-US")} below zero not on a log axis`}
            </span>
            {range !== null && <button type="button" className="link" onClick={() => setRange(null)}>whole range</button>}
          </>
        }
      >
        {error !== null && series.length === 0 ? (
          <Failure error={error} />
        ) : !near || (isPending && set.runs.length > 0) ? (
          <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${spec.title}`} />
        ) : lines.length === 0 ? (
          <p className="muted panel-none">{set.runs.length === 0 ? "No run is shown. Open an eye at the left." : "No shown run has logged this."}</p>
        ) : asTable ? (
          <LineTable series={series} set={set} many={spec.keys.length > 1} />
        ) : single && set.groups === null && set.runs.length > 1 ? (
          <BarRows values={series.map((one) => ({ run: set.runs.find((run) => run.id === one.run), value: one.mean[0] === undefined || Number.isNaN(one.mean[0]) ? null : one.mean[0], note: spec.keys.length > 1 ? one.key : undefined }))} context={context} />
        ) : (
          <Plot lines={lines} spec={spec} settings={settings} xKind={xKind} xLabel={xLabel} x={x} range={shown} yRange={yRange} onRange={setRange} set={set} onPick={onPick} />
        )}
      </PanelFrame>
    </div>
  );
}

/** The part of the horizontal axis that was chosen for a panel, to its ends where only one was; null is all of it. */
function ownRange({ xLow, xHigh }: Pick<LineSettings, "xLow" | "xHigh">, lines: readonly Line[]): [number, number] | null {
  if ((xLow === null && xHigh === null) || lines.length === 0) return null;
  const [first, last] = extent(lines);
  return [xLow ?? first, xHigh ?? last];
}

/** Limits of the vertical axis, null where the values say it. */
function verticalRange({ outliers, logY, yLow, yHigh }: Pick<LineSettings, "outliers" | "logY" | "yLow" | "yHigh">, lines: readonly Line[]): [number | null, number | null] {
  const inner = outliers ? innerRange(lines.flatMap((line) => Array.from(line.y, (y) => (y === null ? Number.NaN : logY ? Math.log10(y) : y)))) : null;
  // A logarithmic axis begins its marks at its end: there a round number is to be.
  const edge = (y: number | undefined, round: (n: number) => number) => (y === undefined ? null : logY ? Number(`${round(10 ** (y - Math.floor(y)))}e${Math.floor(y)}`) : y);
  return [yLow ?? edge(inner?.[0], Math.floor), yHigh ?? edge(inner?.[1], Math.ceil)];
}

/** The lines to draw. While none differs it is the same array, so that a page that learns something new about its
 * runs draws nothing anew. */
function useLines(series: readonly SeriesArrays[], spec: PanelSpec, set: RunSet<RunLine>, settings: LineSettings): Line[] {
  const theme = useTheme((s) => s.theme);
  const smoothings = useRef({ of: settings.smoothing, known: new WeakMap<object, ArrayLike<number | null>>() });
  if (smoothings.current.of !== settings.smoothing) smoothings.current = { of: settings.smoothing, known: new WeakMap() };
  const drawn = useRef<Line[]>([]);
  const lines = useMemo(() => {
    const { known } = smoothings.current;
    const byId = new Map(set.runs.map((run) => [run.id, run]));
    const found = series.filter((one) => byId.has(one.run) && one.x.length > 0);
    const many = spec.keys.length > 1;
    const smoothed = (xs: ArrayLike<number>, ys: ArrayLike<number | null>): ArrayLike<number | null> => {
      if (settings.smoothing.weight === 0) return ys;
      const made = known.get(ys) ?? smooth(xs, ys as ArrayLike<number>, settings.smoothing);
      known.set(ys, made);
      return made;
    };
    if (set.groups !== null) {
      return set.groups.flatMap((group) =>
        spec.keys.flatMap((key, of): Line[] => {
          const own = found.filter((one) => one.key === key && group.runs.some((run) => run.id === one.run));
          if (own.length === 0) return [];
          const joined = groupLines(own.map((one) => ({ x: one.x, y: one.mean, low: one.low ?? null, high: one.high ?? null, exact: one.exact })), settings.aggregate, settings.band);
          return [
            {
              id: `g${group.ordinal} ${key}`,
              label: `${group.name} (${own.length})${many ? ` ${key}` : ""}`,
              colour: set.groupColour(group),
              dash: of > 0 ? (keyDashes[of] ?? []) : [],
              x: joined.x,
              y: smoothed(joined.x, joined.y),
              low: settings.band === "none" ? null : smoothed(joined.x, joined.low),
              high: settings.band === "none" ? null : smoothed(joined.x, joined.high),
              raw: null,
            },
          ];
        }),
      );
    }
    const parts = many && spec.stream === "system" && set.runs.length === 1; // eight GPUs of one run: which one matters
    const withRaw = settings.smoothing.weight > 0 && found.length <= MOST_WITH_RAW;
    return found.flatMap((one): Line[] => {
      const run = byId.get(one.run);
      if (run === undefined) return [];
      const of = spec.keys.indexOf(one.key);
      const y = smoothed(one.x, one.mean);
      return [
        {
          id: `${one.run} ${one.key}`,
          label: settings.legend === "" ? (many ? `${run.name} ${figureLabel(one.key) ?? one.key.slice(one.key.lastIndexOf("/") + 1)}` : run.name) : legendOf(settings.legend, run, one.key),
          colour: parts ? runColour(of, theme) : set.colour(run),
          // Of several metrics the dash says which one it is, not which run.
          dash: parts ? runDash(of) : many ? (keyDashes[of] ?? []) : set.dash(run),
          x: one.x,
          y,
          low: one.low ?? null,
          high: one.high ?? null,
          raw: withRaw ? one.mean : null,
        },
      ];
    });
  }, [series, spec.keys, spec.stream, set, settings, theme]);
  if (!sameLines(drawn.current, lines)) drawn.current = lines;
  return drawn.current;
}

function sameLines(a: readonly Line[], b: readonly Line[]): boolean {
  return a.length === b.length && a.every((one, i) => {
    const other = b[i];
    return other !== undefined && (Object.keys(one) as (keyof Line)[]).every((part) => (part === "dash" ? one.dash.join() === other.dash.join() : one[part] === other[part]));
  });
}

interface PlotProps {
  lines: Line[];
  spec: PanelSpec;
  settings: LineSettings;
  x: string;
  xKind: XKind;
  xLabel: string;
  range: [number, number] | null;
  yRange: [number | null, number | null];
  onRange: (range: [number, number] | null) => void;
  set: RunSet<RunLine>;
  onPick: PanelContext["onPick"];
}

function Plot({ lines, spec, settings, x, xKind, xLabel, range, yRange, onRange, set, onPick }: PlotProps) {
  const theme = useTheme((s) => s.look);
  const plot = useRef<HTMLDivElement>(null);
  const sized = spec.keys.every(inBytes);
  const [readout, setReadout] = useState<Readout | null>(null);
  const around = useRef({ set, onPick });
  useEffect(() => {
    around.current = { set, onPick };
  });
  useEffect(() => {
    const target = plot.current;
    if (target === null) return;
    const style = getComputedStyle(target);
    const runOf = (id: string) => (id.startsWith("g") ? null : Number(id.split(" ")[0]));
    let under: string | null = null;
    const handle = drawLines(target, lines, {
      width: target.clientWidth,
      height: target.clientHeight,
      logX: settings.logX,
      logY: settings.logY,
      yRange,
      xKind,
      xLabel,
      yText: sized ? (y) => bytes(y).replace(/^[\d.]+/, (n) => String(Number(n))) : null,
      sync: `x ${x}`,
      colours: { surface: style.getPropertyValue("--surface"), grid: style.getPropertyValue("--grid"), text: style.getPropertyValue("--fg-3"), font: "11px Inter Variable" },
      range,
      onHover: (id) => {
        under = id;
        useHover.getState().hover(id === null ? null : runOf(id));
      },
      onPick: (id, at) => {
        const run = around.current.set.runs.find((one) => one.id === runOf(id));
        if (run !== undefined) around.current.onPick?.(run, at, x);
      },
      onRange,
      onReadout: setReadout,
    });
    const idOf = new Map(lines.toReversed().map((line) => [runOf(line.id), line.id]));
    const light = ({ run }: { run: number | null }) => {
      // Of a run's several lines that under the pointer stays lit.
      if (under === null || runOf(under) !== run) handle.light(run === null ? null : (idOf.get(run) ?? null));
    };
    light(useHover.getState());
    const deaf = useHover.subscribe(light);
    const resizer = new ResizeObserver(() => handle.resize(target.clientWidth, target.clientHeight));
    resizer.observe(target);
    return () => {
      resizer.disconnect();
      deaf();
      handle.end();
    };
  }, [lines, settings.logX, settings.logY, xKind, xLabel, x, sized, range, yRange, theme, onRange]);
  useEffect(() => {
    if (readout === null) return;
    const copy = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "c" && getSelection()?.isCollapsed !== false) {
        void copyText([readout.x, ...readout.rows.map((row) => `${row.label}\t${row.value}`)].join("\n"));
      }
    };
    addEventListener("keydown", copy);
    return () => removeEventListener("keydown", copy);
  }, [readout]);
  const at = readout === null ? undefined : plot.current?.getBoundingClientRect();
  return (
    <>
      <div ref={plot} className="panel-plot" role="img" aria-label={`${spec.title}: ${count(lines.length, "line")} over ${xLabel || "time"}`} />
      {readout !== null && at !== undefined &&
        createPortal(
          <div className="readout" style={{ left: Math.max(6, at.left + readout.left + 262 > innerWidth ? at.left + readout.left - 252 : at.left + readout.left + 16), top: Math.max(6, Math.min(at.top + readout.top - 16, innerHeight - 170)) }}>
            <div className="muted">{readout.x}</div>
            {readout.rows.map((row, i) => (
              <div key={i} className="readout-row" data-hot={row.hot}>
                <i style={{ background: row.colour }} />
                <span className="ellipsis grow">{row.label}</span>
                <b>{sized ? bytes(row.value) : metric(row.value)}</b>
              </div>
            ))}
          </div>,
          document.body,
        )}
    </>
  );
}

const MOST_NAMED = 12;

function Legend({ lines, whole }: { lines: readonly Line[]; whole: boolean }) {
  if (lines.length === 0) return null;
  const named = whole ? lines : lines.slice(0, MOST_NAMED);
  return (
    <ul className="panel-legend" aria-label="Legend" data-whole={whole || undefined} {...(whole ? { tabIndex: 0 } : {})}>
      {named.map((line) => (
        <li key={line.id} title={line.label}>
          <svg width="16" height="8" aria-hidden="true"><line x1="0" x2="16" y1="4" y2="4" stroke={line.colour} strokeWidth="2" strokeDasharray={line.dash.join(" ")} /></svg>
          <span className="ellipsis">{line.label}</span>
        </li>
      ))}
      {lines.length > named.length && <li>and {lines.length - named.length} more</li>}
    </ul>
  );
}

function LineTable({ series, set, many }: { series: SeriesArrays[]; set: RunSet<RunLine>; many: boolean }) {
  const names = new Map(set.runs.map((run) => [run.id, run.name]));
  return (
    <div className="panel-table" tabIndex={0}>
      <table className="table">
        <thead><tr><th>Run</th><th className="num">Points</th><th className="num">First</th><th className="num">Last</th><th className="num">Lowest</th><th className="num">Highest</th></tr></thead>
        <tbody>
          {series.filter((one) => names.has(one.run)).map((one) => {
            const ys = one.mean.filter(Number.isFinite);
            const lows = (one.low ?? one.mean).filter(Number.isFinite);
            const highs = (one.high ?? one.mean).filter(Number.isFinite);
            return (
              <tr key={`${one.run} ${one.key}`}>
                <td>{names.get(one.run)}{many ? ` · ${one.key}` : ""}</td>
                <td className="num">{one.n.toLocaleString("en-US")}</td>
                <td className="num">{metric(ys[0] ?? Number.NaN)}</td>
                <td className="num">{metric(ys[ys.length - 1] ?? Number.NaN)}</td>
                <td className="num">{metric(lows.reduce((a, b) => Math.min(a, b), Infinity))}</td>
                <td className="num">{metric(highs.reduce((a, b) => Math.max(a, b), -Infinity))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
