/** One sweep: which parameter matters, how the search went, why each point. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { CircleStop, Pause, Play, Square } from "lucide-react";
import { useMemo, useState } from "react";
import { useImportance, useSweep, useSweepControl, useTrials } from "@/api/needs";
import type { SweepDetail, Trial } from "@/api/types";
import { metric, value } from "@/lib/format";
import { useHover } from "@/lib/hover";
import { ParallelPanel, type ParallelLine } from "@/panels/parallel";
import { Ago, Code, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { ObjectiveChart } from "./objective";
import { runsOf, spread, varied } from "./trials";
import "./sweep.css";

/** The page. */
export function Sweep() {
  const { entity, project, sweep: name } = useParams({ from: "/$entity/$project/sweeps/$sweep" });
  const navigate = useNavigate();
  const sweep = useSweep(entity, project, name);
  const trials = useTrials(entity, project, name);
  const [kept, setKept] = useState<number[] | null>(null);
  const all = useMemo(() => trials.data?.trials ?? [], [trials.data]);
  const params = useMemo(() => varied(all), [all]);
  const metricName = sweep.data?.metric?.used ?? "objective";
  const lines = useMemo<ParallelLine[]>(
    () => all.map((trial) => ({ run: trial.id, label: trial.run_name ?? trial.run, values: { ...trial.params, [metricName]: trial.value } })),
    [all, metricName],
  );
  const axes = useMemo(() => [...params, metricName], [params, metricName]);
  const logs = useMemo(() => params.filter((param) => spread(all, param)), [params, all]);
  if (sweep.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={sweep.error} /></div></main>;
  if (sweep.data === undefined || trials.data === undefined) return <main id="main" className="page"><Skeleton rows={9} /></main>;
  const shown = kept === null ? all : kept.map((i) => all[i]).filter((one): one is Trial => one !== undefined);
  return (
    <main id="main" className="page" data-scroll>
      <div className="sweep">
        <Head sweep={sweep.data} entity={entity} project={project} />
        {sweep.data.warnings.map((warning) => <p key={warning} className="warning" role="status">{warning}</p>)}
        {all.length === 0 ? (
          <Empty title="No run yet"><p>Start an agent; it asks this server for each point.</p><Code text={`wandb agent ${entity}/${project}/${name}`} /></Empty>
        ) : (
          <>
            <section className="card">
              <header className="row pad-head"><h2>Parameters and result</h2><span className="grow" /><span className="muted">{kept === null ? `${all.length} runs` : `${kept.length} of ${all.length} runs in the brush`}</span></header>
              <ParallelPanel lines={lines} axes={axes} log={logs} onBrush={setKept} onPick={(line) => {
                const trial = all.find((one) => one.id === line.run);
                if (trial !== undefined) void navigate({ to: "/$entity/$project/runs/$run", params: { entity, project, run: trial.run } });
              }} />
            </section>
            <div className="sweep-pair">
              <section className="card pad"><h2>{metricName} over the runs</h2><ObjectiveChart trials={all} minimise={sweep.data.metric?.goal !== "maximize"} name={metricName} /></section>
              <ImportanceCard entity={entity} project={project} name={name} />
            </div>
            <Trials trials={shown} params={params} metricName={metricName} entity={entity} project={project} minimise={sweep.data.metric?.goal !== "maximize"} />
          </>
        )}
        <div className="sweep-pair">
          <section className="card pad"><h2>Configuration</h2><Code text={sweep.data.config_text} /></section>
          <section className="card pad">
            <h2>Agents</h2>
            <Code text={`wandb agent ${entity}/${project}/${name}`} />
            {sweep.data.agents.length === 0 ? <p className="muted">None has asked yet.</p> : (
              <dl className="facts">{sweep.data.agents.map((agent) => <AgentLine key={agent.name} agent={agent} />)}</dl>
            )}
          </section>
        </div>
      </div>
    </main>
  );
}

function AgentLine({ agent }: { agent: SweepDetail["agents"][number] }) {
  return (<><dt>{agent.host ?? agent.name}</dt><dd className="row"><RunState state={agent.state.toLowerCase()} />{agent.heartbeat_at !== null && <span className="muted"><Ago at={agent.heartbeat_at} /></span>}</dd></>);
}

function Head({ sweep, entity, project }: { sweep: SweepDetail; entity: string; project: string }) {
  const control = useSweepControl(entity, project, sweep.name);
  const open = ["RUNNING", "PENDING", "PAUSED"].includes(sweep.state);
  return (
    <header className="sweep-head">
      <div className="row">
        <h1 className="ellipsis">{sweep.display_name ?? sweep.name}</h1>
        <RunState state={sweep.state.toLowerCase()} cause={sweep.state_cause} />
        <span className="tag">{sweep.method}</span>
        <span className="grow" />
        {open && sweep.may_write && (
          <>
            {sweep.state === "PAUSED" ? (
              <button type="button" className="button" disabled={control.isPending} onClick={() => control.mutate("RUNNING")}><Play size={14} />Resume</button>
            ) : (
              <button type="button" className="button" disabled={control.isPending} title="No new run starts until you resume" onClick={() => control.mutate("PAUSED")}><Pause size={14} />Pause</button>
            )}
            <button type="button" className="button" disabled={control.isPending} title="No new run starts; those that run may end" onClick={() => control.mutate("FINISHED")}><Square size={14} />Stop</button>
            <button type="button" className="button" disabled={control.isPending} title="No new run starts; those that run are ended" onClick={() => control.mutate("CANCELED")}><CircleStop size={14} />Cancel</button>
          </>
        )}
      </div>
      {control.error !== null && <Failure error={control.error} />}
      <p className="headline">
        {sweep.best !== null && sweep.best_run !== null && (
          <>Best <code>{sweep.metric?.used}</code> is <b>{metric(sweep.best)}</b> by <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: sweep.best_run }}>{sweep.best_run}</Link>. </>
        )}
        {runsOf(sweep)} {sweep.expected_runs === null ? "runs" : `of ${sweep.expected_runs} runs`} so far.
      </p>
    </header>
  );
}

