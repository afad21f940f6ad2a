/** What a run used and made. */
import { Link } from "@tanstack/react-router";
import { useRunVersions } from "@/api/needs";
import type { RunDetail, VersionLine } from "@/api/types";
import { bytes } from "@/lib/format";
import { Ago, AliasTag, Empty, Failure, Skeleton } from "@/ui/parts";

/** Two lists: inputs and outputs. */
export function RunArtifacts({ entity, project, run }: { entity: string; project: string; run: RunDetail }) {
  const found = useRunVersions(entity, project, run.run_id);
  if (found.error !== null) return <div className="inner"><Failure error={found.error} /></div>;
  if (found.data === undefined) return <Skeleton />;
  if (found.data.made.length + found.data.used.length === 0) {
    return <Empty title="No artifact"><p><code>run.use_artifact("name:latest")</code> and <code>run.log_artifact(...)</code> draw the line from data to model.</p></Empty>;
  }
  return (
    <div className="inner">
      <Versions title="Used" versions={found.data.used} none="This run used no artifact." />
      <Versions title="Made" versions={found.data.made} none="This run made no artifact." />
    </div>
  );
}

function Versions({ title, versions, none }: { title: string; versions: VersionLine[]; none: string }) {
  return (
    <section className="card pad">
      <h2>{title}</h2>
      {versions.length === 0 ? <p className="muted">{none}</p> : (
        <table className="table">
          <thead><tr><th>Version</th><th>Type</th><th>Aliases</th><th className="num">Files</th><th className="num">Size</th><th>Created</th></tr></thead>
          <tbody>
            {versions.map((one) => (
              <tr key={one.id}>
                <td><Link to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity: one.entity, project: one.project, type: one.type, name: one.collection, version: one.version }}>{one.collection}:{one.version}</Link></td>
                <td>{one.type}</td>
                <td><span className="row">{one.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</span></td>
                <td className="num">{one.file_count.toLocaleString("en-US")}</td>
                <td className="num">{bytes(one.size_bytes)}</td>
                <td className="muted"><Ago at={one.created_at} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
