/** One run: what it was, what it logged, what it printed, what it made. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { MoreHorizontal, Square, Trash2 } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useChangeRuns, useEditRun, useKeys, useRestoreRuns, useRun, useStopRun } from "@/api/needs";
import { ServerError } from "@/api/client";
import type { RunDetail } from "@/api/types";
import { runColour } from "@/lib/colour";
import { type Command, useCommands } from "@/lib/commands";
import { useTheme } from "@/lib/theme";
import { toast, toastError, withdraw } from "@/lib/toasts";
import { EditableLine, Words } from "@/ui/editable";
import { Menu, MenuItem } from "@/ui/menu";
import { CopyPython, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { RunArtifacts } from "./artifacts";
import { RunCharts } from "./charts";
import { RunCode } from "./code";
import { RunFiles } from "./files";
import { RunLogs } from "./logs";
import { Moment } from "./moment";
import { Overview } from "./overview";
import "./run.css";

const tabs = [
  { id: "charts", label: "Charts" },
  { id: "overview", label: "Overview" },
  { id: "system", label: "System" },
  { id: "logs", label: "Logs" },
  { id: "files", label: "Files" },
  { id: "code", label: "Code" },
  { id: "artifacts", label: "Artifacts" },
] as const;

/** The page of one run; the tab is in the address. */
export function Run() {
  const { entity, project, run: runId } = useParams({ from: "/$entity/$project/runs/$run" });
  const search = useSearch({ from: "/$entity/$project/runs/$run" });
  const navigate = useNavigate({ from: "/$entity/$project/runs/$run" });
  const found = useRun(entity, project, runId);
  const toTab = useCallback((tab: string) => void navigate({ search: (now) => ({ jupyter: now.jupyter, tab: tab === "charts" ? undefined : tab }), replace: true }), [navigate]);
  useCommands(useMemo<Command[]>(() => tabs.map((tab, i) => ({ id: `tab.${tab.id}`, label: tab.label, group: "This run", keys: String(i + 1), run: () => toTab(tab.id) })), [toTab]));
  if (found.error instanceof ServerError && found.error.status === 404 && found.data === undefined) {
    return (
      <main id="main" className="page">
        <Empty title={`There is no run ${runId} in this project`}>
          <p>It may have been deleted, or you have no access to it.</p>
          <Link className="button" to="/$entity/$project" params={{ entity, project }}>To the project</Link>
        </Empty>
      </main>
    );
  }
  if (found.error !== null && found.data === undefined) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={10} /></main>;
  const run: RunDetail = found.data;
  const tab = tabs.some((one) => one.id === search.tab) ? search.tab : "charts";
  return (
    <main id="main" className="page run-page" data-scroll>
      <Head run={run} entity={entity} project={project} tab={tab} onTab={toTab} />
      {tab === "overview" ? (
        <Overview run={run} entity={entity} project={project} />
      ) : tab === "logs" ? (
        <RunLogs entity={entity} project={project} run={run} />
      ) : tab === "files" ? (
        <RunFiles entity={entity} project={project} run={run} chosen={search.file ?? null} onChoose={(file) => void navigate({ search: (now) => ({ ...now, file: file ?? undefined }), replace: true })} />
      ) : tab === "code" ? (
        <RunCode entity={entity} project={project} run={run} />
      ) : tab === "artifacts" ? (
        <RunArtifacts entity={entity} project={project} run={run} />
      ) : (
        <Metrics key={tab} entity={entity} project={project} run={run} stream={tab === "system" ? "system" : "history"} />
      )}
    </main>
  );
}

