/** One version: what it is, how to use it, its files, where it came from and went. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { ServerError } from "@/api/client";
import { mediaAddress, useAliases, useEntries, useText, useVersion } from "@/api/needs";
import type { VersionDetail } from "@/api/types";
import { bytes, count, value } from "@/lib/format";
import { TableView } from "@/panels/table";
import { Ago, AliasTag, Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { LineageGraph } from "./lineage";
import "./version.css";

const tabs = ["Overview", "Metadata", "Usage", "Files", "Lineage"] as const;

/** The page; the tab is in the address. */
export function Version() {
  const at = useParams({ from: "/$entity/$project/artifacts/$type/$name/$version" });
  const search = useSearch({ from: "/$entity/$project/artifacts/$type/$name/$version" });
  const navigate = useNavigate({ from: "/$entity/$project/artifacts/$type/$name/$version" });
  const found = useVersion(at.entity, at.project, at.name, at.version);
  if (found.error instanceof ServerError && found.error.status === 404) {
    return <main id="main" className="page"><Empty title={`There is no ${at.name}:${at.version}`}><p>It may have been deleted, or you have no access to it.</p><Link className="button" to="/$entity/$project/artifacts" params={{ entity: at.entity, project: at.project }}>To the artifacts</Link></Empty></main>;
  }
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={9} /></main>;
  const version = found.data;
  const tab = tabs.find((one) => one.toLowerCase() === search.tab) ?? "Overview";
  return (
    <div className="version">
      <nav className="version-list" aria-label={`Versions of ${version.collection}`}>
        <h2 className="ellipsis" title={version.collection}>{version.collection}</h2>
        {version.history.map((one) => (
          <Link key={one.version} to="/$entity/$project/artifacts/$type/$name/$version" params={{ ...at, version: one.version }} search={{ tab: search.tab }} className="version-link" data-here={one.version === version.version}>
            <span className="row"><b>{one.version}</b><span className="grow" /><span className="muted"><Ago at={one.created_at} /></span></span>
            <span className="row wrap">{one.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</span>
          </Link>
        ))}
      </nav>
      <main id="main" className="page">
        <header className="run-head">
          <div className="row wrap">
            <h1 className="ellipsis">{version.collection}:{version.version}</h1>
            <span className="tag">{version.type}</span>
            <Aliases version={version} entity={at.entity} project={at.project} />
          </div>
          <div role="tablist" className="tabs" aria-label="Parts of the version">
            {tabs.map((one) => <button key={one} type="button" role="tab" aria-selected={tab === one} onClick={() => void navigate({ search: { tab: one === "Overview" ? undefined : one.toLowerCase() }, replace: true })}>{one}</button>)}
          </div>
        </header>
        {tab === "Overview" ? <Facts version={version} /> : tab === "Metadata" ? <Metadata version={version} /> : tab === "Usage" ? <Usage version={version} /> : tab === "Files" ? <Files version={version} /> : <LineageGraph entity={at.entity} project={at.project} collection={at.name} version={version.version} />}
      </main>
    </div>
  );
}

function Aliases({ version, entity, project }: { version: VersionDetail; entity: string; project: string }) {
  const change = useAliases(entity, project, version.collection, version.version);
  const [adding, setAdding] = useState(false);
  const [name, setName] = useState("");
  return (
    <>
      {version.aliases.map((alias) => (
        <span key={alias} className="row alias-edit"><AliasTag alias={alias} />{version.may_write && alias !== "latest" && <button type="button" className="link" aria-label={`Take ${alias} off`} onClick={() => change.mutate({ remove: [alias] })}><X size={11} /></button>}</span>
      ))}
      {version.may_write && (adding ? (
        <form className="row" onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ add: [name.trim()] }, { onSuccess: () => { setAdding(false); setName(""); } });
        }}>
          <input className="field" autoFocus list="aliases" aria-label="New alias" placeholder="alias" value={name} onChange={(event) => setName(event.target.value)} onKeyDown={(event) => event.key === "Escape" && setAdding(false)} style={{ width: 130, height: 26 }} />
          <datalist id="aliases"><option>candidate</option><option>to_evaluate</option><option>production</option></datalist>
          <button type="submit" className="button" disabled={name.trim() === "" || change.isPending}>Put</button>
        </form>
      ) : (
        <button type="button" className="button quiet icon" aria-label="Add an alias" onClick={() => setAdding(true)}><Plus size={14} /></button>
      ))}
      {change.error !== null && <span className="tbl-error" role="alert">{change.error.message}</span>}
    </>
  );
}

