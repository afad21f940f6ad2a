/** One report: read with live panels, and written block by block. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, Copy, Download, Pencil, Printer, Share2, Trash2 } from "lucide-react";
import { useState } from "react";
import { ServerError } from "@/api/client";
import { list, object } from "@/api/report_spec";
import { reportNumber, type ReportDetail, useMakeReport, useRemoveReport, useReport, useSaveReport } from "@/api/reports";
import { saveAs } from "@/lib/save";
import { toast, toastError } from "@/lib/toasts";
import { Empty, Failure, Skeleton } from "@/ui/parts";
import { Article } from "./article";
import { Block } from "./blocks";
import { blockKinds, editable, edited, made, markdownOf } from "./edit";
import { ShareDialog } from "./share_dialog";
import "./reports.css";

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
  const found = useReport(entity, project, id);
  if (found.error instanceof ServerError && [403, 404].includes(found.error.status)) return <Absent entity={entity} project={project} />;
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={9} /></main>;
  return search.edit === true && found.data.may_write ? <Writing key={found.data.id} report={found.data} entity={entity} project={project} /> : <Reading report={found.data} entity={entity} project={project} />;
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
            <button type="button" className="button" onClick={() => saveAs(`${report.title}.md`, "text/markdown", markdownOf(report.title, report.description, blocks))}><Download size={14} />Markdown</button>
            <button type="button" className="button icon" aria-label="Print or save as PDF" title="Print or save as PDF" onClick={() => window.print()}><Printer size={14} /></button>
            {report.may_write && <button type="button" className="button icon" aria-label="Delete this report" title="Delete this report" onClick={() => gone.mutate(report.id, { onSuccess: () => { toast(`${report.title} is deleted.`, { undo: () => clone.mutateAsync({ title: report.title, description: report.description, spec: report.spec }) }); void navigate({ to: "/$entity/$project/reports", params: { entity, project } }); }, onError: toastError })}><Trash2 size={14} /></button>}
          </>
        }
      />
      {sharing && <ShareDialog report={report.id} title={report.title} onClose={() => setSharing(false)} />}
    </main>
  );
}

function Writing({ report, entity, project }: Props) {
  const navigate = useNavigate({ from: "/$entity/$project/reports/$slug" });
  const save = useSaveReport(entity, project, report.id);
  const [title, setTitle] = useState(report.title);
  const [about, setAbout] = useState(report.description ?? "");
  const [blocks, setBlocks] = useState<unknown[]>(list(report.spec.blocks));
  const [revision] = useState(report.revision);
  const conflict = save.error instanceof ServerError && save.error.status === 409;
  const put = (over: boolean) =>
    save.mutate({ title, description: about, spec: { ...report.spec, blocks }, ...(over ? {} : { revision }) }, {
      onSuccess: (saved) => { toast(`${saved.title} is saved.`); void navigate({ to: "/$entity/$project/reports/$slug", params: { entity, project, slug: saved.slug }, search: {} }); },
    });
  const move = (i: number, by: number) => setBlocks((now) => {
    const next = [...now];
    const [one] = next.splice(i, 1);
    next.splice(Math.max(0, Math.min(next.length, i + by)), 0, one);
    return next;
  });
  return (
    <main id="main" className="page report-page" data-scroll>
      <form className="report writing" onSubmit={(event) => { event.preventDefault(); put(false); }}>
        <div className="row report-tools"><span className="muted grow">Editing; nothing is changed before you save.</span><button type="button" className="button" onClick={() => void navigate({ search: {} })}>Drop changes</button><button type="submit" className="button primary" disabled={save.isPending || title.trim() === ""}>Save</button></div>
        {save.error !== null && <Failure error={save.error} />}
        {conflict && <div className="row"><span className="grow" /><button type="button" className="button" onClick={() => location.reload()}>Look at their version</button><button type="button" className="button bad" onClick={() => put(true)}>Save mine over it</button></div>}
        <input className="field report-title" aria-label="Title" value={title} onChange={(event) => setTitle(event.target.value)} />
        <input className="field" aria-label="Description" placeholder="Description" value={about} onChange={(event) => setAbout(event.target.value)} />
        {blocks.map((block, i) => {
          const text = editable(block);
          const kind = String(object(block).type);
          return (
            <div key={i} className="write-block" data-kind={kind}>
              <div className="write-tools">
                <span className="muted">{kind}</span>
                <button type="button" className="button quiet icon" aria-label={`Move block ${i + 1} up`} disabled={i === 0} onClick={() => move(i, -1)}><ArrowUp size={13} /></button>
                <button type="button" className="button quiet icon" aria-label={`Move block ${i + 1} down`} disabled={i === blocks.length - 1} onClick={() => move(i, 1)}><ArrowDown size={13} /></button>
                <button type="button" className="button quiet icon" aria-label={`Remove block ${i + 1}`} onClick={() => setBlocks(blocks.filter((_, at) => at !== i))}><Trash2 size={13} /></button>
              </div>
              {text === null ? <Block block={block} all={blocks} entity={entity} project={project} /> : <textarea className="field" aria-label={`Block ${i + 1}: ${kind}`} rows={Math.max(kind === "heading" || kind === "paragraph" ? 1 : 3, text.split("\n").length)} value={text} onChange={(event) => setBlocks(blocks.map((one, at) => (at === i ? edited(one, event.target.value) : one)))} />}
            </div>
          );
        })}
        <div className="row wrap">{blockKinds.map((kind) => <button key={kind.label} type="button" className="chip" onClick={() => setBlocks([...blocks, made(kind.label)])}>+ {kind.label}</button>)}</div>
      </form>
    </main>
  );
}
