/** All collections of a project, by type. */
import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useCollections } from "@/api/needs";
import { bytes, count } from "@/lib/format";
import { Ago, Code, Empty, Failure, Skeleton } from "@/ui/parts";

/** The page. */
export function Artifacts() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const found = useCollections(entity, project);
  const types = useMemo(() => {
    const all = found.data?.collections ?? [];
    const names = [...new Set(all.map((one) => one.type))].sort((a, b) => Number(isInternal(a)) - Number(isInternal(b)) || a.localeCompare(b));
    return names.map((type) => ({ type, collections: all.filter((one) => one.type === type) }));
  }, [found.data]);
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  if (types.length === 0) {
    return (
      <main id="main" className="page">
        <Empty title="No artifact in this project yet">
          <p>Datasets and models logged as artifacts get versions, aliases and a lineage graph.</p>
          <Code text={`artifact = wandb.Artifact("my-data", type="dataset")\nartifact.add_dir("data/")\nrun.log_artifact(artifact)`} />
        </Empty>
      </main>
    );
  }
  return (
    <main id="main" className="page">
      <div className="inner">
        <h1>Artifacts</h1>
        {types.map(({ type, collections }) => (
          <section key={type} className="card">
            <header className="row pad-head"><h2>{type}</h2><span className="tag">{count(collections.length, "collection")}</span></header>
            <table className="table">
              <thead><tr><th>Name</th><th className="num">Versions</th><th>Latest</th><th className="num">Size of latest</th><th>Changed</th></tr></thead>
              <tbody>
                {collections.map((one) => (
                  <tr key={one.id}>
                    <td><Link to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity, project, type, name: one.name, version: one.latest ?? "latest" }}>{one.name}</Link>{one.description !== null && one.description !== "" && <span className="muted"> {one.description}</span>}</td>
                    <td className="num">{one.versions}</td>
                    <td>{one.latest ?? "–"}</td>
                    <td className="num">{bytes(one.size_bytes)}</td>
                    <td className="muted"><Ago at={one.updated_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
    </main>
  );
}

const isInternal = (type: string) => ["run_table", "wandb-history", "job", "code"].includes(type);