function Facts({ version }: { version: VersionDetail }) {
  return (
    <div className="overview">
      <section className="card pad">
        <h2>Facts</h2>
        <dl className="facts">
          <dt>Full name</dt><dd><code>{version.entity}/{version.project}/{version.collection}:{version.version}</code></dd>
          <dt>Files</dt><dd>{count(version.file_count, "file")}, {bytes(version.size_bytes)}</dd>
          <dt>Digest</dt><dd><code>{version.digest}</code></dd>
          <dt>Created</dt><dd><Ago at={version.created_at} />{version.user === null ? "" : ` by ${version.user}`}</dd>
          <dt>Made by</dt><dd>{version.run === null ? "–" : <Link to="/$entity/$project/runs/$run" params={{ entity: version.entity, project: version.project, run: version.run }}>{version.run_name ?? version.run}</Link>}</dd>
          {version.tags.length > 0 && (<><dt>Tags</dt><dd className="row wrap">{version.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}</dd></>)}
        </dl>
      </section>
      <section className="card pad"><h2>Description</h2><p className="notes">{version.description ?? <span className="muted">None.</span>}</p></section>
    </div>
  );
}

function Metadata({ version }: { version: VersionDetail }) {
  const rows = Object.entries(version.metadata);
  return (
    <div className="inner"><section className="card pad">
      {rows.length === 0 ? <p className="muted">No metadata. <code>wandb.Artifact(..., metadata=&#123;...&#125;)</code> adds some.</p> : (
        <dl className="facts values">{rows.map(([key, v]) => <MetadataLine key={key} name={key} v={v} />)}</dl>
      )}
    </section></div>
  );
}

function MetadataLine({ name, v }: { name: string; v: unknown }) {
  return (<><dt>{name}</dt><dd className="mono">{value(v)}</dd></>);
}

function Usage({ version }: { version: VersionDetail }) {
  const full = `${version.entity}/${version.project}/${version.collection}:${version.version}`;
  return (
    <div className="inner">
      <section className="card pad">
        <h2>In a run, with lineage</h2>
        <Code text={`import wandb\n\nwith wandb.init(project="${version.project}") as run:\n    artifact = run.use_artifact("${full}", type="${version.type}")\n    folder = artifact.download()`} />
        <h2>Without a run</h2>
        <Code text={`import wandb\n\nartifact = wandb.Api().artifact("${full}")\nfolder = artifact.download()`} />
        <h2>In a terminal</h2>
        <Code text={`wandb artifact get ${full}`} />
      </section>
    </div>
  );
}

function Files({ version }: { version: VersionDetail }) {
  const found = useEntries(version.entity, version.project, version.collection, version.version);
  const [chosen, setChosen] = useState<string | null>(null);
  if (found.error !== null) return <div className="inner"><Failure error={found.error} /></div>;
  if (found.data === undefined) return <Skeleton />;
  const address = chosen === null ? "" : mediaAddress("version", version.id, chosen);
  return (
    <div className="files">
      <section className="card files-list">
        <table className="table">
          <thead><tr><th>File</th><th className="num">Size</th></tr></thead>
          <tbody>{found.data.files.map((file) => (
            <tr key={file.path} data-chosen={file.path === chosen}><td>{file.ref === null ? <button type="button" className="file-name" onClick={() => setChosen(file.path)}><span className="ellipsis">{file.path}</span></button> : <span title={file.ref}>{file.path} <span className="tag">reference</span></span>}</td><td className="num">{bytes(file.size_bytes)}</td></tr>
          ))}</tbody>
        </table>
        {found.data.total > found.data.files.length && <p className="muted" style={{ padding: "0 14px" }}>The first {found.data.files.length.toLocaleString("en-US")} of {found.data.total.toLocaleString("en-US")} files.</p>}
      </section>
      <section className="card pad files-view">
        {chosen === null ? <p className="muted">Choose a file to see it.</p> : (
          <>
            <div className="row"><h2 className="ellipsis grow">{chosen}</h2><a className="button" href={address} download>Download</a></div>
            {chosen.endsWith(".table.json") ? <div style={{ height: 520 }}><TableView owner={{ kind: "version", id: version.id }} path={chosen} from={{ entity: version.entity, project: version.project, source: { kind: "version", collection: version.collection, version: version.version, path: chosen } }} /></div>
              : /\.(png|jpe?g|gif|webp)$/i.test(chosen) ? <img className="preview" src={address} alt={chosen} />
              : /\.(json|ya?ml|txt|md|csv|py|log|toml)$/i.test(chosen) ? <TextFile address={address} />
              : <p className="muted">No preview for this kind of file.</p>}
          </>
        )}
      </section>
    </div>
  );
}

function TextFile({ address }: { address: string }) {
  const text = useText(address);
  if (text.error !== null) return <Failure error={text.error} />;
  return text.data === undefined ? <Skeleton rows={4} height={12} /> : <pre className="code preview-text" tabIndex={0}>{text.data.slice(0, 200_000)}</pre>;
}
