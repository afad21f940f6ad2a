/** A report while it is written: a draft that keeps itself, and publishing, which overwrites nobody unasked. */
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ServerError } from "@/api/client";
import { useSession } from "@/api/needs";
import { list, object } from "@/api/report_spec";
import { type ReportBody, type ReportDetail, useKeepDraft, useRemoveReport, useReport, useSaveReport } from "@/api/reports";
import { toast, toastError } from "@/lib/toasts";
import { Ago, Failure, Skeleton } from "@/ui/parts";
import { Editor } from "./editor";

interface Props {
  report: ReportDetail;
  entity: string;
  project: string;
}

const KEEP_MS = 1500;

/** Goes on with the person's own draft where there is one. */
export function Writing({ report, entity, project }: Props) {
  const session = useSession();
  const [opened] = useState(report);
  const mine = opened.drafts.find((one) => one.user === session.data?.username);
  const draft = useReport(entity, project, mine?.id ?? opened.id);
  if (session.data === undefined || draft.data === undefined) return <main id="main" className="page">{draft.error === null ? <Skeleton rows={9} /> : <div className="inner"><Failure error={draft.error} /></div>}</main>;
  return <Page report={opened} newest={report} draft={mine === undefined ? null : draft.data} entity={entity} project={project} />;
}

function Page({ report, newest, draft, entity, project }: Props & { newest: ReportDetail; draft: ReportDetail | null }) {
  const navigate = useNavigate({ from: "/$entity/$project/reports/$slug" });
  const [from] = useState(draft ?? report);
  const base = useRef<number>(Number(object(from.spec.runstone).base ?? report.revision));
  const draftId = useRef(draft?.id ?? null);
  const [title, setTitle] = useState(from.title);
  const [about, setAbout] = useState(from.description ?? "");
  const blocks = useRef<() => unknown[]>(() => list(from.spec.blocks));
  const [changes, setChanges] = useState(0);
  const [kept, setKept] = useState<{ at: string; changes: number } | null>(draft === null ? null : { at: draft.updated_at, changes: 0 });
  const publish = useSaveReport(entity, project, report.id);
  const keep = useKeepDraft(entity, project, report.id);
  const gone = useRemoveReport(entity, project);
  const ended = useRef(false);
  const desk = useMemo(() => ({ entity, project }), [entity, project]);
  const spec = useCallback((): Record<string, unknown> => {
    const { runstone: _base, ...plain } = report.spec;
    return { ...plain, blocks: blocks.current() };
  }, [report.spec]);
  const { mutateAsync: keepNow, isPending: keeping } = keep;
  const underWay = useRef<Promise<unknown>>(Promise.resolve());
  const store = useCallback((at: number) => {
    if (ended.current) return;
    const body: ReportBody = { title, description: about, spec: { ...spec(), runstone: { base: base.current } } };
    underWay.current = keepNow({ id: draftId.current, body }).then((saved) => { draftId.current = saved.id; setKept({ at: saved.updated_at, changes: at }); }, () => {}); // the page shows `keep.error`
  }, [title, about, spec, keepNow]);
  useEffect(() => {
    if (changes === 0 || changes === kept?.changes || keeping) return;
    const timer = setTimeout(() => store(changes), KEEP_MS);
    return () => clearTimeout(timer);
  }, [changes, kept, keeping, store]);
  const touch = () => setChanges((n) => n + 1);
  const leave = (slug: string) => void navigate({ to: "/$entity/$project/reports/$slug", params: { entity, project, slug }, search: {} });
  const dropDraft = async () => {
    ended.current = true;
    await underWay.current;
    if (draftId.current !== null) await gone.mutateAsync(draftId.current);
  };
  // A draft on its way must arrive first, or it would outlive the publication that ends the drafts.
  const put = async (over: boolean) => {
    ended.current = true;
    await underWay.current;
    publish.mutate({ title, description: about, spec: spec(), ends_drafts: true, ...(over ? {} : { revision: base.current }) }, {
      onSuccess: (saved) => {
        toast(`${saved.title} is published.`);
        leave(saved.slug);
      },
      onError: () => { ended.current = false; },
    });
  };
  const conflict = publish.error instanceof ServerError && publish.error.status === 409;
  const overtaken = newest.revision !== base.current;
  return (
    <main id="main" className="page report-page" data-scroll>
      <form className="report writing" onSubmit={(event) => { event.preventDefault(); void put(false); }}>
        <div className="row wrap report-tools">
          <span className="muted grow" role="status">{changes !== (kept?.changes ?? 0) ? "Keeping the draft…" : kept === null ? "Readers see nothing of this before you publish it." : <>Draft kept <Ago at={kept.at} />; readers do not see it.</>}</span>
          {kept !== null && <button type="button" className="button" onClick={() => void dropDraft().then(() => leave(report.slug)).catch(toastError)}>Drop the draft</button>}
          <button type="button" className="button" onClick={() => { if (changes !== (kept?.changes ?? 0)) store(changes); leave(report.slug); }}>Close</button>
          <button type="submit" className="button primary" disabled={publish.isPending || title.trim() === ""}>Publish</button>
        </div>
        {keep.error !== null && <Failure error={keep.error} />}
        {publish.error !== null && !conflict && <Failure error={publish.error} />}
        {(conflict || overtaken) && (
          <div className="card pad warning-box" role="alert">
            <p><b>Somebody else has published this report since you began.</b> It was changed <Ago at={newest.updated_at} />. Publishing yours replaces their version.</p>
            <div className="row"><a className="button" href={location.pathname} target="_blank" rel="noreferrer">Look at theirs</a><button type="button" className="button" onClick={() => void dropDraft().then(() => location.assign(location.pathname)).catch(toastError)}>Drop mine</button><span className="grow" /><button type="button" className="button bad" onClick={() => void put(true)}>Publish mine over it</button></div>
          </div>
        )}
        <input className="field report-title" aria-label="Title" value={title} onChange={(event) => { setTitle(event.target.value); touch(); }} />
        <input className="field" aria-label="Description" placeholder="Description" value={about} onChange={(event) => { setAbout(event.target.value); touch(); }} />
        <Editor blocks={list(from.spec.blocks)} desk={desk} onChange={(read) => { blocks.current = read; touch(); }} />
      </form>
    </main>
  );
}
