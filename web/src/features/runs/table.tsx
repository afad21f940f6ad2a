/** All runs of a project as a table: the server filters and sorts, the screen holds what is in sight. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, Columns3, Download, ListFilter, Search } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { basePath } from "@/api/client";
import { useProject, useRunColumns, useRuns } from "@/api/needs";
import { csvRow } from "@/lib/csv";
import { Pool } from "@/grid/pool";
import { runColour } from "@/lib/colour";
import { type Command, useCommands } from "@/lib/commands";
import { useHover } from "@/lib/hover";
import { differing, mainMetric } from "@/lib/runs";
import { saveAs } from "@/lib/save";
import { type TableSearch, whereOf } from "@/lib/search";
import { useTheme } from "@/lib/theme";
import { toast } from "@/lib/toasts";
import { RunFilter } from "@/panels/run_filter";
import { CopyPython, Empty, Failure, Skeleton } from "@/ui/parts";
import { Popover } from "@/ui/popover";
import { Bulk } from "./bulk";
import { allColumns, cellText, type Column, firstColumns, rangeOf } from "./columns";
import { type Rows, useRunRows } from "./data";
import { EditCell, type Editing, type Field } from "./edit_cell";
import "./table.css";

const ROW = 32;
const HEAD = 34;
const NAME_WIDTH = 290;
const STATE_WIDTH = 104;
const CELL_PADDING = 20;
/** Pixels of the widest sign in a cell: a digit, or any letter (those of Chinese are square). */
const WIDEST = { number: 9, text: 14 };

/** The page. */
export function RunsTable() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const search = useSearch({ from: "/$entity/$project/table" });
  const navigate = useNavigate({ from: "/$entity/$project/table" });
  const change = useCallback((next: Partial<TableSearch>) => void navigate({ search: (now: TableSearch) => ({ ...now, ...next }), replace: true }), [navigate]);
  const order = search.order ?? "-created_at";
  const known = useRunColumns(entity, project);
  const sample = useRuns({ entity, project, limit: 200 });
  const chosen = search.cols;
  const offered = useMemo(() => allColumns(known.data?.columns ?? []), [known.data]);
  const first = useMemo(() => firstColumns(known.data?.columns ?? [], mainMetric(sample.data?.runs ?? []), differing(sample.data?.runs ?? []).map((name) => `config.${name}`)), [known.data, sample.data]);
  const columns = useMemo(() => (chosen?.split(",") ?? first).flatMap((name) => offered.find((one) => one.name === name) ?? []), [chosen, first, offered]);
  const ready = known.data !== undefined && sample.data !== undefined;
  const { rows, loading, error } = useRunRows({ entity, project, search: search.q, where: whereOf(search.where), order, columns: ready ? columns.map((one) => one.name) : [] });
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  useCommands(useMemo<Command[]>(() => [{ id: "find.runs", label: "Find runs", group: "Runs", keys: "/", run: () => document.getElementById("find-runs")?.focus() }], []));
  const tests = search.where ?? [];
  const sortBy = (name: string) => change({ order: order === `-${name}` ? `+${name}` : `-${name}` });

  if (error !== null && rows === null) return <main id="main" className="page"><div className="inner"><Failure error={error} /></div></main>;
  const exportCsv = () => {
    if (rows === null) return;
    const lines = [csvRow(["name", "id", "state", ...columns.map((one) => one.name)])];
    for (let i = 0; i < rows.count; i += 1) lines.push(csvRow([rows.names[i] ?? "", rows.runIds[i] ?? "", rows.states[i] ?? "", ...columns.map((one) => exported(rows.columns[one.name]?.[i]))]));
    saveAs(`${project}-runs.csv`, "text/csv", lines.join("\r\n"));
    if (loading) toast(`The file has the ${rows.count.toLocaleString("en-US")} runs that were loaded.`);
  };
  return (
    <main id="main" className="page runs-page">
      <div className="tools">
        <label className="row field-search">
          <Search size={14} aria-hidden="true" />
          <input id="find-runs" className="field grow" aria-label="Find runs" placeholder="Find runs (regex)" value={search.q ?? ""} onChange={(event) => change({ q: event.target.value || undefined })} />
        </label>
        <Popover title="Filter of runs" width={440} trigger={<button type="button" className="button quiet" aria-pressed={tests.length > 0}><ListFilter size={14} />Filter{tests.length > 0 && <span className="count">{tests.length}</span>}</button>}>
          <RunFilter entity={entity} project={project} tests={tests} onTests={(where) => change({ where })} />
        </Popover>
        <ColumnMenu offered={offered} columns={columns} onColumns={(next) => change({ cols: next?.join(",") })} />
        <span className="muted" role="status">{rows === null ? "" : `${rows.total.toLocaleString("en-US")}${rows.capped ? "+" : ""} run${rows.total === 1 ? "" : "s"}${loading ? `, ${rows.count.toLocaleString("en-US")} loaded` : ""}`}</span>
        <span className="grow" />
        <CopyPython text={`import wandb\n\nruns = wandb.Api().runs("${entity}/${project}", order="${order.replace("summary.", "summary_metrics.").replace(/config\.(.*)/, "config.$1.value")}")\nfor run in runs:\n    print(run.name, run.state, dict(run.config), run.summary._json_dict)`} />
        <button type="button" className="button" onClick={exportCsv}><Download size={14} />CSV</button>
      </div>
      {picked.size > 0 && rows !== null && <Bulk entity={entity} project={project} picked={picked} onClear={() => setPicked(new Set())} />}
      {rows === null || !ready ? (
        <Skeleton rows={14} />
      ) : rows.count === 0 ? (
        <Empty title={search.q === undefined && search.where === undefined ? "No run in this project yet" : "No run matches"}>
          <p>{search.q === undefined && search.where === undefined ? <>Each <code>wandb.init()</code> adds one.</> : "Search matches names, groups, job types, tags and notes; the filter compares values."}</p>
        </Empty>
      ) : (
        <Grid entity={entity} project={project} rows={rows} columns={columns} order={order} onSort={sortBy} picked={picked} onPicked={setPicked} onOpen={(run) => void navigate({ to: "/$entity/$project/runs/$run", params: { entity, project, run } })} />
      )}
    </main>
  );
}

