/** Bytes by project and kind. */
import { Link } from "@tanstack/react-router";
import { type ProjectBytes, useStorage } from "@/api/admin";
import { bytes, count } from "@/lib/format";
import { Failure, Skeleton } from "@/ui/parts";

const SHOWN = 25;

const kinds: Record<string, { label: string; colour: string }> = {
  version: { label: "artifact files", colour: "var(--accent)" },
  run_file: { label: "run files and media", colour: "var(--info)" },
  segment: { label: "history", colour: "var(--warn)" },
  tail: { label: "newest history", colour: "color-mix(in oklab, var(--warn) 50%, var(--surface))" },
  manifest: { label: "manifests", colour: "var(--fg-3)" },
  upload: { label: "uploads under way", colour: "var(--bad)" },
};
const kindOf = (name: string) => kinds[name] ?? { label: name, colour: "var(--fg-3)" };

/** The card. */
export function Storage() {
  const found = useStorage();
  return (
    <section className="card part" aria-labelledby="storage-title">
      <h2 id="storage-title">Storage</h2>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={5} height={16} /> : <Bars projects={found.data.projects} unowned={found.data.unowned_bytes} />}
    </section>
  );
}

function Bars({ projects, unowned }: { projects: ProjectBytes[]; unowned: number }) {
  const most = Math.max(1, ...projects.map((one) => one.size_bytes));
  const total = projects.reduce((sum, one) => sum + one.size_bytes, 0);
  const present = Object.keys(kinds).filter((name) => projects.some((one) => one.kinds.some((kind) => kind.kind === name)));
  const rest = projects.slice(SHOWN);
  return (
    <>
      <p>{bytes(total)} in {count(projects.length, "project")}. {unowned > 0 ? `${bytes(unowned)} belong to nothing any more and are given back by the next collection.` : "Nothing waits for collection."}</p>
      {projects.length === 0 && <p className="muted">No project holds anything yet.</p>}
      {present.length > 0 && <div className="row wrap bytes-key">{present.map((name) => <span key={name} className="row muted"><i style={{ background: kindOf(name).colour }} />{kindOf(name).label}</span>)}</div>}
      <ul className="bytes">
        {projects.slice(0, SHOWN).map((one) => <Bar key={`${one.entity}/${one.project}/${one.deleted_at ?? ""}`} one={one} most={most} />)}
      </ul>
      {rest.length > 0 && <p className="muted">{bytes(rest.reduce((sum, one) => sum + one.size_bytes, 0))} more in {count(rest.length, "smaller project")}.</p>}
    </>
  );
}

function Bar({ one, most }: { one: ProjectBytes; most: number }) {
  const name = `${one.entity}/${one.project}`;
  const told = one.kinds.map((kind) => `${kindOf(kind.kind).label} ${bytes(kind.size_bytes)}`).join(", ");
  return (
    <li title={told}>
      <span className="ellipsis">{one.deleted_at === null ? <Link to="/$entity/$project" params={{ entity: one.entity, project: one.project }}>{name}</Link> : <span className="muted">{name} (deleted)</span>}</span>
      <span className="bytes-bar" role="img" aria-label={told}>{one.kinds.map((kind) => <i key={kind.kind} style={{ width: `${(kind.size_bytes / most) * 100}%`, background: kindOf(kind.kind).colour }} />)}</span>
      <span className="num">{bytes(one.size_bytes)}</span>
    </li>
  );
}
