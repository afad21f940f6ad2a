/** One version: what it is, how to use it, its files, where it came from and went. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Boxes, Trash2 } from "lucide-react";
import { useState } from "react";
import { ServerError } from "@/api/client";
import { useAliases, useVersion } from "@/api/needs";
import type { VersionDetail } from "@/api/types";
import { flat } from "@/lib/difference";
import { value } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { LineageGraph } from "@/panels/lineage";
import { LinkVersionForm } from "@/panels/link_version";
import { Dialog } from "@/ui/dialog";
import { Words } from "@/ui/editable";
import { Ago, AliasTag, Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { Compare } from "./compare";
import { DeleteDialog } from "./delete";
import { Files } from "./files";

import { VersionOverview } from "./overview";
import "./artifacts.css";

const tabs = ["Overview", "Metadata", "Usage", "Files", "Lineage", "Compare"] as const;
type At = { entity: string; project: string; type: string; name: string; version: string };

/** The page; tab, file, other version and node of the graph are in the address. */
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
  const change = (next: typeof search) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  return (
    <div className="version">
      <nav className="version-list" aria-label={`Versions of ${version.collection}`}>
        <Link className="version-list-head ellipsis" to="/$entity/$project/artifacts/$type/$name" params={at} title={version.collection}>{version.collection}</Link>
        {version.history.map((one) => (
          <Link key={one.version} to="/$entity/$project/artifacts/$type/$name/$version" params={{ ...at, version: one.version }} search={{ tab: search.tab }} className="version-link" data-here={one.version === version.version}>
            <span className="row"><b>{one.version}</b><span className="grow" /><span className="muted"><Ago at={one.created_at} /></span></span>
            <span className="row wrap">{one.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</span>
          </Link>
        ))}
      </nav>
      <main id="main" className="page">
        <Head version={version} at={at} />
        <div role="tablist" className="tabs version-tabs" aria-label="Parts of the version">
          {tabs.map((one) => <button key={one} type="button" role="tab" aria-selected={tab === one} onClick={() => void navigate({ search: { tab: one === "Overview" ? undefined : one.toLowerCase() }, replace: true })}>{one}</button>)}
        </div>
        {tab === "Overview" ? <VersionOverview version={version} />
          : tab === "Metadata" ? <Metadata version={version} />
          : tab === "Usage" ? <Usage version={version} />
          : tab === "Files" ? <Files version={version} path={search.file ?? ""} onPath={(file) => change({ file: file === "" ? undefined : file })} />
          : tab === "Compare" ? <Compare version={version} other={search.with} onOther={(other) => change({ with: other })} />
          : <LineageGraph entity={at.entity} project={at.project} collection={at.name} version={version.version} way={search.way ?? "both"} node={search.node} onChange={change} />}
      </main>
    </div>
  );
}

function Head({ version, at }: { version: VersionDetail; at: At }) {
  const navigate = useNavigate();
  const aliases = useAliases(at.entity, at.project, version.collection, version.version);
  const [open, setOpen] = useState<"link" | "delete" | null>(null);
  const put = (change: { add?: string[]; remove?: string[] }, said: string) =>
    aliases.mutate(change, { onSuccess: () => toast(said, { of: [`${at.entity}/${at.project}/artifacts/${version.collection}/${version.version}`], undo: () => aliases.mutateAsync({ add: change.remove ?? [], remove: change.add ?? [] }) }), onError: toastError });
  return (
    <header className="run-head version-head">
      <div className="row wrap">
        <h1 className="ellipsis">{version.collection}:{version.version}</h1>
        <span className="tag">{version.type}</span>
        <Words label="alias" words={version.aliases} may={version.may_write} known={["candidate", "to_evaluate", "production"]} show={(alias) => <AliasTag alias={alias} />} onAdd={(alias) => put({ add: [alias] }, `${version.collection}:${version.version} is ${alias} now.`)} onRemove={(alias) => put({ remove: [alias] }, `${version.collection}:${version.version} is no longer ${alias}.`)} />
        <span className="grow" />
        {version.may_write && (
          <>
            <button type="button" className="button" onClick={() => setOpen("link")}><Boxes size={14} />Link to registry</button>
            <button type="button" className="button icon" aria-label="Delete this version" title="Delete this version" onClick={() => setOpen("delete")}><Trash2 size={14} /></button>
          </>
        )}
      </div>
      <Dialog title={`Link ${version.collection}:${version.version} to a registry`} open={open === "link"} onClose={() => setOpen(null)}>
        <LinkVersionForm entity={at.entity} project={at.project} collection={version.collection} version={version.version} type={version.type} onDone={() => setOpen(null)} />
      </Dialog>
      {open === "delete" && <DeleteDialog entity={at.entity} project={at.project} collection={version.collection} version={version.version} onClose={() => setOpen(null)} onDone={() => void navigate({ to: "/$entity/$project/artifacts/$type/$name", params: at })} />}
    </header>
  );
}

function Metadata({ version }: { version: VersionDetail }) {
  const [word, setWord] = useState("");
  const lines = [...flat(version.metadata)].filter(([path, v]) => `${path} ${value(v)}`.toLowerCase().includes(word.toLowerCase()));
  const config = [...flat(version.run_config)].filter(([path, v]) => !path.startsWith("_") && `${path} ${value(v)}`.toLowerCase().includes(word.toLowerCase()));
  return (
    <div className="inner wide">
      <div className="row wrap">
        <input className="field meta-search" aria-label="Find in metadata" placeholder="Find in metadata" value={word} onChange={(event) => setWord(event.target.value)} />
        <span className="grow" />
        {version.history.length > 1 && <Link className="button" to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity: version.entity, project: version.project, type: version.type, name: version.collection, version: version.version }} search={{ tab: "compare" }}>What differs from the version before</Link>}
      </div>
      <section className="card pad" aria-label="Metadata">
        <h2>Metadata</h2>
        {Object.keys(version.metadata).length === 0 ? <p className="muted flush">No metadata. <code>wandb.Artifact(..., metadata=&#123;...&#125;)</code> adds some.</p> : <dl className="facts values">{lines.map(([path, v]) => <Line key={path} name={path} v={v} />)}</dl>}
      </section>
      {Object.keys(version.run_config).length > 0 && (
        <section className="card pad" aria-label="Config of the run that made it"><h2>Config of the run that made it</h2><dl className="facts values">{config.map(([path, v]) => <Line key={path} name={path} v={v} />)}</dl></section>
      )}
    </div>
  );
}

function Line({ name, v }: { name: string; v: unknown }) {
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