function exported(v: unknown): string | number | null {
  return v === null || v === undefined ? null : typeof v === "number" || typeof v === "string" ? v : JSON.stringify(v);
}

function ColumnMenu({ offered, columns, onColumns }: { offered: Column[]; columns: Column[]; onColumns: (next: string[] | undefined) => void }) {
  const [find, setFind] = useState("");
  const names = columns.map((one) => one.name);
  return (
    <Popover title="Columns" width={340} trigger={<button type="button" className="button quiet"><Columns3 size={14} />Columns</button>}>
      <div className="row"><input className="field grow" aria-label="Find columns" placeholder={`Find among ${offered.length.toLocaleString("en-US")}`} value={find} onChange={(event) => setFind(event.target.value)} /><button type="button" className="button" onClick={() => onColumns(undefined)}>Reset</button></div>
      <div className="column-list">
        {offered.filter((one) => one.name.toLowerCase().includes(find.toLowerCase())).slice(0, 200).map((one) => (
          <label key={one.name} className="check"><input type="checkbox" checked={names.includes(one.name)} onChange={(event) => onColumns(event.target.checked ? [...names, one.name] : names.filter((name) => name !== one.name))} /><span className="mono ellipsis">{one.name}</span></label>
        ))}
      </div>
    </Popover>
  );
}

interface GridProps {
  entity: string;
  project: string;
  rows: Rows;
  columns: Column[];
  order: string;
  onSort: (name: string) => void;
  picked: ReadonlySet<string>;
  onPicked: (picked: ReadonlySet<string>) => void;
  onOpen: (runId: string) => void;
}

