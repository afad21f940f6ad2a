/** One collection: what it is, and its versions. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { GitCompareArrows, Trash2 } from "lucide-react";
import { useState } from "react";
import { useCollectionChange } from "@/api/artifacts";
import { ServerError } from "@/api/client";
import { useVersion } from "@/api/needs";
import { bytes } from "@/lib/format";
import { toastError } from "@/lib/toasts";
import { Editable, Words } from "@/ui/editable";
import { Markdown } from "@/ui/markdown";
import { Ago, AliasTag, Empty, Failure, Skeleton } from "@/ui/parts";
import { DeleteDialog } from "./delete";
import { ArtifactTree } from "./tree";
import "./artifacts.css";

/** The page. */
export function Collection() {
  const at = useParams({ from: "/$entity/$project/artifacts/$type/$name" });
  return (
    <div className="with-tree">
      <ArtifactTree entity={at.entity} project={at.project} type={at.type} name={at.name} />
      <Body {...at} />
    </div>
  );
}

function Body({ entity, project, type, name }: { entity: string; project: string; type: string; name: string }) {
  const navigate = useNavigate();
  const found = useVersion(entity, project, name, "latest");
  const change = useCollectionChange(entity, project, name);
  const [chosen, setChosen] = useState<string[]>([]);
  const [deleting, setDeleting] = useState(false);
  if (found.error instanceof ServerError && found.error.status === 404) return <main id="main" className="page"><Empty title={`There is no artifact ${name}`}><p>It may have been deleted, has no version, or you have no access to it.</p><Link className="button" to="/$entity/$project/artifacts" params={{ entity, project }}>All artifacts</Link></Empty></main>;
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  const one = found.data;
  const save = (values: Parameters<typeof change.mutate>[0]) => change.mutate(values, { onError: toastError });
  const toggle = (version: string) => setChosen((now) => (now.includes(version) ? now.filter((each) => each !== version) : [...now.slice(-1), version]));
  const pair = [...chosen].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return (
    <main id="main" className="page">
      <div className="inner wide">
        <header className="row wrap">
          <h1>{name}</h1><span className="tag">{type}</span>
          <Words label="tag of the collection" words={one.collection_tags} may={one.may_write} show={(tag) => <span className="tag">{tag}</span>} onAdd={(tag) => save({ tags_to_add: [tag] })} onRemove={(tag) => save({ tags_to_remove: [tag] })} />
          <span className="grow" />
          {one.may_write && <button type="button" className="button" onClick={() => setDeleting(true)}><Trash2 size={14} />Delete</button>}
        </header>
        <section className="card pad" aria-label="Description">
          <Editable label="description" value={one.collection_description ?? ""} may={one.may_write} onSave={(description) => save({ description })}>
            {one.collection_description === null || one.collection_description === "" ? <p className="muted flush">No description.</p> : <Markdown text={one.collection_description} />}
          </Editable>
        </section>
        <section className="card" aria-label="Versions">
          <header className="row pad-head"><h2>Versions</h2><span className="tag">{one.history.length}</span><span className="grow" />
            <button type="button" className="button" disabled={pair.length !== 2} title="Choose two versions" onClick={() => void navigate({ to: "/$entity/$project/artifacts/$type/$name/$version", params: { entity, project, type, name, version: pair[1] ?? "" }, search: { tab: "compare", with: pair[0] } })}><GitCompareArrows size={14} />Compare {pair.length === 2 ? `${pair[0]} and ${pair[1]}` : "two"}</button>
          </header>
          <div className="table-scroll">
            <table className="table">
              <thead><tr><th><span className="hidden">Choose</span></th><th>Version</th><th>Aliases</th><th>Made by</th><th className="num">Size</th><th>Created</th></tr></thead>
              <tbody>
                {one.history.map((version) => (
                  <tr key={version.version} data-chosen={chosen.includes(version.version)}>
                    <td><input type="checkbox" aria-label={`Choose ${version.version}`} checked={chosen.includes(version.version)} onChange={() => toggle(version.version)} /></td>
                    <td><Link to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity, project, type, name, version: version.version }}><b>{version.version}</b></Link></td>
                    <td><span className="row">{version.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</span></td>
                    <td>{version.run_name ?? "–"}</td>
                    <td className="num">{bytes(version.size_bytes)}</td>
                    <td className="muted"><Ago at={version.created_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      </div>
      {deleting && <DeleteDialog entity={entity} project={project} collection={name} version={null} onClose={() => setDeleting(false)} onDone={() => void navigate({ to: "/$entity/$project/artifacts", params: { entity, project } })} />}
    </main>
  );
}
