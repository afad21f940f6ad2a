/** One sweep: which parameter matters, how the search went, why each point. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useRuns, useSweep, useTrials } from "@/api/needs";
import { useCourse, useSweepNews } from "@/api/sweeps";
import type { SweepDetail, Trial } from "@/api/types";
import { count } from "@/lib/format";
import { plainSettings } from "@/lib/panel_spec";
import { passes } from "@/lib/parallel";
import { runSet } from "@/lib/run_set";
import { useTheme } from "@/lib/theme";
import { LinePanel } from "@/panels/line";
import { ParallelPanel, type ParallelLine } from "@/panels/parallel";
import { Ago, Code, CopyPython, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { Head } from "./head";
import { ImportanceCard } from "@/panels/importance";
import { ObjectiveChart } from "./objective";
import { TrialTable } from "./trial_table";
import { logarithmic, named, varied } from "./trials";
import "./sweep.css";

/** The page; brush, order and colours of the axes are in the address. */
export function Sweep() {
  const { entity, project, sweep: name } = useParams({ from: "/$entity/$project/sweeps/$sweep" });
  const search = useSearch({ from: "/$entity/$project/sweeps/$sweep" });
  const navigate = useNavigate({ from: "/$entity/$project/sweeps/$sweep" });
  const theme = useTheme((s) => s.theme);
  const sweep = useSweep(entity, project, name);
  const trials = useTrials(entity, project, name);
  const course = useCourse(entity, project, name);
  const runs = useRuns({ entity, project, where: { and: [{ field: "sweep", op: "=", value: name }] }, limit: 1000 });
  useSweepNews(entity, project, name, ["RUNNING", "PENDING"].includes(sweep.data?.state ?? ""));
  const searched = sweep.data?.parameters;
  const all = useMemo(() => named(trials.data?.trials ?? [], searched ?? []), [trials.data, searched]);
  const params = useMemo(() => varied(all), [all]);
  const metricName = sweep.data?.metric?.used ?? "objective";
  const minimise = sweep.data?.metric?.goal !== "maximize";
  const lines = useMemo<ParallelLine[]>(
    () => all.map((trial) => ({ run: trial.id, label: trial.run_name ?? trial.run, values: { ...trial.params, [metricName]: trial.value } })),
    [all, metricName],
  );
  const axes = useMemo(() => [...params, metricName], [params, metricName]);
  const logs = useMemo(() => (searched ?? []).filter((one) => logarithmic(one, all)).map((one) => one.name), [searched, all]);
  const shown = useMemo(() => all.filter((_, i) => passes(lines[i]?.values ?? {}, search.brush)), [all, lines, search.brush]);
  const kept = useMemo(() => (search.brush === undefined ? null : new Set(shown.map((trial) => trial.id))), [shown, search.brush]);
  const curves = useMemo(() => (runs.data?.runs ?? []).filter((run) => kept === null || kept.has(run.id)), [runs.data, kept]);
  if (sweep.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={sweep.error} /></div></main>;
  if (sweep.data === undefined || trials.data === undefined) return <main id="main" className="page"><Skeleton rows={9} /></main>;
  const change = (next: typeof search) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const open = (run: string) => void navigate({ to: "/$entity/$project/runs/$run", params: { entity, project, run } });
  const hidden = search.hide?.length ?? 0;
  return (
    <main id="main" className="page" data-scroll>
      <div className="sweep">
        <Head sweep={sweep.data} entity={entity} project={project} bestName={all.find((one) => one.run === sweep.data.best_run)?.run_name ?? null} />
        {sweep.data.warnings.map((warning) => <p key={warning} className="warning" role="status">{warning}</p>)}
        {all.length === 0 ? (
          <section className="card"><Empty title="No run yet"><p>Start one agent or many, on any machine that reaches this server. Each asks for a point, runs your program with it, and asks again.</p><Code text={`wandb agent ${entity}/${project}/${name}`} /></Empty></section>
        ) : (
          <>
            <section className="card" aria-label="Parameters and result">
              <header className="row pad-head">
                <h2>Parameters and result</h2><span className="grow" />
                <span className="muted" data-kept={shown.length}>{kept === null ? `${count(all.length, "run")}; drag along an axis to choose some` : `${shown.length} of ${all.length} runs in the brush`}</span>
                {kept !== null && <button type="button" className="button" onClick={() => change({ brush: undefined })}>Drop the brush</button>}
                {hidden > 0 && <button type="button" className="button" onClick={() => change({ hide: undefined })}>Show {hidden} more {hidden === 1 ? "axis" : "axes"}</button>}
                <CopyPython text={`import wandb\n\nsweep = wandb.Api().sweep("${entity}/${project}/${name}")\nrows = [{**run.config, "${metricName}": run.summary.get("${metricName}")} for run in sweep.runs]`} />
              </header>
              <ParallelPanel lines={lines} axes={axes} log={logs} view={search} onView={change} onPick={(line) => {
                const trial = all.find((one) => one.id === line.run);
                if (trial !== undefined) open(trial.run);
              }} />
            </section>
            <div className="sweep-pair">
              <section className="card pad" aria-label="Objective over the runs"><h2>{metricName} over the runs</h2><ObjectiveChart trials={all} course={course.data} minimise={minimise} name={metricName} kept={kept} onPick={open} /></section>
              <ImportanceCard entity={entity} project={project} name={name} colour={search.colour} onColour={(colour) => change({ colour })} />
            </div>
            {sweep.data.metric !== null && curves.length > 0 && (
              <div className="panels sweep-curves">
                <LinePanel spec={{ id: "curves", kind: "line", title: `${metricName} of ${count(curves.length, "run")}${kept === null ? "" : " in the brush"}`, keys: [metricName], x: "_step", stream: "history", settings: { outliers: true } }} context={{ entity, project, set: runSet(curves, theme), settings: plainSettings, onPick: (run) => open(run.run_id) }} />
              </div>
            )}
            <TrialTable entity={entity} project={project} sweep={name} trials={shown} params={params} metricName={metricName} minimise={minimise} why={search.why} onWhy={(why) => change({ why })} />
          </>
        )}
        <div className="sweep-pair">
          <section className="card pad" aria-label="Configuration"><h2>Configuration</h2><Code text={sweep.data.config_text} /></section>
          <Agents sweep={sweep.data} trials={all} entity={entity} project={project} />
        </div>
      </div>
    </main>
  );
}

const SILENT_MS = 120_000;
const silent = (heartbeat: string | null) => heartbeat === null || Date.now() - Date.parse(heartbeat) > SILENT_MS;

function Agents({ sweep, trials, entity, project }: { sweep: SweepDetail; trials: Trial[]; entity: string; project: string }) {
  // An agent that was ended does not say that its last run has ended too.
  const over = new Set(trials.filter((one) => one.state !== "running").map((one) => one.run));
  return (
    <section className="card pad" aria-label="Agents">
      <h2>Agents</h2>
      <p className="muted">Run this on as many machines as you like; no two get the same point.</p>
      <Code text={`wandb agent ${entity}/${project}/${sweep.name}`} />
      {sweep.agents.length === 0 ? <p className="muted">None has asked yet.</p> : (
        <table className="table">
          <thead><tr><th>Host</th><th>State</th><th className="num">Runs</th><th>Runs now</th><th>Last heard</th></tr></thead>
          <tbody>{sweep.agents.map((agent) => (
            <tr key={agent.name}><td className="ellipsis">{agent.host ?? agent.name}</td><td>{agent.state === "RUNNING" && silent(agent.heartbeat_at) ? <span className="muted" title="It asks for work every few seconds while it runs.">not heard</span> : <RunState state={agent.state.toLowerCase()} />}</td><td className="num">{agent.runs}</td><td className="mono">{agent.running.filter((run) => !over.has(run)).join(", ") || "–"}</td><td className="muted">{agent.heartbeat_at === null ? "–" : <Ago at={agent.heartbeat_at} />}</td></tr>
          ))}</tbody>
        </table>
      )}
      {sweep.early_stopping !== null && <p className="muted">Early stopping is on: runs that fall behind at its brackets are ended.</p>}
    </section>
  );
}