function Grid({ entity, project, rows, columns, order, onSort, picked, onPicked, onOpen }: GridProps) {
  const theme = useTheme((s) => s.theme);
  const scroller = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const pool = useRef<Pool | null>(null);
  const [marked, setMarked] = useState(-1);
  const [editing, setEditing] = useState<Editing | null>(null);
  const mayWrite = useProject(entity, project).data?.may_write === true;
  const ranges = useMemo(() => new Map(columns.map((one) => [one.name, rangeOf(one, rows.columns[one.name])])), [columns, rows]);
  const width = NAME_WIDTH + STATE_WIDTH + columns.reduce((sum, one) => sum + one.width, 0);
  // What the rows' elements read when they are filled; they outlive renders.
  const onEdit = mayWrite ? setEditing : null;
  const live = useRef({ rows, columns, ranges, theme, picked, marked, entity, project, onPicked, onOpen, onEdit });
  live.current = { rows, columns, ranges, theme, picked, marked, entity, project, onPicked, onOpen, onEdit };
  useEffect(() => {
    const [outer, inner] = [scroller.current, layer.current];
    if (outer === null || inner === null) return;
    const made = new Pool(outer, inner, options(live));
    pool.current = made;
    return () => {
      pool.current = null;
      made.end();
    };
  }, []);
  useEffect(() => pool.current?.set(options(live), true), [columns]);
  useEffect(() => pool.current?.set(options(live)), [rows]);
  useEffect(() => pool.current?.refresh(), [ranges, theme, picked, marked, mayWrite]);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.count - 1, to));
    setMarked(next);
    pool.current?.scrollTo(next);
  };
  const head = (title: string, name: string, numeric: boolean, size: number) => {
    const sorted = order.slice(1) === name;
    return (
      <div key={name} role="columnheader" className={numeric ? "rt-cell num" : "rt-cell"} style={{ width: size }} aria-sort={!sorted ? "none" : order.startsWith("-") ? "descending" : "ascending"}>
        <button type="button" className="head-button" onClick={() => onSort(name)} title={name}>
          <span className="ellipsis">{title}</span>
          {sorted && (order.startsWith("-") ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
        </button>
      </div>
    );
  };
  return (
    <div
      ref={scroller}
      className="grid"
      onScroll={(event) => event.currentTarget.classList.toggle("aside", event.currentTarget.scrollLeft > 0)}
      role="grid"
      aria-label="Runs"
      aria-rowcount={rows.total + 1}
      aria-colcount={columns.length + 2}
      aria-activedescendant={marked === -1 ? undefined : `rt-${marked}`}
      tabIndex={0}
      onKeyDown={(event) => {
        const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? ROW) - HEAD) / ROW));
        const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -rows.count, End: rows.count };
        const by = steps[event.key];
        if (by !== undefined) move(marked + by);
        else if ((event.key === "e" || event.key === "F2") && marked >= 0 && mayWrite) setEditing({ index: marked, field: "display_name" });
        else if (event.key === "Enter" && marked >= 0) onOpen(rows.runIds[marked] ?? "");
        else if ((event.key === " " || event.key === "x") && marked >= 0) toggle(live, marked);
        else return;
        event.preventDefault();
      }}
    >
      <div className="rt-head" role="row" style={{ width }}>
        <div className="rt-cell rt-first" role="columnheader" style={{ width: NAME_WIDTH }} aria-sort={order.slice(1) !== "display_name" ? "none" : order.startsWith("-") ? "descending" : "ascending"}>
          <input type="checkbox" aria-label="Choose all loaded runs" checked={picked.size > 0 && picked.size === rows.count} onChange={(event) => onPicked(event.target.checked ? new Set(rows.runIds) : new Set())} />
          <button type="button" className="head-button" onClick={() => onSort("display_name")}><span>Name</span>{order.slice(1) === "display_name" && (order.startsWith("-") ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}</button>
        </div>
        {head("State", "state", false, STATE_WIDTH)}
        {columns.map((one) => head(one.title, one.name, one.numeric, one.width))}
      </div>
      <div ref={layer} role="rowgroup" className="rt-body" style={{ width }} />
      {editing !== null && <Editor entity={entity} project={project} rows={rows} columns={columns} editing={editing} onEditing={setEditing} onDone={() => scroller.current?.focus()} />}
    </div>
  );
}

const editable: readonly Field[] = ["display_name", "tags", "notes"];

function Editor({ entity, project, rows, columns, editing, onEditing, onDone }: { entity: string; project: string; rows: Rows; columns: Column[]; editing: Editing; onEditing: (next: Editing | null) => void; onDone: () => void }) {
  const { index, field } = editing;
  const cellOf = (name: Field) => document.getElementById(`rt-${index}`)?.children[name === "display_name" ? 0 : columns.findIndex((one) => one.name === name) + 2];
  const shown = editable.filter((name) => name === "display_name" || columns.some((one) => one.name === name));
  const cell = cellOf(field);
  const known = useMemo(() => [...new Set((rows.columns.tags ?? []).slice(0, 5000).flatMap((one) => (Array.isArray(one) ? one.map(String) : [])))].sort(), [rows.columns.tags]);
  if (!(cell instanceof HTMLElement)) return null;
  const found = field === "display_name" ? rows.names[index] : rows.columns[field]?.[index];
  return (
    <EditCell
      key={`${index} ${field}`}
      entity={entity} project={project} runId={rows.runIds[index] ?? ""} field={field} cell={cell} known={known}
      value={Array.isArray(found) ? found.join(", ") : typeof found === "string" ? found : ""}
      onClose={() => { onEditing(null); onDone(); }}
      onNext={(by) => onEditing({ index, field: shown[(shown.indexOf(field) + by + shown.length) % shown.length] ?? field })}
    />
  );
}

type Live = React.RefObject<Omit<GridProps, "order" | "onSort"> & { onEdit: ((editing: Editing) => void) | null } & { ranges: Map<string, { lo: number; hi: number } | null>; theme: "light" | "dark"; marked: number }>;

