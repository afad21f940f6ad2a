/** The rows that are left as points, bars or boxes of chosen columns. */
import { useMemo } from "react";
import { type GridColumn, type GridTable, isMedia } from "@/grid/columns";
import { rolesOf } from "@/grid/roles";
import type { Pick, TableState } from "@/lib/tables";
import { VegaPlot } from "../vega";

type Choice = NonNullable<TableState["plot"]>;

interface Props {
  table: GridTable;
  rows: Uint32Array;
  state: TableState;
  onState: (change: TableState) => void;
  onPick: (pick: Pick) => void;
  onOpen: (row: number) => void;
}

/** More marks than these are no longer seen apart, and drawing them takes seconds. */
const MOST_MARKS = 8000;
const marks: { mark: Choice["mark"]; label: string }[] = [
  { mark: "point", label: "Points" },
  { mark: "bar", label: "Bars" },
  { mark: "box", label: "Boxes" },
];

/** What is plotted before anybody chooses. */
function first(table: GridTable): Choice {
  const numbers = table.columns.filter((column) => column.kind === "number");
  const words = table.columns.filter((column) => column.kind === "text");
  const [pair] = rolesOf(table);
  if (pair !== undefined) return { mark: "bar", x: pair.actual, y: "", colour: pair.predicted };
  if (numbers.length > 1) return { mark: "point", x: numbers[0]?.name ?? "", y: numbers[1]?.name ?? "", colour: words[0]?.name ?? "" };
  return { mark: "bar", x: (words[0] ?? numbers[0] ?? table.columns[0])?.name ?? "", y: "", colour: "" };
}

/** The plot with its choices above; a click on a point opens its row, one on a bar leaves its rows. */
export function Plot({ table, rows, state, onState, onPick, onOpen }: Props) {
  const choice = useMemo(() => state.plot ?? first(table), [state.plot, table]);
  const set = (change: Partial<Choice>) => onState({ plot: { ...choice, ...change } });
  const usable = table.columns.filter((column) => column.kind !== "media" && column.kind !== "mixed");
  const of = (name: string) => usable.find((column) => column.name === name);
  const [x, y, colour] = [of(choice.x), of(choice.y), of(choice.colour)];
  const spec = useMemo(() => (x === undefined ? null : drawing(choice.mark, rows, x, y, colour)), [choice.mark, rows, x, y, colour]);
  const left = choice.mark === "point" ? Math.min(rows.length, MOST_MARKS) : rows.length;
  const column = (label: string, value: string, none: string | null, put: (name: string) => void, numbers = false) => (
    <label className="row"><span className="muted">{label}</span>
      <select className="field" value={value} onChange={(event) => put(event.target.value)}>
        {none !== null && <option value="">{none}</option>}
        {usable.filter((one) => !numbers || one.kind === "number").map((one) => <option key={one.name}>{one.name}</option>)}
      </select>
    </label>
  );
  return (
    <div className="tbl-plot">
      <div className="row wrap">
        <div className="switch" role="group" aria-label="Kind of plot">{marks.map((one) => <button key={one.mark} type="button" aria-pressed={one.mark === choice.mark} onClick={() => set({ mark: one.mark })}>{one.label}</button>)}</div>
        {column("Horizontal", choice.x, null, (name) => set({ x: name }))}
        {column(choice.mark === "bar" ? "Height" : "Vertical", choice.y, choice.mark === "bar" ? "number of rows" : "choose", (name) => set({ y: name }), true)}
        {column("Colour", choice.colour, "none", (name) => set({ colour: name }))}
        <span className="muted" role="status">{left < rows.length ? `${left.toLocaleString("en-US")} of ${rows.length.toLocaleString("en-US")} rows, evenly chosen` : `all ${rows.length.toLocaleString("en-US")} rows`}</span>
      </div>
      {spec === null || (choice.mark !== "bar" && y === undefined) ? <p className="muted tbl-none">Choose {x === undefined ? "a horizontal" : "a vertical"} column.</p> : rows.length === 0 ? <p className="muted tbl-none">No row is left.</p> : (
        <div className="tbl-plot-box"><VegaPlot
          spec={spec}
          label={`${left.toLocaleString("en-US")} rows: ${y?.name ?? "count"} over ${choice.x}`}
          onPick={(row) => {
            if (typeof row.row === "number") onOpen(row.row);
            else if (x?.kind === "text" && typeof row.x === "string") onPick({ column: choice.x, value: row.x });
          }}
        /></div>
      )}
    </div>
  );
}

const categories = (column: GridColumn): boolean => column.kind !== "number";

function drawing(mark: Choice["mark"], rows: Uint32Array, x: GridColumn, y: GridColumn | undefined, colour: GridColumn | undefined): Record<string, unknown> {
  const cell = (column: GridColumn | undefined, row: number) => {
    const v = column?.values[row];
    return v === undefined || v === null || isMedia(v) ? null : typeof v === "number" ? v : String(v);
  };
  const step = mark === "point" ? Math.max(1, rows.length / MOST_MARKS) : 1;
  const values = Array.from({ length: Math.floor(rows.length / step) }, (_, i) => {
    const row = rows[Math.floor(i * step)] ?? 0;
    return { x: cell(x, row), y: cell(y, row), c: cell(colour, row), ...(mark === "point" ? { row } : {}) };
  });
  const few = new Set(values.map((one) => one.x)).size <= 40;
  const hue = colour === undefined ? {} : { color: { field: "c", title: colour.name, type: categories(colour) || new Set(values.map((one) => one.c)).size <= 12 ? "nominal" : "quantitative" } };
  const across = { field: "x", title: x.name, ...(categories(x) || (mark !== "point" && few) ? { type: "nominal", axis: { labelAngle: 0, labelLimit: 90 } } : mark === "point" ? { type: "quantitative", scale: { zero: false } } : { type: "quantitative", bin: { maxbins: 40 } }) };
  const base = { $schema: "vega-lite", data: { values } };
  if (mark === "bar") return { ...base, mark: { type: "bar", cursor: "pointer" }, encoding: { x: across, y: y === undefined ? { aggregate: "count", title: "rows", axis: { tickMinStep: 1, format: ",d" } } : { field: "y", aggregate: "mean", title: `mean ${y.name}` }, ...hue, tooltip: [{ field: "x", title: x.name }, y === undefined ? { aggregate: "count", title: "rows" } : { field: "y", aggregate: "mean", title: y.name }] } };
  if (mark === "box") return { ...base, mark: { type: "boxplot", extent: "min-max" }, encoding: { x: across, y: { field: "y", type: "quantitative", title: y?.name, scale: { zero: false } }, ...hue } };
  return { ...base, mark: { type: "point", filled: true, size: 36, opacity: 0.75, cursor: "pointer" }, encoding: { x: across, y: { field: "y", type: "quantitative", title: y?.name, scale: { zero: false } }, ...hue, tooltip: [{ field: "x", title: x.name }, { field: "y", title: y?.name }, ...(colour === undefined ? [] : [{ field: "c", title: colour.name }])] } };
}
