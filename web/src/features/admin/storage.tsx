/** Bytes by project and kind. */
import { Link } from "@tanstack/react-router";
import { type ProjectBytes, type Stored, useStorage } from "@/api/admin";
import { bytes, count } from "@/lib/format";
import { BytesBar, BytesKey, told } from "@/panels/bytes";
import { Failure, Skeleton } from "@/ui/parts";

const SHOWN = 25;

/** The card. */
export function Storage() {
  const found = useStorage();
  return (
    <section className="card part" aria-labelledby="storage-title">
      <h2 id="storage-title">Storage</h2>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={5} height={16} /> : <Bars found={found.data} />}
    </section>
  );
}

function Bars({ found: { projects, total_bytes: total, shared_bytes: shared, unowned_bytes: unowned } }: { found: Stored }) {
  const most = Math.max(1, ...projects.map((one) => one.size_bytes));
  const rest = projects.slice(SHOWN);
  return (
    <>
      <p>{bytes(total)} in {count(projects.length, "project")}{shared > 0 ? `, ${bytes(shared)} of it shared by several and counted once` : ""}. {unowned > 0 ? `${bytes(unowned)} belong to nothing any more and are given back by the next collection.` : "Nothing waits for collection."}</p>
      {projects.length === 0 && <p className="muted">No project holds anything yet.</p>}
      <BytesKey kinds={projects.flatMap((one) => one.kinds)} />
      <ul className="bytes">
        {projects.slice(0, SHOWN).map((one) => <Bar key={`${one.entity}/${one.project}/${one.deleted_at ?? ""}`} one={one} most={most} />)}
      </ul>
      {rest.length > 0 && <p className="muted">{bytes(rest.reduce((sum, one) => sum + one.size_bytes, 0))} more in {count(rest.length, "smaller project")}.</p>}
    </>
  );
}

function Bar({ one, most }: { one: ProjectBytes; most: number }) {
  const name = `${one.entity}/${one.project}`;
  return (
    <li title={told(one.kinds)}>
      <span className="ellipsis">{one.deleted_at === null ? <Link to="/$entity/$project" params={{ entity: one.entity, project: one.project }}>{name}</Link> : <span className="muted">{name} (deleted)</span>}</span>
      <BytesBar kinds={one.kinds} most={most} />
      <span className="num">{bytes(one.size_bytes)}</span>
      <span className="num muted" title="What only this project holds: a deletion gives it back after the grace period">{one.own_bytes === one.size_bytes ? "frees all" : `frees ${bytes(one.own_bytes)}`}</span>
    </li>
  );
}
