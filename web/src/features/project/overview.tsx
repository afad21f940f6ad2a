/** What a project is: its description, who owns it, how much is in it. */
import { Link, useParams } from "@tanstack/react-router";
import { Settings } from "lucide-react";
import { lazy, Suspense } from "react";
import { useActivity, useChangeProject, useMembers, useProjectBytes } from "@/api/project";
import { useCollections, useProject, useRestoreRuns, useRuns, useSession, useSweeps } from "@/api/needs";
import { bytes, count, span } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { BytesBar, BytesKey } from "@/panels/bytes";
import { visibilities } from "@/panels/visibility";
import { Editable } from "@/ui/editable";
import { Ago, Failure, RunState, Skeleton } from "@/ui/parts";
import "./project.css";

const Markdown = lazy(() => import("@/ui/markdown").then((part) => ({ default: part.Markdown })));
const NEWEST = 8;

/** The page. */
export function Overview() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const found = useProject(entity, project);
  const change = useChangeProject(entity, project);
  if (found.error !== null && found.data === undefined) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  const line = found.data;
  const described = line.description !== null && line.description !== "";
  return (
    <main id="main" className="page" data-scroll>
      <div className="project-page">
        <div className="project-main">
          <header className="row wrap">
            <h1>{line.name}</h1>
            <span className="tag" title={visibilities.find((one) => one.value === line.visibility)?.about}>{line.visibility}</span>
            <span className="grow" />
            <Link className="button" to="/$entity/$project/settings" params={{ entity, project }}><Settings size={14} />Settings</Link>
          </header>
          <section className="card part" aria-label="Description">
            <Editable value={line.description ?? ""} label="description" lines={14} may={line.may_write} onSave={(description) => change.mutate({ description }, { onSuccess: () => toast("The description is saved.", { of: [`${line.entity}/${line.name}`], undo: () => change.mutateAsync({ description: line.description ?? "" }) }), onError: toastError })}>
              {described ? <Suspense fallback={<Skeleton rows={3} />}><Markdown text={line.description ?? ""} /></Suspense> : <p className="muted">{line.may_write ? "Say what this project is about: goal, data, how to run it. Markdown works." : "Nobody has described this project yet."}</p>}
            </Editable>
          </section>
          <Newest entity={entity} project={project} />
          <Deleted entity={entity} project={project} />
        </div>
        <aside className="project-side" aria-label="Facts">
          <section className="card part">
            <h2>Facts</h2>
            <dl className="facts">
              <dt>Owner</dt><dd>{line.entity}</dd>
              <dt>Runs</dt><dd>{line.runs.toLocaleString("en-US")}{line.running > 0 && <> <span className="tag accent">{line.running} running</span></>}</dd>
              <dt>Last active</dt><dd><Ago at={line.updated_at} /></dd>
              <Counts entity={entity} project={project} />
            </dl>
          </section>
          <Bytes entity={entity} project={project} />
          <Who entity={entity} project={project} />
        </aside>
      </div>
    </main>
  );
}

function Counts({ entity, project }: { entity: string; project: string }) {
  const sweeps = useSweeps(entity, project);
  const collections = useCollections(entity, project);
  const activity = useActivity(entity, project);
  return (
    <>
      <dt>Compute</dt><dd title="How long all its runs have taken together">{activity.data === undefined ? "–" : span(activity.data.computed_seconds)}</dd>
      <dt>Sweeps</dt><dd>{sweeps.data?.length ?? "–"}</dd>
      <dt>Artifacts</dt><dd>{collections.data === undefined ? "–" : count(collections.data.collections.length, "collection")}</dd>
    </>
  );
}

function Newest({ entity, project }: { entity: string; project: string }) {
  const found = useRuns({ entity, project, order: "-created_at", limit: NEWEST });
  const runs = found.data?.runs ?? [];
  if (runs.length === 0) return null;
  return (
    <section className="card part" aria-labelledby="newest-title">
      <header className="row"><h2 id="newest-title" className="grow">Newest runs</h2><Link to="/$entity/$project/table" params={{ entity, project }}>All runs</Link></header>
      <table className="table">
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td><Link to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}>{run.name}</Link></td>
              <td><RunState state={run.state} cause={run.state_cause} /></td>
              <td className="muted">{run.user ?? "–"}</td>
              <td className="muted num"><Ago at={run.created_at} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Deleted({ entity, project }: { entity: string; project: string }) {
  const found = useActivity(entity, project);
  const restore = useRestoreRuns(entity, project);
  const gone = found.data?.deleted ?? [];
  if (gone.length === 0) return null;
  const back = (runs: typeof gone) => restore.mutate(runs.map((run) => run.id), { onSuccess: () => toast(`${runs.length === 1 ? runs[0]?.name : count(runs.length, "run")} came back.`), onError: toastError });
  return (
    <section className="card part" aria-labelledby="deleted-title">
      <header className="row"><h2 id="deleted-title" className="grow">Deleted lately</h2>{gone.length > 1 && <button type="button" className="button quiet" disabled={restore.isPending} onClick={() => back(gone)}>Bring all back</button>}</header>
      <p className="muted">Their bytes are freed when the server's grace is over; until then they can come back.</p>
      <table className="table">
        <tbody>{gone.map((run) => (
          <tr key={run.id}><td className="ellipsis">{run.name}</td><td className="muted">deleted <Ago at={run.deleted_at} /></td><td className="num"><button type="button" className="button quiet" aria-label={`Bring ${run.name} back`} disabled={restore.isPending} onClick={() => back([run])}>Bring back</button></td></tr>
        ))}</tbody>
      </table>
    </section>
  );
}

function Bytes({ entity, project }: { entity: string; project: string }) {
  const signedIn = useSession().data?.signed_in === true;
  return signedIn ? <OwnBytes entity={entity} project={project} /> : null;
}

function OwnBytes({ entity, project }: { entity: string; project: string }) {
  const found = useProjectBytes(entity, project);
  if (found.error !== null) return <section className="card part"><h2>Storage</h2><Failure error={found.error} /></section>;
  if (found.data === undefined) return <section className="card part"><h2>Storage</h2><Skeleton rows={2} height={12} /></section>;
  const held = found.data;
  return (
    <section className="card part" aria-labelledby="held-title">
      <header className="row"><h2 id="held-title" className="grow">Storage</h2><b>{bytes(held?.size_bytes ?? 0)}</b></header>
      {held === null ? <p className="muted">Nothing is stored yet.</p> : <><BytesBar kinds={held.kinds} most={held.size_bytes} /><BytesKey kinds={held.kinds} sizes /></>}
    </section>
  );
}

function Who({ entity, project }: { entity: string; project: string }) {
  const found = useMembers(entity, project);
  if (found.data === undefined || found.data.members.length === 0) return null;
  return (
    <section className="card part" aria-labelledby="who-title">
      <h2 id="who-title">Members</h2>
      <ul className="who">{found.data.members.map((one) => <li key={`${one.kind} ${one.name} ${String(one.inherited)}`} className="row"><span className="grow ellipsis">{one.name}{one.kind === "team" && <span className="muted"> (team)</span>}</span><span className="muted">{one.role}</span></li>)}</ul>
    </section>
  );
}
