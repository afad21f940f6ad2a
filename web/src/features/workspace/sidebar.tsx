/** The runs at the left: search, filter, groups, order, colours, what is shown, the config that differs. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownUp, Columns3, Eye, EyeOff, Flag, Group, ListFilter, MoreHorizontal, Palette, Pin, Search, X } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef } from "react";
import { useRunColumns } from "@/api/needs";
import { useManySeries } from "@/api/series";
import type { RunLine } from "@/api/types";
import { palette } from "@/lib/colour";
import { metric, value } from "@/lib/format";
import { useHover } from "@/lib/hover";
import type { RunSet } from "@/lib/run_set";
import { useLater } from "@/lib/later";
import { differing, loggedMetric, lowerIsBetter, mainMetric } from "@/lib/runs";
import { useTheme } from "@/lib/theme";
import { numberOf } from "@/lib/values";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine, MenuSwatch } from "@/ui/menu";
import { RunState } from "@/ui/parts";
import { Popover } from "@/ui/popover";
import { Sparkline } from "./sparkline";
import type { WorkspaceState } from "./state";

const RunFilter = lazy(() => import("@/panels/run_filter").then((part) => ({ default: part.RunFilter })));

interface Props {
  entity: string;
  project: string;
  /** All that are loaded, pinned ones first. */
  runs: RunLine[];
  shown: RunSet<RunLine>;
  total: number;
  state: WorkspaceState;
  steps: ReadonlyMap<string, string>;
  onMore: (() => void) | null;
  /** In a narrow window it is a drawer: whether it is open, and its end. */
  drawn: boolean;
  onClose: () => void;
}

const ROW = 46;
const SPARK_POINTS = 24;

/** Bring a row of the list into sight. */
export function showRow(index: number): void {
  const list = document.getElementById("run-list");
  if (list === null) return;
  const top = index * ROW;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
}

/** A list of any length: only the rows in sight exist. */
export function RunsSidebar({ entity, project, runs, shown, total, state, steps, onMore, drawn, onClose }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { beside } = state.doc;
  const key = useMemo(() => beside.metric ?? mainMetric(runs), [beside.metric, runs]);
  const differs = useMemo(() => beside.config ?? differing(runs).slice(0, 2), [beside.config, runs]);
  const rows = useVirtualizer({ count: runs.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10 });
  const ids = useMemo(() => shown.runs.map((run) => run.id), [shown.runs]);
  const logged = key === null ? null : loggedMetric(key, steps);
  const need = useMemo(() => ({ entity, project, runs: ids, x: steps.get(logged ?? "") ?? "_step", stream: "history" as const, points: SPARK_POINTS }), [entity, project, ids, logged, steps]);
  const { series } = useManySeries(need, logged === null ? [] : [logged], true);
  const sparks = useMemo(() => new Map(series.map((one) => [one.run, one])), [series]);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= runs.length - 20) onMore?.();
  }, [last, runs.length, onMore]);
  const hide = (next: ReadonlySet<string>) => state.seek({ hide: next.size === 0 ? undefined : [...next].join(",") });
  const toggle = (run: RunLine) => {
    const next = new Set(state.hidden);
    if (!next.delete(run.run_id)) next.add(run.run_id);
    hide(next);
  };
  return (
    <>
    {drawn && <button type="button" className="drawer-back narrow-only" aria-label="Close the list of runs" onClick={onClose} />}
    <aside className="sidebar" aria-label="Runs" data-drawn={drawn || undefined} onKeyDown={(event) => event.key === "Escape" && drawn && onClose()}>
      <div className="sidebar-head">
        <div className="row">
          {drawn && <button type="button" className="button quiet icon narrow-only" aria-label="Close" autoFocus onClick={onClose}><X size={16} /></button>}
          <h2>Runs</h2>
          <span className="muted grow">{shown.runs.length.toLocaleString("en-US")} of {total.toLocaleString("en-US")} shown</span>
          <button type="button" className="button quiet icon" title={state.hidden.size === 0 ? "Hide all" : "Show all"} aria-label={state.hidden.size === 0 ? "Hide all runs" : "Show all runs"} onClick={() => hide(state.hidden.size === 0 ? new Set(runs.map((run) => run.run_id)) : new Set())}>
            {state.hidden.size === 0 ? <Eye size={14} /> : <EyeOff size={14} />}
          </button>
        </div>
        <label className="row field-search">
          <Search size={14} aria-hidden="true" />
          <input id="find-runs" className="field grow" aria-label="Find runs" placeholder="Find runs (regex)" value={state.search.q ?? ""} onChange={(event) => state.seek({ q: event.target.value || undefined })} />
        </label>
        <RunTools entity={entity} project={project} runs={runs} state={state} metricKey={key} differs={differs} />
        {key !== null && <div className="sidebar-legend muted"><span className="ellipsis grow" title={`Config that differs between the runs: ${differs.join(", ")}`}>{differs.join(" · ")}</span><span className="ellipsis" title={key}>{key}</span></div>}
      </div>
      <div ref={scroller} id="run-list" className="sidebar-list" tabIndex={0} role="list" aria-label="Runs in this project">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const run = runs[item.index];
            return run === undefined ? null : (
              <Row key={run.id} entity={entity} project={project} run={run} top={item.start} shown={shown} state={state} differs={differs} metricKey={key} spark={sparks.get(run.id)?.mean ?? null} onToggle={() => toggle(run)} onOnly={() => hide(new Set(runs.filter((one) => one.id !== run.id).map((one) => one.run_id)))} />
            );
          })}
        </div>
      </div>
    </aside>
    </>
  );
}

