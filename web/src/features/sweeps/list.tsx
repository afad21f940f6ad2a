/** The sweeps of a project. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useProject, useSweeps } from "@/api/needs";
import type { SweepLine } from "@/api/types";
import { metric } from "@/lib/format";
import { Ago, Code, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { CreateSweep } from "./create";
import { runsOf } from "./trials";
import "./sweep.css";

/** A table, newest first, and the way to a new one. */
export function Sweeps() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const search = useSearch({ from: "/$entity/$project/sweeps" });
  const navigate = useNavigate({ from: "/$entity/$project/sweeps" });
  const found = useSweeps(entity, project);
  const home = useProject(entity, project);
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  const create = home.data?.may_write === true && <button type="button" className="button primary" onClick={() => void navigate({ search: { create: true } })}><Plus size={14} />New sweep</button>;
  return (
    <main id="main" className="page">
      {found.data.length === 0 ? (
        <Empty title="No sweep in this project yet">
          <p>A sweep suggests hyper-parameters and learns from each result. Make one here, or write its space into a file and start it from a terminal:</p>
          {create}
          <Code text={`# sweep.yaml\nprogram: train.py\nmethod: bayes\nmetric: {name: val_loss, goal: minimize}\nparameters:\n  lr: {distribution: log_uniform_values, min: 1e-4, max: 1e-1}\n  batch_size: {values: [32, 64, 128]}`} />
          <Code text={`wandb sweep --entity ${entity} --project ${project} sweep.yaml`} />
        </Empty>
      ) : (
        <div className="inner wide">
          <header className="row"><h1>Sweeps</h1><span className="grow" />{create}</header>
          <section className="card table-scroll">
            <table className="table">
              <thead><tr><th>Sweep</th><th>State</th><th>Method</th><th>Metric</th><th>Runs</th><th className="num">Best</th><th>Best run</th><th>Created</th></tr></thead>
              <tbody>
                {found.data.map((one) => (
                  <tr key={one.name}>
                    <td><Link to="/$entity/$project/sweeps/$sweep" params={{ entity, project, sweep: one.name }}><b>{one.display_name ?? one.name}</b></Link>{one.display_name !== null && <span className="muted mono"> {one.name}</span>}</td>
                    <td><RunState state={one.state.toLowerCase()} cause={one.state_cause} /></td>
                    <td>{one.method}</td>
                    <td>{one.metric === null ? "–" : <code>{one.metric.used}</code>}</td>
                    <td><Progress sweep={one} /></td>
                    <td className="num">{one.best === null ? "–" : metric(one.best)}</td>
                    <td>{one.best_run === null ? "–" : <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: one.best_run }}>{one.best_run_name ?? one.best_run}</Link>}</td>
                    <td className="muted"><Ago at={one.created_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </div>
      )}
      {search.create === true && <CreateSweep entity={entity} project={project} onClose={() => void navigate({ search: {}, replace: true })} />}
    </main>
  );
}

/** How many of how many, with what became of them. */
function Progress({ sweep }: { sweep: SweepLine }) {
  const total = runsOf(sweep);
  const of = sweep.expected_runs ?? total;
  const words = Object.entries(sweep.runs).map(([state, n]) => `${n} ${state}`).join(", ");
  return (
    <span className="progress" title={words === "" ? "none yet" : words}>
      <span className="progress-bar">{Object.entries(sweep.runs).map(([state, n]) => <i key={state} data-state={state} style={{ width: `${(n / Math.max(1, of)) * 100}%` }} />)}</span>
      {sweep.expected_runs === null ? total : `${total} of ${sweep.expected_runs}`}
    </span>
  );
}
