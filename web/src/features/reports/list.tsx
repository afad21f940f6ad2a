/** The reports of a project. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useMakeReport, useReports } from "@/api/reports";
import { toastError } from "@/lib/toasts";
import { Ago, Code, Empty, Failure, Skeleton } from "@/ui/parts";

/** A table, the last changed first. */
export function Reports() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const navigate = useNavigate();
  const found = useReports(entity, project);
  const make = useMakeReport(entity, project);
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  const create = found.data.may_write && (
    <button type="button" className="button primary" disabled={make.isPending} onClick={() => make.mutate({ title: "Untitled report" }, { onSuccess: (made) => void navigate({ to: "/$entity/$project/reports/$slug", params: { entity, project, slug: made.slug }, search: { edit: true } }), onError: toastError })}><Plus size={14} />New report</button>
  );
  if (found.data.reports.length === 0) {
    return (
      <main id="main" className="page">
        <Empty title="No report in this project yet">
          <p>A report tells a story with live charts: text, panels over chosen runs, tables, code. Write one here or from a script:</p>
          {create}
          <Code text={`import wandb_workspaces.reports.v2 as wr\n\nreport = wr.Report(entity="${entity}", project="${project}", title="First results")\nreport.blocks = [wr.PanelGrid(panels=[wr.LinePlot(y=["loss"])])]\nreport.save()`} />
        </Empty>
      </main>
    );
  }
  return (
    <main id="main" className="page">
      <div className="inner wide">
        <header className="row"><h1>Reports</h1><span className="grow" />{create}</header>
        <section className="card table-scroll">
          <table className="table">
            <thead><tr><th>Title</th><th>Description</th><th>By</th><th>Changed</th><th>Created</th></tr></thead>
            <tbody>{found.data.reports.map((one) => (
              <tr key={one.id}>
                <td><Link to="/$entity/$project/reports/$slug" params={{ entity, project, slug: one.slug }}><b>{one.title}</b></Link>{one.draft_of !== null && <span className="tag"> draft</span>}</td>
                <td className="muted">{one.description ?? ""}</td><td>{one.user ?? "–"}</td><td className="muted"><Ago at={one.updated_at} /></td><td className="muted"><Ago at={one.created_at} /></td>
              </tr>
            ))}</tbody>
          </table>
        </section>
      </div>
    </main>
  );
}
