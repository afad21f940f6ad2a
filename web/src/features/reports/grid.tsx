/** A panel grid of a report, drawn live over its run sets. */
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { shareToken } from "@/api/client";
import { useRuns } from "@/api/needs";
import { list, object, type ReportRunSet, runSetFrom, tableFrom } from "@/api/report_spec";
import type { RunLine } from "@/api/types";
import { panelFrom } from "@/api/view_spec";
import { count, value } from "@/lib/format";
import { plainSettings } from "@/lib/panel_spec";
import { type RunSet, runSet } from "@/lib/run_set";
import { useTheme } from "@/lib/theme";
import { AnyPanel } from "@/panels/any";
import { ImportanceCard } from "@/panels/importance";
import { MediaPanel } from "@/panels/media";
import { ParallelPanel } from "@/panels/parallel";
import { TableView } from "@/panels/table";
import { isTable, placeOf } from "@/panels/table/found";
import { Failure, RunState } from "@/ui/parts";

const MOST_RUNS = 500;
// Height of a row of the grid with its gap, as in reports.css, and of a panel's head.
const ROW = 42;
const HEAD = 52;

/** The grid. All enabled run sets of the same project are shown together. */
export function PanelGrid({ block, entity, project }: { block: unknown; entity: string; project: string }) {
  const theme = useTheme((s) => s.theme);
  const metadata = object(object(block).metadata);
  const sets = useMemo(() => list(metadata.runSets).filter((one) => object(one).enabled !== false).map((one) => runSetFrom(one, entity, project)), [metadata.runSets, entity, project]);
  const first = sets[0] ?? runSetFrom({}, entity, project);
  const runs = useRuns({ entity: first.entity, project: first.project, search: first.search, where: first.where, order: first.order, limit: MOST_RUNS });
  const panels = list(object(metadata.panelBankSectionConfig).panels);
  const shown = useMemo(() => (runs.data?.runs ?? []).filter((run) => !first.hidden.includes(run.run_id)), [runs.data, first]);
  const own = object(metadata.customRunColors) as Record<string, string>;
  const set = useMemo(() => runSet(shown, theme, { groupBy: first.groupBy, own }), [shown, theme, first.groupBy, metadata.customRunColors]);
  if (runs.error !== null) return <Failure error={runs.error} />;
  return (
    <div className="report-grid-outer">
      {runs.data === undefined ? <div className="skeleton report-grid-wait" role="status" aria-label="Loading panels" /> : shown.length === 0 ? <p className="muted">No run matches this run set ({first.name}).</p> : (
        <div className="report-grid">
          {panels.map((panel, i) => {
            const place = object(object(panel).layout);
            const at = (name: string, plain: number) => (typeof place[name] === "number" ? (place[name] as number) : plain);
            return (
              <div key={String(object(panel).__id__ ?? i)} className="report-cell" style={{ gridColumn: `${at("x", 0) + 1} / span ${at("w", 8)}`, gridRow: `${at("y", i * 8) + 1} / span ${at("h", 6)}` }}>
                <ReportPanel panel={panel} at={String(i)} set={set} first={first} height={at("h", 6) * ROW - HEAD} />
              </div>
            );
          })}
        </div>
      )}
      <RunList first={first} runs={shown} set={set} total={runs.data?.total ?? 0} />
    </div>
  );
}

interface PanelProps {
  panel: unknown;
  at: string;
  set: RunSet<RunLine>;
  first: ReportRunSet;
  /** Room for the drawing, in pixels. */
  height: number;
}

