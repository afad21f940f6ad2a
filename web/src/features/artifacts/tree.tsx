/** Collections by type at the left of every artifact page. */
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useCollections } from "@/api/needs";

const internal = ["run_table", "wandb-history", "job", "code"];

/** The types, those that the client makes by itself last. */
export const byType = <C extends { type: string }>(collections: readonly C[]): { type: string; own: boolean; collections: C[] }[] =>
  [...new Set(collections.map((one) => one.type))]
    .sort((a, b) => Number(internal.includes(a)) - Number(internal.includes(b)) || a.localeCompare(b))
    .map((type) => ({ type, own: !internal.includes(type), collections: collections.filter((one) => one.type === type) }));

/** The tree; types that the client makes by itself are closed at first. */
export function ArtifactTree({ entity, project, type, name }: { entity: string; project: string; type?: string; name?: string }) {
  const found = useCollections(entity, project);
  const [word, setWord] = useState("");
  const types = useMemo(() => byType((found.data?.collections ?? []).filter((one) => one.name.toLowerCase().includes(word.toLowerCase()))), [found.data, word]);
  return (
    <nav className="artifact-tree" aria-label="Artifacts by type">
      <label className="row field-search"><Search size={14} aria-hidden="true" /><input className="field grow" aria-label="Find artifacts" placeholder="Find artifacts" value={word} onChange={(event) => setWord(event.target.value)} /></label>
      {types.map((group) => (
        <details key={`${group.type} ${word !== ""}`} open={group.own || group.type === type || word !== ""}>
          <summary><span className="ellipsis grow">{group.type}</span><span className="muted">{group.collections.length}</span></summary>
          {group.collections.map((one) => (
            <Link key={one.id} className="tree-item" data-here={one.name === name} to="/$entity/$project/artifacts/$type/$name" params={{ entity, project, type: one.type, name: one.name }}><span className="ellipsis grow" title={one.name}>{one.name}</span><span className="muted">{one.versions}</span></Link>
          ))}
        </details>
      ))}
      {types.length === 0 && word !== "" && <p className="muted">Nothing of that name.</p>}
    </nav>
  );
}