function ImportanceCard({ entity, project, name }: { entity: string; project: string; name: string }) {
  const found = useImportance(entity, project, name);
  return (
    <section className="card pad">
      <h2>Which parameter matters</h2>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={3} /> : (
        <>
          <p>{found.data.sentence}</p>
          <div className="importance">
            {found.data.parameters.map((one) => (
              <div key={one.name} className="importance-row" title={`importance ${one.importance.toFixed(3)} (${one.low.toFixed(2)} to ${one.high.toFixed(2)} by bootstrap)`}>
                <span className="mono ellipsis">{one.name}</span>
                <span className="importance-bar">
                  <i style={{ width: `${one.importance * 100}%` }} />
                  <b style={{ left: `${one.low * 100}%`, width: `${Math.max(0.5, (one.high - one.low) * 100)}%` }} />
                </span>
                <span className="num">{one.importance.toFixed(2)}</span>
                <span className="num muted" title="rank correlation with the metric">{one.correlation === null ? "–" : (one.correlation > 0 ? "+" : "−") + Math.abs(one.correlation).toFixed(2)}</span>
              </div>
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function Trials({ trials, params, metricName, entity, project, minimise }: { trials: Trial[]; params: string[]; metricName: string; entity: string; project: string; minimise: boolean }) {
  const hover = useHover((s) => s.hover);
  const [why, setWhy] = useState<string | null>(null);
  const sorted = useMemo(() => [...trials].sort((a, b) => {
    if (a.value === null || b.value === null) return a.value === b.value ? (a.seq ?? -1) - (b.seq ?? -1) : a.value === null ? 1 : -1;
    return (a.value - b.value) * (minimise ? 1 : -1);
  }), [trials, minimise]);
  return (
    <section className="card scroll">
      <table className="table">
        <thead><tr><th className="num">#</th><th>Run</th><th>State</th><th className="num">{metricName}</th>{params.map((param) => <th key={param} className="num">{param}</th>)}<th>Chosen by</th></tr></thead>
        <tbody>
          {sorted.slice(0, 500).map((trial) => (
            <tr key={trial.run} onMouseEnter={() => hover(trial.id)} onMouseLeave={() => hover(null)}>
              <td className="num muted">{trial.seq === null ? "prior" : trial.seq + 1}</td>
              <td><Link to="/$entity/$project/runs/$run" params={{ entity, project, run: trial.run }}>{trial.run_name ?? trial.run}</Link></td>
              <td><RunState state={trial.state.toLowerCase()} cause={trial.cause} /></td>
              <td className="num"><b>{trial.value === null ? "–" : metric(trial.value)}</b></td>
              {params.map((param) => <td key={param} className="num">{value(trial.params?.[param])}</td>)}
              <td>
                {trial.info === null ? <span className="muted">–</span> : (
                  <button type="button" className="link" aria-expanded={why === trial.run} onClick={() => setWhy(why === trial.run ? null : trial.run)}>{String(trial.info["engine"] ?? trial.info["source"] ?? "why")}</button>
                )}
                {why === trial.run && trial.info !== null && <dl className="facts why">{Object.entries(trial.info).filter(([, v]) => typeof v !== "object").map(([key, v]) => <WhyLine key={key} name={key} v={v} />)}</dl>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function WhyLine({ name, v }: { name: string; v: unknown }) {
  return (<><dt>{name.replaceAll("_", " ")}</dt><dd>{value(v)}</dd></>);
}
