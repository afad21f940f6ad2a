/** One metric of many runs as lines: need and drawing joined. */
import { Maximize2, Table2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useSeries } from "@/api/needs";
import type { RunLine } from "@/api/types";
import { drawLines, type Line } from "@/charts/line";
import { runColour, runDash } from "@/lib/colour";
import { count, metric } from "@/lib/format";
import { useHover } from "@/lib/hover";
import { debiasedEma } from "@/lib/smooth";
import { useTheme } from "@/lib/theme";
import { Failure } from "@/ui/parts";
import "./line.css";

export interface LinePanelProps {
  entity: string;
  project: string;
  title: string;
  keys: string[];
  runs: RunLine[];
  x: string;
  stream: "history" | "system";
  smoothing: number;
  logY: boolean;
  onPick?: (run: RunLine, x: number) => void;
}

const keyDashes: number[][] = [[], [5, 4], [2, 3], [8, 3, 2, 3]];

/** A panel. It asks for data when it comes near the window, and for no more than its pixels. */
export function LinePanel(props: LinePanelProps) {
  const { entity, project, title, keys, runs, x, stream, smoothing, logY, onPick } = props;
  const theme = useTheme((s) => s.theme);
  const lit = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof drawLines> | null>(null);
  const [near, setNear] = useState(false);
  const [large, setLarge] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const [range, setRange] = useState<[number, number] | null>(null);
  const [readout, setReadout] = useState<{ label: string; rows: { label: string; colour: string; value: number; hot: boolean }[]; left: number; top: number } | null>(null);

  useEffect(() => {
    if (box.current === null) return;
    const watcher = new IntersectionObserver((entries) => setNear(entries.some((entry) => entry.isIntersecting)), {
      rootMargin: "900px",
      root: box.current.closest("[data-scroll]"),
    });
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const need = { entity, project, runs: ids, x, stream, points: large ? 1200 : 500, ...(range === null ? {} : { lo: range[0], hi: range[1] }) };
  const first = useSeries({ ...need, key: keys[0] ?? "" }, near);
  const second = useSeries({ ...need, key: keys[1] ?? "" }, near && keys.length > 1);
  const series = useMemo(() => [...(first.data ?? []), ...(keys.length > 1 ? (second.data ?? []) : [])], [first.data, second.data, keys.length]);
  const byId = useMemo(() => new Map(runs.map((run) => [run.id, run])), [runs]);

  const lines = useMemo<Line[]>(
    () =>
      series
        .filter((one) => byId.has(one.run) && one.x.length > 0)
        .map((one) => {
          const run = byId.get(one.run);
          const ordinal = run?.ordinal ?? 0;
          const of = keys.indexOf(one.key);
          return {
            id: `${one.run} ${one.key}`,
            label: keys.length > 1 ? `${run?.name} ${one.key}` : (run?.name ?? ""),
            colour: runColour(ordinal, theme),
            dash: of > 0 ? (keyDashes[of] ?? []) : runDash(ordinal),
            x: one.x,
            y: smoothing > 0 ? debiasedEma(one.mean.map((y) => y ?? Number.NaN), smoothing) : one.mean,
            low: one.low,
            high: one.high,
          };
        }),
    [series, byId, keys, theme, smoothing],
  );

  useEffect(() => {
    const target = plot.current;
    if (target === null || lines.length === 0) return;
    const style = getComputedStyle(target);
    const handle = drawLines(target, lines, {
      width: target.clientWidth,
      height: target.clientHeight,
      logY,
      xLabel: x === "_step" ? "step" : x,
      colours: { grid: style.getPropertyValue("--grid"), text: style.getPropertyValue("--fg-3"), font: "11px Inter Variable" },
      onHover: (id) => hover(id === null ? null : Number(id.split(" ")[0])),
      onPick: (id, at) => {
        const run = byId.get(Number(id.split(" ")[0]));
        if (run !== undefined) onPick?.(run, at);
      },
      onRange: (lo, hi) => setRange(Number.isFinite(lo) ? [lo, hi] : null),
      readout: (label, rows, left, top) => setReadout(label === null || rows.length === 0 ? null : { label, rows, left, top }),
    });
    chart.current = handle;
    const resizer = new ResizeObserver(() => handle.resize(target.clientWidth, target.clientHeight));
    resizer.observe(target);
    return () => {
      resizer.disconnect();
      chart.current = null;
      handle.end();
    };
  }, [lines, logY, x, byId, hover, onPick, asTable]);

  useEffect(() => {
    const of = lines.find((line) => Number(line.id.split(" ")[0]) === lit);
    chart.current?.light(of?.id ?? null);
  }, [lit, lines]);

  const points = series.reduce((sum, one) => sum + one.n, 0);
  const exact = series.every((one) => one.exact);
  const failure = first.error ?? second.error;
  return (
    <section ref={box} className="panel card" data-large={large} aria-label={title}>
      <header className="panel-head">
        <h3 className="ellipsis grow" title={title}>{title}</h3>
        <button type="button" className="button quiet icon" aria-label={`View ${title} as a table`} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Table2 size={14} />
        </button>
        <button type="button" className="button quiet icon" aria-label={`${large ? "Shrink" : "Enlarge"} ${title}`} aria-pressed={large} onClick={() => setLarge(!large)}>
          <Maximize2 size={14} />
        </button>
      </header>
      <div className="panel-body">
        {failure !== null && failure !== undefined ? (
          <Failure error={failure} />
        ) : !near || (first.isPending && runs.length > 0) ? (
          <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${title}`} />
        ) : lines.length === 0 ? (
          <p className="muted panel-none">No shown run has logged this.</p>
        ) : asTable ? (
          <div className="panel-table" tabIndex={0}>
            <table className="table">
              <thead><tr><th>Run</th><th className="num">Points</th><th className="num">First</th><th className="num">Last</th><th className="num">Lowest</th><th className="num">Highest</th></tr></thead>
              <tbody>
                {series.map((one) => {
                  const ys = one.mean.filter((y): y is number => y !== null);
                  const lows = (one.low ?? one.mean).filter((y): y is number => y !== null);
                  const highs = (one.high ?? one.mean).filter((y): y is number => y !== null);
                  return (
                    <tr key={`${one.run} ${one.key}`}>
                      <td>{byId.get(one.run)?.name}{keys.length > 1 ? ` · ${one.key}` : ""}</td>
                      <td className="num">{one.n.toLocaleString("en-US")}</td>
                      <td className="num">{metric(ys[0] ?? Number.NaN)}</td>
                      <td className="num">{metric(ys[ys.length - 1] ?? Number.NaN)}</td>
                      <td className="num">{metric(Math.min(...lows))}</td>
                      <td className="num">{metric(Math.max(...highs))}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        ) : (
          <div ref={plot} className="panel-plot" role="img" aria-label={`${title}: ${count(lines.length, "line")} over ${x}`} />
        )}
        {readout !== null && !asTable && (
          <div className="readout" style={{ left: readout.left > 220 ? readout.left - 168 : readout.left + 64, top: Math.min(readout.top, 90) }}>
            <div className="muted">{readout.label}</div>
            {readout.rows.map((row) => (
              <div key={row.label} className="readout-row" data-hot={row.hot}>
                <i style={{ background: row.colour }} />
                <span className="ellipsis grow">{row.label}</span>
                <b>{metric(row.value)}</b>
              </div>
            ))}
          </div>
        )}
      </div>
      <footer className="panel-foot">
        <span title="Every point of the shown range is in this drawing: a bucket shows its mean, its lowest and its highest value.">
          {lines.length === 0 ? "" : `all ${count(points, "point")}${exact ? "" : " in buckets"}`}
        </span>
        {range !== null && <button type="button" className="link" onClick={() => setRange(null)}>whole range</button>}
      </footer>
    </section>
  );
}
