/** All runs of a project as a table: the server sorts and filters, the window holds what is in sight. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Download, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useRunPages } from "@/api/needs";
import { runColour } from "@/lib/colour";
import { saveAs } from "@/lib/save";
import { useHover } from "@/lib/hover";
import type { TableSearch } from "@/lib/search";
import { useTheme } from "@/lib/theme";
import { Ago, CopyPython, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { columnsFor, csv, rangeOf } from "./columns";
import "./table.css";

/** The page. */
export function RunsTable() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const search = useSearch({ from: "/$entity/$project/table" });
  const navigate = useNavigate({ from: "/$entity/$project/table" });
  const theme = useTheme((s) => s.theme);
  const hover = useHover((s) => s.hover);
  const change = (next: Partial<TableSearch>) => void navigate({ search: (now: TableSearch) => ({ ...now, ...next }), replace: true });
  const order = search.order ?? "-created_at";
  const pages = useRunPages({ entity, project, search: search.q, order, limit: 200 });
  const runs = useMemo(() => (pages.data?.pages ?? []).flatMap((page) => page.runs), [pages.data]);
  const total = pages.data?.pages[0]?.total ?? 0;
  const columns = useMemo(() => columnsFor(runs), [runs]);
  const ranges = useMemo(() => new Map(columns.map((column) => [column.id, rangeOf(column, runs)])), [columns, runs]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: runs.length, getScrollElement: () => scroller.current, estimateSize: () => 32, overscan: 16 });
  const items = rows.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last > runs.length - 60) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, runs.length]);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);

  if (pages.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={pages.error} /></div></main>;
  const template = `300px 108px 96px ${columns.map((column) => `${Math.round(column.width)}px`).join(" ")}`;
  const sortBy = (name: string | null) => {
    if (name !== null) change({ order: order === `-${name}` ? `+${name}` : `-${name}` });
  };
  const head = (title: string, name: string | null, numeric: boolean) => (
    <div key={title} role="columnheader" className={numeric ? "cell num" : "cell"} aria-sort={name === null || order.slice(1) !== name ? "none" : order[0] === "-" ? "descending" : "ascending"}>
      <button type="button" className="head-button" disabled={name === null} onClick={() => sortBy(name)} title={title}>
        <span className="ellipsis">{title}</span>
        {name !== null && order.slice(1) === name && (order[0] === "-" ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
      </button>
    </div>
  );
  return (
    <main id="main" className="page runs-page">
      <div className="tools">
        <label className="row field-search">
          <Search size={14} aria-hidden="true" />
          <input className="field grow" aria-label="Find runs" placeholder="Find runs (regex)" value={search.q ?? ""} onChange={(event) => change({ q: event.target.value || undefined })} />
        </label>
        <span className="muted">{total.toLocaleString("en-US")} runs</span>
        <span className="grow" />
        <CopyPython text={`import wandb\n\nruns = wandb.Api().runs("${entity}/${project}", order="${order}")\nfor run in runs:\n    print(run.name, run.state, dict(run.config), run.summary._json_dict)`} />
        <button type="button" className="button" onClick={() => saveAs(`${project}-runs.csv`, "text/csv", csv(columns, runs, Date.now()))}><Download size={14} />CSV</button>
      </div>
      {pages.data === undefined ? (
        <Skeleton rows={14} />
      ) : runs.length === 0 ? (
        <Empty title={search.q === undefined ? "No run in this project yet" : "No run matches"}>
          <p>{search.q === undefined ? "Each wandb.init() adds one." : "Search matches the name, id, group, job type and tags."}</p>
        </Empty>
      ) : (
        <div ref={scroller} className="grid" role="grid" aria-label="Runs" aria-rowcount={total} tabIndex={0}>
          <div className="grid-head" role="row" style={{ gridTemplateColumns: template }}>
            {head("Name", "display_name", false)}
            {head("State", "state", false)}
            {head("Created", "created_at", false)}
            {columns.map((column) => head(column.title, column.order, column.numeric))}
          </div>
          <div role="rowgroup" style={{ height: rows.getTotalSize(), position: "relative" }}>
            {items.map((item) => {
              const run = runs[item.index];
              if (run === undefined) return null;
              return (
                <div key={run.id} role="row" aria-rowindex={item.index + 2} className="grid-row" style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }} onMouseEnter={() => hover(run.id)} onMouseLeave={() => hover(null)}>
                  <div role="gridcell" className="cell first row">
                    <i className="dot" style={{ background: runColour(run.ordinal, theme) }} />
                    <Link className="ellipsis run-name" to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}>{run.name}</Link>
                    {run.tags.slice(0, 2).map((tag) => <span key={tag} className="tag">{tag}</span>)}
                  </div>
                  <div role="gridcell" className="cell"><RunState state={run.state} cause={run.state_cause} /></div>
                  <div role="gridcell" className="cell muted"><Ago at={run.created_at} /></div>
                  {columns.map((column) => {
                    const range = ranges.get(column.id) ?? null;
                    const n = column.number(run);
                    const share = range === null || n === null ? null : (n - range.lo) / (range.hi - range.lo);
                    return (
                      <div key={column.id} role="gridcell" className={column.numeric ? "cell num" : "cell"}>
                        {share !== null && <i className="bar" style={{ width: `${Math.max(2, share * 100)}%` }} data-best={range !== null && n === (range.lower ? range.lo : range.hi)} />}
                        <span className="ellipsis">{column.text(run, now)}</span>
                      </div>
                    );
                  })}
                </div>
              );
            })}
          </div>
        </div>
      )}
    </main>
  );
}
