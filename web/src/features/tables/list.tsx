/** Every table that the runs of a project have logged. */
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useRuns } from "@/api/needs";
import { runColour } from "@/lib/colour";
import { sourceName } from "@/lib/tables";
import { useTheme } from "@/lib/theme";
import { tablesOf } from "@/panels/table/found";
import { Ago, Code, Empty, Failure, Skeleton } from "@/ui/parts";

/** Tables by key; of each the runs that hold it, the newest first. */
export function TableList({ entity, project }: { entity: string; project: string }) {
  const theme = useTheme((s) => s.theme);
  const runs = useRuns({ entity, project, limit: 1000 });
  const tables = useMemo(() => tablesOf(runs.data?.runs ?? []), [runs.data]);
  if (runs.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={runs.error} /></div></main>;
  if (runs.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  if (tables.length === 0) {
    return (
      <main id="main" className="page">
        <Empty title="No table in this project yet">
          <p>A table holds one row per example: pictures, labels, predictions, scores. Filter it, group it, and compare it between runs here.</p>
          <Code text={`table = wandb.Table(columns=["image", "label", "prediction"])\nfor image, label, prediction in results:\n    table.add_data(wandb.Image(image), label, prediction)\nrun.log({"predictions": table})`} />
        </Empty>
      </main>
    );
  }
  return (
    <main id="main" className="page">
      <div className="inner wide">
        <h1>Tables</h1>
        {tables.map(({ key, holders }) => (
          <section key={key} className="card" aria-label={key}>
            <header className="row pad-head">
              <h2>{key}</h2><span className="grow" />
              {holders.length > 1 && <Link className="button" to="/$entity/$project/tables" params={{ entity, project }} search={{ t: holders.slice(0, 2).reverse().map(({ run }) => sourceName({ kind: "run", run: run.run_id, key })) }}>Compare the newest two</Link>}
            </header>
            <div className="table-scroll"><table className="table">
              <thead><tr><th>Run</th><th className="num">Rows</th><th className="num">Columns</th><th>Job</th><th>Tags</th><th>Logged</th></tr></thead>
              <tbody>
                {holders.slice(0, 50).map(({ run, table }) => (
                  <tr key={run.id}>
                    <td><span className="row"><i className="dot" style={{ background: runColour(run.ordinal, theme) }} /><Link to="/$entity/$project/tables" params={{ entity, project }} search={{ t: [sourceName({ kind: "run", run: run.run_id, key })] }}>{run.name}</Link></span></td>
                    <td className="num">{table.nrows?.toLocaleString("en-US") ?? "–"}</td>
                    <td className="num">{table.ncols ?? "–"}</td>
                    <td className="muted">{run.job_type ?? "–"}</td>
                    <td><span className="row">{run.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}</span></td>
                    <td className="muted"><Ago at={run.ended_at ?? run.heartbeat_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table></div>
          </section>
        ))}
      </div>
    </main>
  );
}