function Head({ run, entity, project, tab, onTab }: { run: RunDetail; entity: string; project: string; tab: string | undefined; onTab: (tab: string) => void }) {
  const theme = useTheme((s) => s.theme);
  const stop = useStopRun(entity, project, run.run_id);
  const edit = useEditRun(entity, project, run.run_id);
  const change = (next: Parameters<typeof edit.mutate>[0], back: typeof next, said: string) => edit.mutate(next, { onSuccess: () => toast(said, { of: [`${entity}/${project}/runs/${run.run_id}`], undo: () => edit.mutateAsync(back) }), onError: toastError });
  const setTags = (tags: string[], said: string) => change({ tags }, { tags: run.tags }, said);
  return (
    <header className="run-head">
      <div className="row run-title">
        <i className="dot" style={{ background: runColour(run.ordinal, theme) }} />
        <EditableLine value={run.name} label="name of the run" may={run.may_write} onSave={(display_name) => change({ display_name }, { display_name: run.name }, `The run is called ${display_name} now.`)}><h1 className="ellipsis">{run.name}</h1></EditableLine>
        <RunState state={run.state} cause={run.state_cause} />
        {run.state_cause !== null && run.state !== "finished" && <span className="muted ellipsis">{run.state_cause}</span>}
        <Words words={run.tags} label="tag of the run" may={run.may_write} show={(tag) => <span className="tag">{tag}</span>} onAdd={(tag) => setTags([...run.tags, tag], `The run is tagged ${tag}.`)} onRemove={(tag) => setTags(run.tags.filter((one) => one !== tag), `The run lost the tag ${tag}.`)} />
        <span className="grow" />
        {run.state === "running" && run.may_write && (
          <button type="button" className="button" disabled={run.stop_requested || stop.isPending} onClick={() => stop.mutate(undefined, { onSuccess: () => toast("The run was asked to stop. Its script hears of it with its next lines."), onError: toastError })}>
            <Square size={13} />{run.stop_requested ? "Stopping" : "Stop"}
          </button>
        )}
        <CopyPython text={`import wandb\n\nrun = wandb.Api().run("${entity}/${project}/${run.run_id}")\nprint(run.summary._json_dict, dict(run.config))\nhistory = list(run.scan_history())`} />
        {run.may_write && <More run={run} entity={entity} project={project} />}
      </div>
      <div role="tablist" className="tabs" aria-label="Parts of the run">
        {tabs.map((one) => (
          <button key={one.id} type="button" role="tab" aria-selected={tab === one.id} onClick={() => onTab(one.id)}>
            {one.label}
          </button>
        ))}
      </div>
    </header>
  );
}

function More({ run, entity, project }: { run: RunDetail; entity: string; project: string }) {
  const change = useChangeRuns(entity, project);
  const restore = useRestoreRuns(entity, project);
  const navigate = useNavigate();
  const drop = () =>
    change.mutate({ act: "delete", runs: [run.run_id] }, {
      onSuccess: (deleted) => {
        void navigate({ to: "/$entity/$project/table", params: { entity, project } });
        withdraw([`${entity}/${project}/runs/${run.run_id}`]);
        toast(`${run.name} was deleted.`, { of: [`${entity}/${project}`], undo: () => restore.mutateAsync(deleted) });
      },
      onError: toastError,
    });
  return (
    <Menu trigger={<button type="button" className="button quiet icon" aria-label="More for this run"><MoreHorizontal size={15} /></button>}>
      <MenuItem bad icon={<Trash2 size={14} />} disabled={change.isPending} onSelect={drop}>Delete this run</MenuItem>
    </Menu>
  );
}

function Metrics({ entity, project, run, stream }: { entity: string; project: string; run: RunDetail; stream: "history" | "system" }) {
  const search = useSearch({ from: "/$entity/$project/runs/$run" });
  const navigate = useNavigate({ from: "/$entity/$project/runs/$run" });
  const keys = useKeys(entity, project, useMemo(() => [run.id], [run.id]), "history");
  const onStep = useCallback((at: number | undefined, by: string | undefined) => void navigate({ search: (now) => ({ ...now, at, by }), replace: true }), [navigate]);
  const onPanel = useCallback((panel: string | undefined) => void navigate({ search: (now) => ({ ...now, panel }), replace: true }), [navigate]);
  return (
    <>
      {stream === "history" && search.at !== undefined && keys.data !== undefined && <Moment entity={entity} project={project} run={run} keys={keys.data.keys} at={search.at} by={search.by} onClose={() => onStep(undefined, undefined)} />}
      <RunCharts entity={entity} project={project} run={run} stream={stream} at={search.at} by={search.by} onStep={onStep} panel={search.panel} onPanel={onPanel} />
    </>
  );
}
