/** One panel of a report's grid, and the way to where its data is at home. */
import { Link } from "@tanstack/react-router";
import type { CSSProperties, ReactNode } from "react";
import { basePath, shareToken } from "@/api/client";
import { list, object, type ReportRunSet, tableFrom, testsOf } from "@/api/report_spec";
import type { RunLine } from "@/api/types";
import { panelFrom } from "@/api/view_spec";
import { plainSettings } from "@/lib/panel_spec";
import { AnyPanel } from "@/panels/any";
import { type Acts, PanelCard, type PanelContext } from "@/panels/frame";
import { Importance } from "@/panels/importance";
import { MediaPanel } from "@/panels/media";
import { ParallelPanel } from "@/panels/parallel";
import { TableView } from "@/panels/table";
import { isTable, placeOf } from "@/panels/table/found";
import type { GridRuns } from "./run_sets";

interface Props {
  panel: unknown;
  /** What a link to the panel names. */
  at: string;
  runs: GridRuns;
  /** Room for the drawing, in pixels. */
  height: number;
  /** Alone in a window. */
  full?: boolean;
  onFull?: () => void;
  /** The panel's own address. */
  link?: () => string;
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

/** What a panel is called. */
export function titleOf(panel: unknown): string {
  const config = object(object(panel).config);
  if (typeof config.chartTitle === "string" && config.chartTitle !== "") return config.chartTitle;
  const kind = object(panel).viewType;
  if (kind === "Media Browser") return list(config.mediaKeys).map(String).join(", ") || "Media";
  if (kind === "Weave") return tableFrom(config)?.key ?? "Table";
  if (kind === "Parallel Coordinates Plot") return "Parallel coordinates";
  return kind === "Parameter Importance" ? "Parameter importance" : panelFrom(panel, "").title;
}

/** The runs of a set in their workspace, as an address; whoever came by a link has none. */
function sourceOf(set: ReportRunSet): string | undefined {
  if (shareToken() !== null) return undefined;
  const search = Object.entries(workspaceSearchOf(set)).flatMap(([name, v]) => (v === undefined ? [] : [[name, typeof v === "string" ? v : JSON.stringify(v)]]));
  return `${basePath}/${encodeURIComponent(set.entity)}/${encodeURIComponent(set.project)}?${new URLSearchParams(search)}`;
}

/** The drawing. */
export function ReportPanel({ panel, at, runs, height, full = false, onFull, link, onEdit, onRemove }: Props) {
  const set = runs.all;
  const first = runs.sets[0]?.set;
  if (first === undefined) return null;
  const { entity, project } = first;
  const config = object(object(panel).config);
  const kind = object(panel).viewType;
  const title = titleOf(panel);
  const open = (run: RunLine) => { const home = runs.homeOf(run); location.assign(`${basePath}/${[home.entity, home.project, "runs", run.run_id].map(encodeURIComponent).join("/")}`); };
  const acts: Acts = { onFull, link, onEdit, onRemove, source: sourceOf(first) };
  if (kind === "Media Browser") {
    const columns = typeof config.columnCount === "number" && config.columnCount > 0 ? Math.round(config.columnCount) : null;
    const keys = list(config.mediaKeys).length;
    if (keys === 0) return <Card at={at} title={title} acts={acts} full={full}><p className="muted pad">No key is chosen yet.</p></Card>;
    return (
      <div className="report-media" data-columns={columns ?? undefined} style={{ "--columns": columns ?? 1, "--room": `${Math.max(120, Math.round(height / Math.max(1, keys)) - 56)}px` } as CSSProperties}>
        {list(config.mediaKeys).map(String).map((key) => {
          const holders = set.runs.filter((run) => run.summary[key] !== undefined);
          const shown = holders.length > 0 ? holders : set.runs;
          const home = shown[0] === undefined ? first : runs.homeOf(shown[0]);
          return <MediaPanel key={key} entity={home.entity} project={home.project} runs={shown.filter((run) => runs.homeOf(run).entity === home.entity && runs.homeOf(run).project === home.project)} name={key} kinds={["media"]} colour={set.colour} acts={acts} full={full} />;
        })}
      </div>
    );
  }
  if (kind === "Weave") {
    const wanted = tableFrom(config);
    if (wanted !== null) return <TablePanel at={at} wanted={wanted} runs={runs} acts={acts} full={full} />;
  }
  if (kind === "Parallel Coordinates Plot") {
    const axes = axesFrom(config);
    const lines = set.runs.map((run) => ({ run: run.id, label: run.name, values: Object.fromEntries(axes.map((axis) => [axis.name, axis.config ? run.config[axis.name] : run.summary[axis.name]])) }));
    return <Card at={at} title={title} acts={acts} full={full}><ParallelPanel lines={lines} axes={axes.map((axis) => axis.name)} log={axes.filter((axis) => axis.log).map((axis) => axis.name)} height={Math.max(180, height)} {...(acts.source === undefined ? {} : { onPick: (line) => { const run = set.runs.find((one) => one.id === line.run); if (run !== undefined) open(run); } })} /></Card>;
  }
  if (kind === "Parameter Importance") {
    const holder = set.runs.find((run) => run.sweep !== null);
    if (holder?.sweep != null) return <Card at={at} title={title} acts={acts} full={full}><div className="pad"><Importance {...runs.homeOf(holder)} name={holder.sweep} /></div></Card>;
  }
  const context: PanelContext = {
    entity, project, set, settings: plainSettings, legend: true, homeOf: runs.homeOf,
    ...(onFull === undefined ? {} : { onFull: () => onFull() }),
    ...(link === undefined ? {} : { link: () => link() }),
    ...(onEdit === undefined ? {} : { onEdit: () => onEdit() }),
    ...(onRemove === undefined ? {} : { onRemove: () => onRemove() }),
    ...(acts.source === undefined ? {} : { source: acts.source, onPick: open }),
  };
  return <AnyPanel spec={panelFrom(panel, at)} context={context} full={full} />;
}

interface CardProps {
  at: string;
  acts: Acts;
  full: boolean;
}

function Card({ at, title, acts, full, children }: CardProps & { title: string; children: ReactNode }) {
  return <PanelCard id={at} title={title} exports={{}} acts={acts} full={full} body={{ className: "report-card-body" }}>{children}</PanelCard>;
}

function TablePanel({ at, wanted, runs, acts, full }: CardProps & { wanted: { key: string; q: string | undefined }; runs: GridRuns }) {
  const holder = runs.all.runs.find((run) => isTable(run.summary[wanted.key]));
  const logged = holder?.summary[wanted.key];
  return (
    <PanelCard
      id={at} title={wanted.key} exports={{}} acts={acts} full={full} className="report-table" body={{ className: "report-table-body" }}
      extra={holder !== undefined && <span className="muted ellipsis grow">of {shareToken() !== null ? holder.name : <Link to="/$entity/$project/runs/$run" params={{ ...runs.homeOf(holder), run: holder.run_id }}>{holder.name}</Link>}</span>}
    >
      {holder === undefined || !isTable(logged) ? <p className="muted">No run of this grid has logged {wanted.key}.</p> : <TableView {...placeOf(holder, logged)} from={{ ...runs.homeOf(holder), source: { kind: "run", run: holder.run_id, key: wanted.key } }} initial={wanted.q === undefined ? {} : { q: wanted.q }} />}
    </PanelCard>
  );
}
