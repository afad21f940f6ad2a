/** One run: what it was, what it logged, what it printed, what it made. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useRun } from "@/api/needs";
import { ServerError } from "@/api/client";
import type { RunDetail } from "@/api/types";
import { runColour } from "@/lib/colour";
import { useTheme } from "@/lib/theme";
import { CopyPython, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { RunArtifacts } from "./artifacts";
import { RunCharts } from "./charts";
import { RunFiles } from "./files";
import { RunLogs } from "./logs";
import { Overview } from "./overview";
import "./run.css";

const tabs = [
  { id: "charts", label: "Charts" },
  { id: "overview", label: "Overview" },
  { id: "system", label: "System" },
  { id: "logs", label: "Logs" },
  { id: "files", label: "Files" },
  { id: "artifacts", label: "Artifacts" },
] as const;

/** The page of one run; the tab is in the address. */
export function Run() {
  const { entity, project, run: runId } = useParams({ from: "/$entity/$project/runs/$run" });
  const search = useSearch({ from: "/$entity/$project/runs/$run" });
  const navigate = useNavigate({ from: "/$entity/$project/runs/$run" });
  const theme = useTheme((s) => s.theme);
  const found = useRun(entity, project, runId);
  if (found.error instanceof ServerError && found.error.status === 404) {
    return (
      <main id="main" className="page">
        <Empty title={`There is no run ${runId} in this project`}>
          <p>It may have been deleted, or you have no access to it.</p>
          <Link className="button" to="/$entity/$project" params={{ entity, project }}>To the project</Link>
        </Empty>
      </main>
    );
  }
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={10} /></main>;
  const run: RunDetail = found.data;
  const tab = tabs.some((one) => one.id === search.tab) ? search.tab : "charts";
  return (
    <main id="main" className="page run-page" data-scroll>
      <header className="run-head">
        <div className="row">
          <i className="dot" style={{ background: runColour(run.ordinal, theme) }} />
          <h1 className="ellipsis">{run.name}</h1>
          <RunState state={run.state} cause={run.state_cause} />
          {run.state_cause !== null && run.state !== "finished" && <span className="muted">{run.state_cause}</span>}
          {run.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}
          <span className="grow" />
          <CopyPython text={`import wandb\n\nrun = wandb.Api().run("${entity}/${project}/${run.run_id}")\nprint(run.summary._json_dict, dict(run.config))\nhistory = list(run.scan_history())`} />
        </div>
        <div role="tablist" className="tabs" aria-label="Parts of the run">
          {tabs.map((one) => (
            <button key={one.id} type="button" role="tab" aria-selected={tab === one.id} onClick={() => void navigate({ search: { tab: one.id === "charts" ? undefined : one.id }, replace: true })}>
              {one.label}
            </button>
          ))}
        </div>
      </header>
      {tab === "overview" ? (
        <Overview run={run} entity={entity} project={project} />
      ) : tab === "logs" ? (
        <RunLogs entity={entity} project={project} run={run} />
      ) : tab === "files" ? (
        <RunFiles entity={entity} project={project} run={run} />
      ) : tab === "artifacts" ? (
        <RunArtifacts entity={entity} project={project} run={run} />
      ) : (
        <RunCharts key={tab} entity={entity} project={project} run={run} stream={tab === "system" ? "system" : "history"} />
      )}
    </main>
  );
}
