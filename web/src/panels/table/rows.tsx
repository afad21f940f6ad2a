/** Rows of any number below a head with histograms. */
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Body } from "@/grid/body";
import { countInto, type GridColumn, type GridTable, histogram } from "@/grid/columns";
import { csv } from "@/grid/csv";
import { runColour } from "@/lib/colour";
import { value } from "@/lib/format";
import type { Pick, TableState } from "@/lib/tables";
import { useTheme } from "@/lib/theme";
import { given } from "@/lib/whole";
import { Bars } from "./bars";

interface Props {
  table: GridTable;
  rows: Uint32Array;
  columns: GridColumn[];
  state: TableState;
  onState: (change: TableState) => void;
  onPick: (pick: Pick) => void;
  onOpen: (row: number) => void;
}

const HEAD = 82;

/** Widths that fill the room; pictures keep theirs. */
function widthsFor(columns: readonly GridColumn[], rowHeight: number, room: number): number[] {
  const least = columns.map((column) => (column.kind === "media" ? Math.max(92, rowHeight + 14) : column.kind === "text" || column.kind === "mixed" ? 150 : 116));
  const rest = room - least.reduce((sum, width) => sum + width, 0);
  const elastic = columns.filter((column) => column.kind !== "media").length;
  const most = { number: 210, boolean: 210, text: 460, mixed: 460, media: 0 };
  return least.map((width, i) => {
    const kind = columns[i]?.kind ?? "text";
    return rest > 0 && kind !== "media" ? Math.max(width, Math.min(most[kind], width + Math.floor(rest / elastic))) : width;
  });
}

const all = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

/** The grid. Arrow keys move the marked row, Enter opens it. */
export function Rows({ table, rows, columns, state, onState, onPick, onOpen }: Props) {
  const theme = useTheme((s) => s.theme);
  const scroller = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const body = useRef<Body | null>(null);
  const [room, setRoom] = useState(0);
  const [marked, setMarked] = useState<string | null>(null);
  const rowHeight = state.size ?? (columns.some((column) => column.kind === "media") ? 52 : 32);
  const widths = useMemo(() => widthsFor(columns, rowHeight, room), [columns, rowHeight, room]);
  const bins = useMemo(() => columns.map((column) => histogram(column, all(table.rows))), [columns, table.rows]);
  const left = useMemo(() => (rows.length === table.rows ? null : columns.map((column, i) => countInto(column, rows, bins[i] ?? []))), [columns, rows, bins, table.rows]);
  const open = useRef(onOpen);
  open.current = onOpen;
  useLayoutEffect(() => {
    if (scroller.current === null) return;
    const watcher = new ResizeObserver((entries) => setRoom((entries[0]?.contentRect.width ?? 0) - 2));
    watcher.observe(scroller.current);
    return () => watcher.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (scroller.current === null || layer.current === null || room === 0) return;
    const options = { columns, rows, rowHeight, head: HEAD, widths, format: value, onOpen: (row: number) => open.current(row) };
    if (body.current === null) body.current = new Body(scroller.current, layer.current, options);
    else body.current.set(options);
  }, [columns, rows, rowHeight, widths, room]);
  useEffect(() => () => {
    body.current?.end();
    body.current = null;
  }, []);
  useEffect(() => {
    if (scroller.current === null) return;
    given.set(scroller.current, {
      title: columns.map((column) => column.name).join(", "),
      csv: () => csv({ columns, rows: table.rows }, rows),
      cells: (most) => ({ names: columns.map((column) => column.name), rows: Array.from(rows.slice(0, most), (row) => columns.map((column) => column.values[row])), total: rows.length }),
    });
  }, [columns, rows, table.rows]);
  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 400) - HEAD) / rowHeight) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    const by = steps[event.key];
    if (by !== undefined) setMarked(body.current?.move(by) ?? null);
    else if (event.key === "Enter" && event.target === scroller.current) {
      const row = body.current?.marked();
      if (row !== null && row !== undefined) onOpen(row);
    } else return;
    event.preventDefault();
  };
  const order = (name: string) => onState({ sort: state.sort === name ? `-${name}` : state.sort === `-${name}` ? undefined : name });
  return (
    <div ref={scroller} className="tbl-scroll" role="grid" aria-label="Rows" aria-rowcount={rows.length + 1} aria-colcount={columns.length} aria-activedescendant={marked ?? undefined} tabIndex={0} onKeyDown={onKey}>
      <div className="tbl-head" role="row" style={{ height: HEAD }}>
        {columns.map((column, i) => (
          <div key={column.name} role="columnheader" className="tbl-th" style={{ width: widths[i] }} aria-sort={state.sort === column.name ? "ascending" : state.sort === `-${column.name}` ? "descending" : "none"}>
            <button type="button" className="head-button" onClick={() => order(column.name)} title={`${column.name} (${column.kind})${column.of === undefined ? "" : `, of ${column.of.label}`}: sort`}>
              {column.of !== undefined && <i className="mark" style={{ background: runColour(column.of.index, theme) }} />}
              <span className="ellipsis">{column.name}</span>
              {state.sort === column.name ? <ArrowUp size={12} /> : state.sort === `-${column.name}` ? <ArrowDown size={12} /> : null}
            </button>
            <Bars column={column.name} bins={bins[i] ?? []} {...(left?.[i] === undefined ? {} : { left: left[i] })} label={`Distribution of ${column.name}`} onPick={onPick} />
          </div>
        ))}
      </div>
      <div ref={layer} className="tbl-layer" role="rowgroup" />
      {rows.length === 0 && <p className="tbl-none muted">No row passes. Drop a filter above.</p>}
    </div>
  );
}