function toggle(live: Live, index: number): void {
  const { rows, picked, onPicked } = live.current;
  const id = rows.runIds[index];
  if (id === undefined) return;
  const next = new Set(picked);
  if (!next.delete(id)) next.add(id);
  onPicked(next);
}

function options(live: Live) {
  return { count: live.current.rows.count, rowHeight: ROW, head: HEAD, make: () => makeRow(live), fill: (element: HTMLElement, index: number) => fillRow(live, element, index), onRange: () => undefined };
}

function makeRow(live: Live): HTMLElement {
  const row = document.createElement("div");
  row.className = "rt-row";
  row.setAttribute("role", "row");
  const cells = live.current.columns.map((one) => `<div role="gridcell" class="rt-cell rt-text${one.numeric ? " num" : ""}" style="width:${one.width}px"> </div>`).join("");
  row.innerHTML = `<div role="gridcell" class="rt-cell rt-first" style="width:${NAME_WIDTH}px"><input type="checkbox"><i class="dot"></i><a class="ellipsis run-name grow"></a><button type="button" class="rt-pencil" tabindex="-1" title="Change the name (e)">✎</button></div><div role="gridcell" class="rt-cell" style="width:${STATE_WIDTH}px"><span class="state"><i></i><span></span></span></div>${cells}`;
  const index = () => Number(row.dataset.index);
  row.querySelector("input")?.addEventListener("change", () => toggle(live, index()));
  row.querySelector("a")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    live.current.onOpen(live.current.rows.runIds[index()] ?? "");
  });
  row.querySelector("button")?.addEventListener("click", () => live.current.onEdit?.({ index: index(), field: "display_name" }));
  row.addEventListener("dblclick", (event) => {
    const at = [...row.children].findIndex((cell) => cell.contains(event.target as Node));
    const name = live.current.columns[at - 2]?.name;
    if (name === "tags" || name === "notes") live.current.onEdit?.({ index: index(), field: name });
  });
  row.addEventListener("mouseenter", () => useHover.getState().hover(live.current.rows.ids[index()] ?? null));
  row.addEventListener("mouseleave", () => useHover.getState().hover(null));
  return row;
}

function fillRow(live: Live, row: HTMLElement, index: number): void {
  const { rows, columns, ranges, theme, picked, marked, entity, project } = live.current;
  const now = Date.now();
  row.dataset.index = String(index);
  row.id = `rt-${index}`;
  row.setAttribute("aria-rowindex", String(index + 2));
  row.dataset.marked = String(index === marked);
  const [first, second] = [row.children[0] as HTMLElement, row.children[1] as HTMLElement];
  const [box, dot, link] = [first.children[0] as HTMLInputElement, first.children[1] as HTMLElement, first.children[2] as HTMLAnchorElement];
  const name = rows.names[index] ?? "";
  box.checked = picked.has(rows.runIds[index] ?? "");
  box.setAttribute("aria-label", `Choose ${name}`);
  dot.style.background = runColour(rows.ordinals[index] ?? 0, theme);
  link.textContent = name;
  link.title = name;
  const pencil = first.children[3] as HTMLElement;
  pencil.hidden = live.current.onEdit === null;
  pencil.setAttribute("aria-label", `Change the name of ${name}`);
  link.href = `${basePath}/${encodeURIComponent(entity)}/${encodeURIComponent(project)}/runs/${encodeURIComponent(rows.runIds[index] ?? "")}`;
  const state = second.firstChild as HTMLElement;
  state.dataset.state = rows.states[index] ?? "";
  (state.lastChild as HTMLElement).textContent = rows.states[index] ?? "";
  columns.forEach((column, i) => {
    const cell = row.children[i + 2] as HTMLElement;
    const v = rows.columns[column.name]?.[index];
    const text = cellText(column, v, now);
    const written = cell.firstChild as Text;
    if (written.data !== text) written.data = text;
    // Each box that cuts is a layer of its own to the browser: only those that have something to cut.
    cell.classList.toggle("rt-cut", text.length * WIDEST[column.numeric ? "number" : "text"] > column.width - CELL_PADDING);
    if (!column.numeric) cell.title = live.current.onEdit !== null && (column.name === "tags" || column.name === "notes") ? `${text} (double-click to change)` : text;
    const range = ranges.get(column.name) ?? null;
    const bar = range !== null && typeof v === "number";
    cell.style.backgroundSize = bar ? `${Math.max(2, ((v - range.lo) / (range.hi - range.lo)) * 100)}% 3px` : "";
    if (bar) cell.dataset.best = String(v === (column.lower ? range.lo : range.hi));
  });
}
