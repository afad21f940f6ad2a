/** Every registry that the viewer sees, with what is in it. */
import { Link } from "@tanstack/react-router";
import { useRegistries } from "@/api/needs";
import { count } from "@/lib/format";
import { Ago, Code, Empty, Failure, Skeleton } from "@/ui/parts";

/** The page. */
export function Registries() {
  const found = useRegistries();
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  const filled = found.data.registries.filter((one) => one.collections.length > 0);
  if (filled.length === 0) {
    return (
      <main id="main" className="page">
        <Empty title="Nothing is registered yet">
          <p>A registered model collects the versions that matter, wherever they were trained.</p>
          <Code text={`run.link_artifact(artifact, "model-registry/My model", aliases=["candidate"])`} />
        </Empty>
      </main>
    );
  }
  return (
    <main id="main" className="page">
      <div className="inner">
        <h1>Registry</h1>
        {filled.map((registry) => (
          <section key={`${registry.entity}/${registry.project}`} className="card">
            <header className="row pad-head"><h2>{registry.title}</h2><span className="muted">{registry.entity}</span><span className="tag">{count(registry.collections.length, "collection")}</span></header>
            <table className="table">
              <thead><tr><th>Name</th><th>Type</th><th className="num">Versions</th><th>Changed</th></tr></thead>
              <tbody>
                {registry.collections.map((one) => (
                  <tr key={one.id}>
                    <td><Link to="/registry/$entity/$project/$name" params={{ entity: registry.entity, project: registry.project, name: one.name }}>{one.name}</Link>{one.description !== null && <span className="muted"> {one.description}</span>}</td>
                    <td>{one.type}</td><td className="num">{one.versions}</td><td className="muted"><Ago at={one.updated_at} /></td>
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