function ReportPanel({ panel, at, set, first, height }: PanelProps) {
  const { entity, project } = first;
  const config = object(object(panel).config);
  const kind = object(panel).viewType;
  const title = typeof config.chartTitle === "string" ? config.chartTitle : null;
  if (kind === "Media Browser") {
    return <>{list(config.mediaKeys).map(String).map((key) => {
      const holders = set.runs.filter((run) => run.summary[key] !== undefined);
      return <MediaPanel key={key} entity={entity} project={project} runs={holders.length > 0 ? holders : set.runs} name={key} kinds={["media"]} colour={set.colour} />;
    })}</>;
  }
  if (kind === "Weave") {
    const wanted = tableFrom(config);
    if (wanted !== null) return <TablePanel wanted={wanted} set={set} first={first} />;
  }
  if (kind === "Parallel Coordinates Plot") {
    const axes = list(config.columns).map((one) => String(object(one).accessor ?? "")).filter((one) => one !== "");
    const names = axes.map((one) => one.replace(/^(c::|summary:c::|config:|summary:)/, "").replace(/\.value$/, ""));
    const lines = set.runs.map((run) => ({ run: run.id, label: run.name, values: Object.fromEntries(names.map((name, i) => [name, /^(config:|c::|summary:c::)/.test(axes[i] ?? "") ? run.config[name] : run.summary[name]])) }));
    const logs = names.filter((_, i) => object(list(config.columns)[i]).log === true);
    return <section className="panel card" aria-label={title ?? "Parallel coordinates"}><header className="panel-head"><h3>{title ?? "Parallel coordinates"}</h3></header><ParallelPanel lines={lines} axes={names} log={logs} height={Math.max(180, height)} /></section>;
  }
  if (kind === "Parameter Importance") {
    const sweep = set.runs.find((run) => run.sweep !== null)?.sweep;
    if (sweep != null && shareToken() !== null) return <section className="panel card"><p className="muted pad">What mattered in a sweep is shown to people who are signed in.</p></section>;
    if (sweep != null) return <ImportanceCard entity={entity} project={project} name={sweep} colour={undefined} onColour={() => undefined} />;
  }
  return <AnyPanel spec={panelFrom(panel, at)} context={{ entity, project, set, settings: plainSettings }} />;
}

function TablePanel({ wanted, set, first }: { wanted: { key: string; q: string | undefined }; set: RunSet<RunLine>; first: ReportRunSet }) {
  const holder = set.runs.find((run) => isTable(run.summary[wanted.key]));
  const logged = holder?.summary[wanted.key];
  return (
    <section className="panel card report-table" aria-label={wanted.key}>
      <header className="panel-head"><h3 className="ellipsis grow">{wanted.key}{holder === undefined ? "" : ` of ${holder.name}`}</h3></header>
      <div className="panel-body report-table-body">
        {holder === undefined || !isTable(logged) ? <p className="muted">No run of this set has logged {wanted.key}.</p> : <TableView {...placeOf(holder, logged)} from={{ entity: first.entity, project: first.project, source: { kind: "run", run: holder.run_id, key: wanted.key } }} initial={wanted.q === undefined ? {} : { q: wanted.q }} />}
      </div>
    </section>
  );
}

function RunList({ first, runs, set, total }: { first: ReportRunSet; runs: RunLine[]; set: RunSet<RunLine>; total: number }) {
  // Whoever holds a link sees these runs here and has no page for them.
  const shared = shareToken() !== null;
  const home = `${first.entity}/${first.project}`;
  const of = (run: RunLine, name: string) => (name.startsWith("config.") ? run.config[name.slice(7)] : run.summary[name.slice(8)]);
  return (
    <details className="report-runs">
      <summary>{first.name} <span className="muted">{count(total, "run")} of {shared ? home : <Link to="/$entity/$project" params={{ entity: first.entity, project: first.project }}>{home}</Link>}</span></summary>
      <div className="table-scroll">
        <table className="table">
          <thead><tr><th>Run</th><th>State</th>{first.columns.map((name) => <th key={name} className="num">{name.replace(/^(config|summary)\./, "")}</th>)}</tr></thead>
          <tbody>{runs.slice(0, 50).map((run) => <tr key={run.id}><td><span className="row"><i className="dot" style={{ background: set.colour(run) }} />{shared ? run.name : <Link to="/$entity/$project/runs/$run" params={{ entity: first.entity, project: first.project, run: run.run_id }}>{run.name}</Link>}</span></td><td><RunState state={run.state} cause={run.state_cause} /></td>{first.columns.map((name) => <td key={name} className="num">{value(of(run, name))}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}
