/** Panels over the runs' values that Vega-Lite draws: scatter, box, histogram. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { csvRow } from "@/lib/csv";
import { drawVega, type VegaHandle } from "@/charts/vega";
import { useHover } from "@/lib/hover";
import type { PanelSpec } from "@/lib/panel_spec";
import { fieldOf } from "@/lib/run_set";
import { useTheme } from "@/lib/theme";
import { numberOf, valueOf } from "@/lib/values";
import { Failure } from "@/ui/parts";
import { PanelFrame, type PanelContext, useNear } from "./frame";
import { chartLook } from "./look";
import { valuesPython } from "./python";

type Row = Record<string, unknown>;

const SCHEMA = "vega-lite"; // tells the drawing which of the two languages this is
const short = (name: string) => name.replace(/^(config|summary)\./, "");

/** A drawing in its box; it keeps its size, and says when it can't be drawn. */
export function VegaPlot({ spec, data, label, onPick, onHandle }: { spec: Row; data?: Record<string, unknown[]>; label: string; onPick?: (row: Row) => void; onHandle?: (handle: VegaHandle | null) => void }) {
  const plot = useRef<HTMLDivElement>(null);
  const theme = useTheme((s) => s.theme);
  const look = useTheme((s) => s.look);
  const [error, setError] = useState<unknown>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const name = useRef(label);
  name.current = label;
  const give = useRef(onHandle);
  give.current = onHandle;
  useEffect(() => {
    const target = plot.current;
    if (target === null) return;
    let ended = false;
    let handle: VegaHandle | null = null;
    setError(null);
    drawVega(target, spec, { look: chartLook(theme), label: name.current, data, onPick: (row) => pick.current?.(row) }).then(
      (made) => {
        if (ended) made.end();
        else {
          handle = made;
          give.current?.(made);
        }
      },
      (problem: unknown) => !ended && setError(problem),
    );
    const resizer = new ResizeObserver(() => handle?.resize(target.clientWidth, target.clientHeight));
    resizer.observe(target);
    return () => {
      ended = true;
      resizer.disconnect();
      give.current?.(null);
      handle?.end();
      target.replaceChildren();
    };
  }, [spec, data, theme, look]);
  return error === null ? <div ref={plot} className="plot" role="img" aria-label={label} /> : <Failure error={error} />;
}

/** Scatter of two or three values, boxes by group, or how last values spread. */
export function VegaPanel({ spec, context, full = false }: { spec: PanelSpec; context: PanelContext; full?: boolean }) {
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<VegaHandle | null>(null);
  const near = useNear(box) || full;
  const hover = useHover((s) => s.hover);
  const { set } = context;
  const rows = useMemo<Row[]>(
    () =>
      set.runs.flatMap((run) => {
        const numbers = spec.keys.map((key) => numberOf(run, key));
        if (spec.kind === "box" ? numbers[0] === null : numbers.slice(0, 2).some((n) => n === null)) return [];
        const third = spec.keys[2];
        return [{ run: run.name, id: run.run_id, number: run.id, a: numbers[0], b: spec.kind === "box" ? (spec.keys[1] === undefined ? (run.group ?? "all") : fieldOf(run, spec.keys[1])) : numbers[1], c: third === undefined ? null : valueOf(run, third), colour: set.colour(run) }];
      }),
    [set, spec.keys, spec.kind],
  );
  const drawing = useMemo(() => vegaLite(spec, rows), [spec, rows]);
  return (
    <div ref={box} className="panel-slot" onMouseLeave={() => hover(null)}>
      <PanelFrame
        spec={spec}
        context={context}
        full={full}
        exports={{
          svg: async () => (await handle.current?.svg()) ?? "",
          csv: () => [csvRow(["run", "id", ...spec.keys]), ...set.runs.map((run) => csvRow([run.name, run.run_id, ...spec.keys.map((key) => { const v = valueOf(run, key); return typeof v === "number" ? v : v === undefined || v === null ? null : String(v); })]))].join("\r\n"),
          python: () => valuesPython(context, set.runs, spec.keys),
        }}
        foot={`${rows.length} of ${set.runs.length} runs`}
      >
        {rows.length === 0 ? (
          <p className="muted panel-none">No shown run has these values as numbers.</p>
        ) : near ? (
          <VegaPlot
            spec={drawing}
            label={`${spec.title}: ${rows.length} runs`}
            onHandle={(made) => {
              handle.current = made;
            }}
            onPick={(row) => typeof row.id === "string" && void navigate({ to: "/$entity/$project/runs/$run", params: { entity: context.entity, project: context.project, run: row.id } })}
          />
        ) : null}
      </PanelFrame>
    </div>
  );
}

function vegaLite(spec: PanelSpec, rows: Row[]): Row {
  const { logX, logY } = spec.settings;
  const [a, b, c] = spec.keys.map(short);
  const base = { $schema: SCHEMA, data: { values: rows } };
  const own = { field: "colour", type: "nominal", scale: null };
  if (spec.kind === "histogram") {
    return { ...base, mark: { type: "bar", color: rows[0] === undefined ? undefined : "#0d9cb5" }, encoding: { x: { field: "a", bin: { maxbins: 24 }, title: a }, y: { aggregate: "count", title: "runs" }, tooltip: [{ aggregate: "count", title: "runs" }] } };
  }
  if (spec.kind === "box") {
    return { ...base, mark: { type: "boxplot", extent: "min-max", size: 22 }, encoding: { x: { field: "b", type: "nominal", title: b ?? "group", axis: { labelAngle: 0 } }, y: { field: "a", type: "quantitative", title: a, scale: { zero: false } }, color: { field: "b", type: "nominal", legend: null } } };
  }
  return {
    ...base,
    mark: { type: "point", filled: true, size: 70, opacity: 0.9, cursor: "pointer" },
    encoding: {
      x: { field: "a", type: "quantitative", title: a, scale: { zero: false, type: logX ? "log" : "linear" } },
      y: { field: "b", type: "quantitative", title: b, scale: { zero: false, type: logY ? "log" : "linear" } },
      color: c === undefined ? own : { field: "c", type: rows.every((row) => typeof row.c === "number") ? "quantitative" : "nominal", title: c },
      tooltip: [{ field: "run", title: "run" }, { field: "a", title: a }, { field: "b", title: b }, ...(c === undefined ? [] : [{ field: "c", title: c }])],
    },
  };
}