/** So many names a menu offers; the runs table has all. */
const MOST_OFFERED = 14;

function RunTools({ entity, project, runs, state, metricKey, differs }: { entity: string; project: string; runs: RunLine[]; state: WorkspaceState; metricKey: string | null; differs: string[] }) {
  const { data } = useRunColumns(entity, project, useLater());
  const tests = state.search.where ?? [];
  const order = state.search.order ?? "-created_at";
  const varied = useMemo(() => differing(runs).slice(0, 12).map((name) => `config.${name}`), [runs]);
  const groupable = ["group", "job_type", "state", "user", ...varied];
  const sortable = ["created_at", "display_name", ...(metricKey === null ? [] : [`summary.${metricKey}`]), ...varied];
  const known = new Set(data?.columns.map((one) => one.name));
  const names = (section: string, first: string[]) => [...new Set([...first, ...(data?.columns ?? []).filter((one) => one.section === section).map((one) => one.name.slice(section.length + 1)).filter((name) => !name.startsWith("_") && (section === "config" || runs.some((run) => typeof run.summary[name] === "number")))])].slice(0, MOST_OFFERED);
  const put = (next: Partial<WorkspaceState["doc"]["beside"]>) => state.arrange((doc) => ({ ...doc, beside: { ...doc.beside, ...next } }));
  return (
    <div className="row sidebar-tools">
      <Popover title="Filter of runs" width={420} trigger={<button type="button" className="button quiet" aria-pressed={tests.length > 0}><ListFilter size={14} />Filter{tests.length > 0 && <span className="count">{tests.length}</span>}</button>}>
        <Suspense><RunFilter entity={entity} project={project} tests={tests} onTests={(where) => state.seek({ where })} /></Suspense>
      </Popover>
      <Menu align="start" trigger={<button type="button" className="button quiet" aria-pressed={state.groupBy.length > 0}><Group size={14} />Group</button>}>
        <MenuLabel>Draw runs with the same value as one line</MenuLabel>
        <MenuChoice chosen={state.groupBy.length === 0} onSelect={() => state.seek({ group: undefined })}>Each run for itself</MenuChoice>
        {groupable.map((field) => (
          <MenuChoice key={field} chosen={state.groupBy.includes(field)} onSelect={() => state.seek({ group: (state.groupBy.includes(field) ? state.groupBy.filter((one) => one !== field) : [...state.groupBy, field]).join(",") || undefined })}>
            {field.replace("config.", "").replace("_", " ")}
          </MenuChoice>
        ))}
      </Menu>
      <Menu align="start" trigger={<button type="button" className="button quiet" aria-pressed={state.search.order !== undefined}><ArrowDownUp size={14} />Sort</button>}>
        {sortable.filter((name) => known.size === 0 || known.has(name) || name.startsWith("created") || name.startsWith("display")).flatMap((name) =>
          (["-", "+"] as const).map((way) => (
            <MenuChoice key={way + name} chosen={order === way + name} onSelect={() => state.seek({ order: way + name === "-created_at" ? undefined : way + name })}>
              {name === "created_at" ? (way === "-" ? "Newest first" : "Oldest first") : `${name.replace(/^(config|summary)\./, "").replace("display_name", "name")}, ${way === "-" ? "highest" : "lowest"} first`}
            </MenuChoice>
          )),
        )}
      </Menu>
      <Menu align="start" trigger={<button type="button" className="button quiet icon" aria-label="Columns beside the runs" title="Columns beside the runs" aria-pressed={state.doc.beside.config !== null || state.doc.beside.metric !== null}><Columns3 size={14} /></button>}>
        <MenuChoice chosen={state.doc.beside.config === null && state.doc.beside.metric === null} onSelect={() => put({ config: null, metric: null })}>What differs, and the main metric</MenuChoice>
        <MenuLabel>Under the name</MenuLabel>
        {names("config", [...differs, ...differing(runs)]).map((name) => (
          <MenuChoice key={name} chosen={differs.includes(name)} onSelect={() => put({ config: differs.includes(name) ? differs.filter((one) => one !== name) : [...differs, name] })}>{name}</MenuChoice>
        ))}
        <MenuLabel>At the right</MenuLabel>
        {names("summary", metricKey === null ? [] : [metricKey]).map((name) => <MenuChoice key={name} chosen={name === metricKey} onSelect={() => put({ metric: name })}>{name}</MenuChoice>)}
      </Menu>
    </div>
  );
}

