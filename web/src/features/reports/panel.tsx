/** One panel of a report's grid, and the way to where its data is at home. */
import { Link } from "@tanstack/react-router";
import { ExternalLink, Pencil, Trash2 } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import { basePath, shareToken } from "@/api/client";
import { list, object, type ReportRunSet, tableFrom, testsOf } from "@/api/report_spec";
import type { RunLine } from "@/api/types";
import { panelFrom } from "@/api/view_spec";
import { plainSettings } from "@/lib/panel_spec";
import { AnyPanel } from "@/panels/any";
import type { PanelContext } from "@/panels/frame";
import { ImportanceCard } from "@/panels/importance";
import { MediaPanel } from "@/panels/media";
import { ParallelPanel } from "@/panels/parallel";
import { TableView } from "@/panels/table";
import { isTable, placeOf } from "@/panels/table/found";
import type { GridRuns } from "./run_sets";

interface Props {
  panel: unknown;
  at: string;
  runs: GridRuns;
  /** Room for the drawing, in pixels. */
  height: number;
  /** Alone in a window. */
  full?: boolean;
  onEdit?: () => void;
  onRemove?: () => void;
}

/** The workspace with the runs of a set: what a panel was drawn from. */
export function workspaceSearchOf(set: ReportRunSet) {
  const tests = testsOf(set.where);
  return { q: set.search, where: tests === null || tests.length === 0 ? undefined : tests, order: set.order === "-created_at" ? undefined : set.order, group: set.groupBy.join(",") || undefined, hide: set.hidden.join(",") || undefined };
}

/** Names of the axes of parallel coordinates, and where their values are. */
export function axesFrom(config: unknown): { name: string; config: boolean; log: boolean }[] {
  return list(object(config).columns).map(object).flatMap((one) => {
    const accessor = String(one.accessor ?? "");
    const name = accessor.replace(/^(c::|summary:c::|config:|summary:)/, "").replace(/\.value$/, "");
    return name === "" ? [] : [{ name, config: /^(config:|c::|summary:c::)/.test(accessor), log: one.log === true }];
  });
}

/** The drawing. */
export function ReportPanel({ panel, at, runs, height, full = false, onEdit, onRemove }: Props) {
  const set = runs.all;
  const first = runs.sets[0]?.set;
  if (first === undefined) return null;
  const { entity, project } = first;
  const config = object(object(panel).config);
  const kind = object(panel).viewType;
  const title = typeof config.chartTitle === "string" ? config.chartTitle : null;
  const tools = <PanelTools title={title ?? String(kind)} set={first} onEdit={onEdit} onRemove={onRemove} />;
  if (kind === "Media Browser") {
    const columns = typeof config.columnCount === "number" && config.columnCount > 0 ? Math.round(config.columnCount) : null;
    const keys = list(config.mediaKeys).length;
    return (
      <div className="report-media" data-columns={columns ?? undefined} style={{ "--columns": columns ?? 1, "--room": `${Math.max(120, Math.round(height / Math.max(1, keys)) - 56)}px` } as CSSProperties}>
        {onEdit !== undefined && <div className="row panel-write"><span className="muted grow ellipsis">{title ?? "Media"}</span>{tools}</div>}
        {list(config.mediaKeys).map(String).map((key) => {
          const holders = set.runs.filter((run) => run.summary[key] !== undefined);
          const shown = holders.length > 0 ? holders : set.runs;
          const home = shown[0] === undefined ? first : runs.homeOf(shown[0]);
          return <MediaPanel key={key} entity={home.entity} project={home.project} runs={shown.filter((run) => runs.homeOf(run).project === home.project)} name={key} kinds={["media"]} colour={set.colour} />;
        })}
      </div>
    );
  }
  if (kind === "Weave") {
    const wanted = tableFrom(config);
    if (wanted !== null) return <TablePanel wanted={wanted} runs={runs} tools={tools} />;
  }
  if (kind === "Parallel Coordinates Plot") {
    const axes = axesFrom(config);
    const lines = set.runs.map((run) => ({ run: run.id, label: run.name, values: Object.fromEntries(axes.map((axis) => [axis.name, axis.config ? run.config[axis.name] : run.summary[axis.name]])) }));
    return <Card title={title ?? "Parallel coordinates"} tools={tools}><ParallelPanel lines={lines} axes={axes.map((axis) => axis.name)} log={axes.filter((axis) => axis.log).map((axis) => axis.name)} height={Math.max(180, height)} /></Card>;
  }
  if (kind === "Parameter Importance") {
    const holder = set.runs.find((run) => run.sweep !== null);
    if (holder?.sweep != null && shareToken() !== null) return <Card title={title ?? "Parameter importance"}><p className="muted pad">What mattered in a sweep is shown to people who are signed in.</p></Card>;
    if (holder?.sweep != null) return <>{onEdit !== undefined && <div className="row panel-write"><span className="grow" />{tools}</div>}<ImportanceCard {...runs.homeOf(holder)} name={holder.sweep} colour={undefined} onColour={() => undefined} /></>;
  }
  const context: PanelContext = {
    entity, project, set, settings: plainSettings, legend: true,
    ...(onEdit === undefined ? {} : { onEdit: () => onEdit() }),
    ...(onRemove === undefined ? {} : { onRemove: () => onRemove() }),
    ...(shareToken() !== null ? {} : {
      source: `${basePath}/${encodeURIComponent(entity)}/${encodeURIComponent(project)}?${new URLSearchParams(Object.entries(workspaceSearchOf(first)).flatMap(([name, v]) => (v === undefined ? [] : [[name, typeof v === "string" ? v : JSON.stringify(v)]])))}`,
      onPick: (run: RunLine) => { const home = runs.homeOf(run); location.assign(`${basePath}/${[home.entity, home.project, "runs", run.run_id].map(encodeURIComponent).join("/")}`); },
    }),
  };
  return <AnyPanel spec={panelFrom(panel, at)} context={context} full={full} />;
}

