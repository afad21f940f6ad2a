/** What this server is. */
import { basePath } from "@/api/client";
import type { Session } from "@/api/types";
import { Code } from "@/ui/parts";
import "./settings.css";

/** Version and address, with the lines that point a client here. */
export function About({ session }: { session: Session }) {
  return (
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
  );
}