interface RowProps {
  entity: string;
  project: string;
  run: RunLine;
  top: number;
  shown: RunSet<RunLine>;
  state: WorkspaceState;
  differs: string[];
  metricKey: string | null;
  spark: Float32Array | null;
  onToggle: () => void;
  onOnly: () => void;
}

function Row({ entity, project, run, top, shown, state, differs, metricKey, spark, onToggle, onOnly }: RowProps) {
  const lit = useHover((s) => s.run === run.id);
  const hover = useHover((s) => s.hover);
  const theme = useTheme((s) => s.theme);
  const off = state.hidden.has(run.run_id);
  const { pinned, baseline, colours } = state.doc;
  const isPinned = pinned.includes(run.run_id);
  const isBase = baseline === run.run_id;
  const n = metricKey === null ? null : numberOf(run, metricKey);
  const base = metricKey === null || shown.baseline === null || isBase ? null : numberOf(shown.baseline, metricKey);
  const better = n !== null && base !== null && metricKey !== null && (lowerIsBetter(metricKey) ? n < base : n > base);
  const colour = shown.colour(run);
  return (
    <div role="listitem" className="run-row" data-lit={lit} data-off={off} data-pinned={isPinned || undefined} style={{ transform: `translateY(${top}px)` }} onMouseEnter={() => hover(run.id)} onMouseLeave={() => hover(null)}>
      <button type="button" className="button quiet icon" aria-pressed={!off} aria-label={`${off ? "Show" : "Hide"} ${run.name}`} onClick={onToggle}>
        {off ? <EyeOff size={14} /> : <Eye size={14} />}
      </button>
      <i className="dot" style={{ background: colour }} />
      <div className="grow run-text">
        <div className="row run-top">
          <Link className="ellipsis run-name" to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}>{run.name}</Link>
          {isPinned && <Pin size={11} className="muted" aria-label="pinned" />}
          {isBase && <span className="tag accent">baseline</span>}
          <span className="grow" />
          {n !== null && <span className="run-value">{metric(n)}</span>}
        </div>
        <div className="row run-sub muted">
          <span className="ellipsis grow">{differs.map((one) => value(run.config[one])).join(" · ") || run.job_type || ""}</span>
          {run.state !== "finished" && <RunState state={run.state} cause={run.state_cause} />}
          {n !== null && base !== null ? <span data-better={better} className="delta">{n - base >= 0 ? "+" : "−"}{metric(Math.abs(n - base))}</span> : spark !== null && <Sparkline values={spark} colour={colour} />}
        </div>
      </div>
      <Menu trigger={<button type="button" className="button quiet icon run-more" aria-label={`More for ${run.name}`}><MoreHorizontal size={14} /></button>}>
        <MenuItem icon={<Eye size={14} />} onSelect={onOnly}>Show only this run</MenuItem>
        <MenuItem icon={<Pin size={14} />} onSelect={() => state.arrange((doc) => ({ ...doc, pinned: isPinned ? pinned.filter((one) => one !== run.run_id) : [...pinned, run.run_id] }))}>{isPinned ? "Unpin" : "Pin on top"}</MenuItem>
        <MenuItem icon={<Flag size={14} />} onSelect={() => state.arrange((doc) => ({ ...doc, baseline: isBase ? null : run.run_id }))}>{isBase ? "No baseline" : "Make it the baseline"}</MenuItem>
        <MenuLine />
        <MenuLabel><span className="row"><Palette size={12} />Colour</span></MenuLabel>
        <div className="swatches">
          {palette(theme).map((one) => <MenuSwatch key={one} colour={one} chosen={colours[run.run_id] === one} onSelect={() => state.arrange((doc) => ({ ...doc, colours: { ...doc.colours, [run.run_id]: one } }))} />)}
        </div>
        {colours[run.run_id] !== undefined && <MenuItem onSelect={() => state.arrange((doc) => ({ ...doc, colours: Object.fromEntries(Object.entries(doc.colours).filter(([id]) => id !== run.run_id)) }))}>Back to its own colour</MenuItem>}
      </Menu>
    </div>
  );
}
