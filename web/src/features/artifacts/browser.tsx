/** All collections of a project, by type. */
import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useCollections } from "@/api/needs";
import { bytes, count } from "@/lib/format";
import { Ago, Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { ArtifactTree, byType } from "./tree";
import "./artifacts.css";

/** The page. */
export function Artifacts() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const found = useCollections(entity, project);
  const types = useMemo(() => byType(found.data?.collections ?? []), [found.data]);
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
    <div className="with-tree">
      <ArtifactTree entity={entity} project={project} />
      <main id="main" className="page">
        <div className="inner wide">
          <h1>Artifacts</h1>
          {types.map(({ type, own, collections }) => (
            <section key={type} className="card" aria-label={type}>
              <header className="row pad-head"><h2>{type}</h2><span className="tag">{count(collections.length, "collection")}</span>{!own && <span className="muted">made by the client</span>}</header>
              <div className="table-scroll">
                <table className="table">
                  <thead><tr><th>Name</th><th className="num">Versions</th><th>Newest</th><th className="num">Size of newest</th><th>Changed</th></tr></thead>
                  <tbody>
                    {collections.slice(0, own ? 200 : 12).map((one) => (
                      <tr key={one.id}>
                        <td className="wide-cell"><Link to="/$entity/$project/artifacts/$type/$name" params={{ entity, project, type, name: one.name }}><b>{one.name}</b></Link>{one.description !== null && one.description !== "" && <span className="muted"> {one.description.slice(0, 80)}</span>}</td>
                        <td className="num">{one.versions}</td>
                        <td>{one.latest === null ? "–" : <Link to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity, project, type, name: one.name, version: one.latest }}>{one.latest}</Link>}</td>
                        <td className="num">{bytes(one.size_bytes)}</td>
                        <td className="muted"><Ago at={one.updated_at} /></td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </section>
          ))}
        </div>
      </main>
    </div>
  );
}
