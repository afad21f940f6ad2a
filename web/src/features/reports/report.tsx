/** One report: read with live panels; the editor is loaded when somebody writes. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Copy, Pencil, Share2, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { ServerError } from "@/api/client";
import { list } from "@/api/report_spec";
import { reportNumber, type ReportDetail, useMakeReport, useRemoveReport, useReport } from "@/api/reports";
import { toast, toastError } from "@/lib/toasts";
import { Empty, Failure, Skeleton } from "@/ui/parts";
import { Article } from "./article";
import { markdownOf } from "./markdown";
import { ShareDialog } from "./share_dialog";
import { Takeaway } from "./takeaway";
import "./reports.css";

const Writing = lazy(() => import("./writing").then((part) => ({ default: part.Writing })));

/** The page; whether it is edited is in the address. */
export function Report() {
  const { entity, project, slug } = useParams({ from: "/$entity/$project/reports/$slug" });
  const number = reportNumber(slug);
  if (number === null) return <Absent entity={entity} project={project} />;
  return <Loaded entity={entity} project={project} id={number} />;
}

function Absent({ entity, project }: { entity: string; project: string }) {
  return <main id="main" className="page"><Empty title="There is no such report"><p>It may have been deleted, or you have no access to it.</p><Link className="button" to="/$entity/$project/reports" params={{ entity, project }}>All reports</Link></Empty></main>;
}

function Loaded({ entity, project, id }: { entity: string; project: string; id: number }) {
  const search = useSearch({ from: "/$entity/$project/reports/$slug" });
  const found = useReport(entity, project, id, search.edit === true);
  if (found.error instanceof ServerError && [403, 404].includes(found.error.status)) return <Absent entity={entity} project={project} />;
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={9} /></main>;
  return search.edit === true && found.data.may_write ? <Suspense fallback={<main id="main" className="page"><Skeleton rows={9} /></main>}><Writing key={found.data.id} report={found.data} entity={entity} project={project} /></Suspense> : <Reading report={found.data} entity={entity} project={project} />;
}

interface Props {
  report: ReportDetail;
  entity: string;
  project: string;
}

function Reading({ report, entity, project }: Props) {
  const navigate = useNavigate({ from: "/$entity/$project/reports/$slug" });
  const clone = useMakeReport(entity, project);
  const gone = useRemoveReport(entity, project);
  const [sharing, setSharing] = useState(false);
  const blocks = list(report.spec.blocks);
  return (
    <main id="main" className="page report-page" data-scroll>
      <Article
        report={report} by={report.user} blocks={blocks} entity={entity} project={project}
        tools={
          <>
            <Link className="muted" to="/$entity/$project/reports" params={{ entity, project }}>Reports</Link><span className="grow" />
            {report.may_write && <button type="button" className="button primary" onClick={() => void navigate({ search: { edit: true } })}><Pencil size={14} />Edit</button>}
            {report.may_write && <button type="button" className="button" onClick={() => clone.mutate({ title: `${report.title} (copy)`, description: report.description, spec: report.spec }, { onSuccess: (copy) => { toast(`${copy.title} is made.`); void navigate({ to: "/$entity/$project/reports/$slug", params: { entity, project, slug: copy.slug } }); }, onError: toastError })}><Copy size={14} />Clone</button>}
            {report.may_write && <button type="button" className="button" onClick={() => setSharing(true)}><Share2 size={14} />Share</button>}
            <Takeaway title={report.title} markdown={() => markdownOf(report.title, report.description, blocks)} about={{ entity, project, report: report.id, updated_at: report.updated_at, spec: report.spec }} />
            {report.may_write && <button type="button" className="button icon" aria-label="Delete this report" title="Delete this report" onClick={() => gone.mutate(report.id, { onSuccess: () => { toast(`${report.title} is deleted.`, { undo: () => clone.mutateAsync({ title: report.title, description: report.description, spec: report.spec }) }); void navigate({ to: "/$entity/$project/reports", params: { entity, project } }); }, onError: toastError })}><Trash2 size={14} /></button>}
          </>
        }
      />
      {sharing && <ShareDialog report={report.id} title={report.title} onClose={() => setSharing(false)} />}
    </main>
  );
}
