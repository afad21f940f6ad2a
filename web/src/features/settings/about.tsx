/** What this server is. */
import { basePath } from "@/api/client";
import { useText } from "@/api/needs";
import type { Session } from "@/api/types";
import { Code, Failure, Skeleton } from "@/ui/parts";
import "./settings.css";

/** Version and address, with the lines that point a client here. */
export function About({ session }: { session: Session }) {
  return (
    <>
    <section className="card part" aria-labelledby="about-title">
      <h2 id="about-title">Runstone {session.version}</h2>
      <p className="muted">A server of your own for the runs, artifacts and models that scripts log with <code>wandb</code>.</p>
      <dl className="facts">
        <dt>Version</dt><dd>{session.version}</dd>
        <dt>Address</dt><dd><code>{session.base_url}</code></dd>
        <dt>Description of its API</dt><dd><a href={`${basePath}/api/openapi.json`}>/api/openapi.json</a></dd>
      </dl>
      <Code text={`pip install wandb\nwandb login --host ${session.base_url}`} />
    </section>
    <Licences />
    </>
  );
}

const NOTICES = `${basePath}/static/THIRD_PARTY.txt`;

function Licences() {
  const found = useText(NOTICES);
  return (
    <section className="card part" aria-labelledby="licences-title">
      <header className="row"><h2 id="licences-title" className="grow">Licences</h2><a href={NOTICES} download>THIRD_PARTY.txt</a></header>
      <p className="muted">Runstone is under the Apache License 2.0. What it is built with has these licences.</p>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={6} height={12} /> : <pre className="code licences" tabIndex={0} aria-label="Licences of others">{found.data}</pre>}
    </section>
  );
}
