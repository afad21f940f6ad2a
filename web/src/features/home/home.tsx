/** The start page: projects and the newest runs, or how to log the first one. */
import { Link, useParams } from "@tanstack/react-router";
import { FolderPlus, Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { basePath } from "@/api/client";
import { useProjects, useRecentRuns, useSession } from "@/api/needs";
import type { ProjectLine, Session } from "@/api/types";
import { runColour } from "@/lib/colour";
import { count, metric } from "@/lib/format";
import { mainMetric } from "@/lib/runs";
import { numberOf } from "@/lib/values";
import { useTheme } from "@/lib/theme";
import { Ago, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import { Start } from "./start";
import "./home.css";

const NewProject = lazy(() => import("./new_project").then((part) => ({ default: part.NewProject })));

const FILTER_FROM = 7;

/** Projects that the viewer sees, newest first; at the address of a person or team, theirs alone. */
export function Home() {
  const { entity } = useParams({ strict: false });
  const session = useSession();
  const projects = useProjects();
  const [adding, setAdding] = useState<boolean | null>(null);
  const all = projects.data?.projects;
  const list = useMemo(() => all?.filter((one) => entity === undefined || one.entity === entity), [all, entity]);
  const started = all?.some((one) => one.runs > 0);
  // Whoever waits for a first run keeps waiting here until the page turns into it.
  if (adding === null && started === false && session.data?.signed_in === true) setAdding(true);
  if (projects.error !== null && all === undefined) return <Page><Failure error={projects.error} /></Page>;
  if (all === undefined || list === undefined || session.data === undefined) return <Page><Skeleton /></Page>;
  if (!session.data.signed_in && all.length === 0) {
    return (
      <Page>
        <Empty title="You are not signed in">
          <p>This server shows nothing to strangers. Sign in with a password, or open the link that the server printed at its first start.</p>
          <a className="button primary" href={`${basePath}/login`}>Sign in</a>
        </Empty>
      </Page>
    );
  }
  if (adding === true) {
    return <Page><Start address={session.data.base_url} person={session.data.entity} known={all} onBack={started === true ? () => setAdding(false) : undefined} /></Page>;
  }
  return (
    <main id="main" className="page">
      <div className="home">
        <Projects list={list} entity={entity} session={session.data} onAdd={session.data.signed_in ? () => setAdding(true) : undefined} />
        {list.some((one) => one.runs > 0) && <Recent projects={list} />}
      </div>
    </main>
  );
}

function Page({ children }: { children: React.ReactNode }) {
  return <main id="main" className="page"><div className="inner">{children}</div></main>;
}

function Projects({ list, entity, session, onAdd }: { list: ProjectLine[]; entity?: string; session: Session; onAdd?: () => void }) {
  const [making, setMaking] = useState(false);
  const [query, setQuery] = useState("");
  const shown = list.filter((one) => `${one.entity}/${one.name}`.toLowerCase().includes(query.toLowerCase()));
  return (
    <section aria-labelledby="projects-title">
      <div className="row home-head">
        <h1 id="projects-title">{entity === undefined ? "Projects" : `Projects of ${entity}`}</h1>
        <span className="tag">{list.length}</span>
        <span className="grow" />
        {list.length >= FILTER_FROM && <input className="field" aria-label="Find projects" placeholder="Find projects" value={query} onChange={(event) => setQuery(event.target.value)} />}
        {onAdd !== undefined && (
          <>
            <button type="button" className="button" onClick={() => setMaking(true)}><FolderPlus size={14} />New project</button>
            <button type="button" className="button" onClick={onAdd}><Plus size={14} />Log a run</button>
          </>
        )}
      </div>
      <ul className="projects">
        {shown.map((one) => (
          <li key={one.id} className="card">
            <Link to="/$entity/$project" params={{ entity: one.entity, project: one.name }} className="project">
              <span className="row"><b className="ellipsis grow">{one.name}</b><span className="tag">{one.visibility}</span></span>
              <span className="muted ellipsis">{one.entity}{one.description === null || one.description === "" ? "" : ` · ${one.description}`}</span>
              <span className="row muted project-foot">
                {count(one.runs, "run")}
                {one.running > 0 && <span className="tag accent">{one.running} running</span>}
                <span className="grow" />
                <Ago at={one.updated_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {list.length === 0 ? <p className="muted">None that you may see.</p> : shown.length === 0 && <p className="muted">No project is called that.</p>}
      {entity !== undefined && <p><Link to="/">All projects</Link></p>}
      {making && <Suspense><NewProject session={session} onClose={() => setMaking(false)} /></Suspense>}
    </section>
  );
}

function Recent({ projects }: { projects: ProjectLine[] }) {
  const theme = useTheme((s) => s.theme);
  const withRuns = useMemo(() => projects.filter((one) => one.runs > 0), [projects]);
  const runs = useRecentRuns(withRuns);
  return (
    <section aria-labelledby="recent-title">
      <div className="row home-head"><h2 id="recent-title">Recent runs</h2></div>
      <ul className="card recent">
        {runs.length === 0 && <li><Skeleton rows={5} /></li>}
        {runs.map(({ project, run }) => {
          const key = mainMetric([run]);
          return (
            <li key={run.id}>
              <Link className="recent-run" to="/$entity/$project/runs/$run" params={{ entity: project.entity, project: project.name, run: run.run_id }}>
                <i className="dot" style={{ background: runColour(run.ordinal, theme) }} />
                <span className="grow recent-text">
                  <span className="row"><b className="ellipsis">{run.name}</b>{run.state !== "finished" && <RunState state={run.state} cause={run.state_cause} />}</span>
                  <span className="muted ellipsis">{project.entity}/{project.name}{run.user === null ? "" : ` · ${run.user}`}</span>
                </span>
                <span className="recent-end">
                  {key !== null && <span title={key}>{metric(numberOf(run, key) ?? NaN)}</span>}
                  <span className="muted"><Ago at={run.created_at} /></span>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
