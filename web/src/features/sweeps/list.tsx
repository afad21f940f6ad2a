/** The sweeps of a project. */
import { Link, useParams } from "@tanstack/react-router";
import { useSweeps } from "@/api/needs";
import { metric } from "@/lib/format";
import { runsOf } from "./trials";
import { Ago, Code, Empty, Failure, RunState, Skeleton } from "@/ui/parts";

/** A table, newest first. */
export function Sweeps() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const found = useSweeps(entity, project);
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  if (found.data.length === 0) {
    return (
      <main id="main" className="page">
        <Empty title="No sweep in this project yet">
          <p>A sweep suggests hyper-parameters and learns from each result. Write its space into a file and start it:</p>
          <Code text={`# sweep.yaml\nprogram: train.py\nmethod: bayes\nmetric: {name: val_loss, goal: minimize}\nparameters:\n  lr: {distribution: log_uniform_values, min: 1e-4, max: 1e-1}\n  batch_size: {values: [32, 64, 128]}`} />
          <Code text={`wandb sweep --entity ${entity} --project ${project} sweep.yaml`} />
        </Empty>
      </main>
    );
  }
  return (
    <main id="main" className="page">
      <div className="inner">
        <h1>Sweeps</h1>
        <section className="card">
          <table className="table">
            <thead><tr><th>Sweep</th><th>State</th><th>Method</th><th>Metric</th><th className="num">Runs</th><th className="num">Best</th><th>Best run</th><th>Created</th></tr></thead>
            <tbody>
              {found.data.map((one) => (
                <tr key={one.name}>
                  <td><Link to="/$entity/$project/sweeps/$sweep" params={{ entity, project, sweep: one.name }}>{one.display_name ?? one.name}</Link></td>
                  <td><RunState state={one.state.toLowerCase()} cause={one.state_cause} /></td>
                  <td>{one.method}</td>
                  <td>{one.metric === null ? "–" : <code>{one.metric.used}</code>}</td>
                  <td className="num">{runsOf(one)}{one.expected_runs === null ? "" : ` of ${one.expected_runs}`}</td>
                  <td className="num">{one.best === null ? "–" : metric(one.best)}</td>
                  <td>{one.best_run === null ? "–" : <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: one.best_run }}>{one.best_run}</Link>}</td>
                  <td className="muted"><Ago at={one.created_at} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </main>
  );
}
