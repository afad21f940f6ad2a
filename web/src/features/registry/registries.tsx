/** Every registry that the viewer sees, with what is in it. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Lock, Plus, Search } from "lucide-react";
import { useState } from "react";
import { useRegistries, useSession } from "@/api/needs";
import { useProtect } from "@/api/registry";
import type { Registry } from "@/api/types";
import { count } from "@/lib/format";
import { toastError } from "@/lib/toasts";
import { Words } from "@/ui/editable";
import { Ago, AliasTag, Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { CreateRegistry } from "./create";
import "./registry.css";

/** The page. */
export function Registries() {
  const search = useSearch({ from: "/registry" });
  const navigate = useNavigate({ from: "/registry" });
  const found = useRegistries();
  const session = useSession();
  const [making, setMaking] = useState(false);
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  const create = session.data?.signed_in === true && <button type="button" className="button" onClick={() => setMaking(true)}><Plus size={14} />New registry</button>;
  const all = found.data.registries;
  if (all.length === 0) {
    return (
      <main id="main" className="page">
        <Empty title="Nothing is registered yet">
          <p>The registry collects the versions that matter, wherever they were trained, and says which one is the candidate and which is in production. Link one from a run's or an artifact's page, or from a script:</p>
          <Code text={`run.link_artifact(artifact, "model-registry/My model", aliases=["candidate"])`} />
          {create}
        </Empty>
        {making && <CreateRegistry onClose={() => setMaking(false)} />}
      </main>
    );
  }
  const word = (search.q ?? "").toLowerCase();
  const shown = all.map((registry) => ({ ...registry, collections: registry.collections.filter((one) => `${one.name} ${one.type} ${one.description ?? ""}`.toLowerCase().includes(word)) })).filter((one) => word === "" || one.collections.length > 0);
  return (
    <main id="main" className="page">
      <div className="inner wide">
        <header className="row wrap">
          <h1>Registry</h1><span className="grow" />
          {create}
          <label className="row field-search registry-search"><Search size={14} aria-hidden="true" /><input className="field grow" aria-label="Find registered names" placeholder="Find registered names" value={search.q ?? ""} onChange={(event) => void navigate({ search: { q: event.target.value || undefined }, replace: true })} /></label>
        </header>
        {shown.length === 0 && <p className="muted">No registered name has “{search.q}” in it.</p>}
        {shown.map((registry) => (
          <section key={`${registry.entity}/${registry.project}`} className="card" aria-label={registry.title}>
            <header className="row pad-head"><h2>{registry.title}</h2><span className="muted">{registry.entity}</span><span className="tag">{count(registry.collections.length, "collection")}</span><span className="grow" /><Protected registry={registry} /></header>
            {registry.collections.length === 0 ? <div className="pad"><p className="muted flush">Nothing is linked to it yet. From a script:</p><Code text={`run.link_artifact(artifact, "${registry.project}/My model", aliases=["candidate"])`} /></div> : <table className="table">
              <thead><tr><th>Name</th><th>Type</th><th className="num">Versions</th><th>Newest</th><th>Changed</th></tr></thead>
              <tbody>
                {registry.collections.map((one) => (
                  <tr key={one.id}>
                    <td><Link to="/registry/$entity/$project/$name" params={{ entity: registry.entity, project: registry.project, name: one.name }}><b>{one.name}</b></Link>{one.description !== null && <span className="muted"> {one.description.split("\n")[0]?.replace(/^#+\s*/, "").slice(0, 90)}</span>}</td>
                    <td>{one.type}</td><td className="num">{one.versions}</td><td>{one.latest ?? "–"}</td><td className="muted"><Ago at={one.updated_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table>}
          </section>
        ))}
      </div>
      {making && <CreateRegistry onClose={() => setMaking(false)} />}
    </main>
  );
}

/** Aliases that only managers move. */
function Protected({ registry }: { registry: Registry }) {
  const protect = useProtect(registry.entity, registry.project);
  const put = (aliases: string[]) => protect.mutate(aliases, { onError: toastError });
  if (registry.protected.length === 0 && !registry.may_manage) return null;
  return (
    <span className="row" title="Only those who manage this registry put these aliases on and take them off">
      <Lock size={12} aria-hidden="true" /><span className="muted">Protected</span>
      <Words label={`protected alias of ${registry.title}`} words={registry.protected} may={registry.may_manage} known={["production", "to_evaluate", "candidate"]} show={(alias) => <AliasTag alias={alias} />} onAdd={(alias) => put([...registry.protected, alias])} onRemove={(alias) => put(registry.protected.filter((one) => one !== alias))} />
    </span>
  );
}
