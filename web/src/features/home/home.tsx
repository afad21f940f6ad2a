/** The start page: projects, or how to log the first run. */
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { basePath } from "@/api/client";
import { useProjects, useSession } from "@/api/needs";
import { count } from "@/lib/format";
import { Ago, Code, Empty, Failure, Skeleton } from "@/ui/parts";

/** Projects that the viewer sees, newest first. */
export function Home() {
  const session = useSession();
  const projects = useProjects();
  const list = projects.data?.projects ?? [];
  const waiting = projects.data !== undefined && list.length === 0;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => void projects.refetch(), 1000);
    return () => clearInterval(timer);
  }, [waiting, projects]);
  return (
      <main id="main" className="page">
        <div className="inner">
          {projects.error !== null ? (
            <Failure error={projects.error} />
          ) : projects.data === undefined ? (
            <Skeleton />
          ) : session.data?.signed_in === false && waiting ? (
            <Empty title="You are not signed in">
              <p>This server shows nothing to strangers. Sign in with a password, or open the link that the server printed at its first start.</p>
              <a className="button primary" href={`${basePath}/login`}>Sign in</a>
            </Empty>
          ) : waiting ? (
            <FirstRun address={session.data?.base_url ?? location.origin} />
          ) : (
            <ul className="projects">
              {list.map((one) => (
                <li key={one.id} className="card">
                  <Link to="/$entity/$project" params={{ entity: one.entity, project: one.name }} className="project">
                    <span className="row"><b className="ellipsis">{one.name}</b><span className="tag">{one.visibility}</span></span>
                    <span className="muted">{one.entity}</span>
                    <span className="row muted">
                      {count(one.runs, "run")}
                      {one.running > 0 && <span className="tag accent">{one.running} running</span>}
                      <span className="grow" />
                      <Ago at={one.updated_at} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </div>
      </main>
  );
}

function FirstRun({ address }: { address: string }) {
  return (
    <Empty title="Waiting for your first run">
      <p>Point any script that uses wandb at this server. Nothing in the script changes.</p>
      <a className="button primary" href={`${basePath}/authorize`}>Make an API key</a>
      <Code text={`export WANDB_BASE_URL=${address}\nexport WANDB_API_KEY=<your key>\npython train.py`} />
      <p>No script at hand? This one logs ten points:</p>
      <Code text={`import wandb\n\nwith wandb.init(project="first") as run:\n    for step in range(10):\n        run.log({"loss": 1 / (step + 1)})`} />
      <p className="muted">This page turns into your project within a second of the first point.</p>
    </Empty>
  );
}