function Card({ title, tools, children }: { title: string; tools?: ReactNode; children: ReactNode }) {
  return <section className="panel card" aria-label={title}><header className="panel-head"><h3 className="ellipsis grow">{title}</h3>{tools}</header>{children}</section>;
}

function PanelTools({ title, set, onEdit, onRemove }: { title: string; set: ReportRunSet; onEdit: (() => void) | undefined; onRemove: (() => void) | undefined }) {
  return (
    <>
      {shareToken() === null && <Link className="button quiet icon" aria-label={`Open the runs of ${title}`} title="Open these runs in their workspace" to="/$entity/$project" params={{ entity: set.entity, project: set.project }} search={workspaceSearchOf(set)}><ExternalLink size={14} /></Link>}
      {onEdit !== undefined && <button type="button" className="button quiet icon" aria-label={`Edit ${title}`} title="Edit" onClick={onEdit}><Pencil size={14} /></button>}
      {onRemove !== undefined && <button type="button" className="button quiet icon" aria-label={`Remove ${title}`} title="Remove" onClick={onRemove}><Trash2 size={14} /></button>}
    </>
  );
}

function TablePanel({ wanted, runs, tools }: { wanted: { key: string; q: string | undefined }; runs: GridRuns; tools: ReactNode }) {
  const holder = runs.all.runs.find((run) => isTable(run.summary[wanted.key]));
  const logged = holder?.summary[wanted.key];
  return (
    <section className="panel card report-table" aria-label={wanted.key}>
      <header className="panel-head"><h3 className="ellipsis grow">{wanted.key}{holder === undefined ? "" : <> of {shareToken() !== null ? holder.name : <Link to="/$entity/$project/runs/$run" params={{ ...runs.homeOf(holder), run: holder.run_id }}>{holder.name}</Link>}</>}</h3>{tools}</header>
      <div className="panel-body report-table-body">
        {holder === undefined || !isTable(logged) ? <p className="muted">No run of this grid has logged {wanted.key}.</p> : <TableView {...placeOf(holder, logged)} from={{ ...runs.homeOf(holder), source: { kind: "run", run: holder.run_id, key: wanted.key } }} initial={wanted.q === undefined ? {} : { q: wanted.q }} />}
      </div>
    </section>
  );
}
