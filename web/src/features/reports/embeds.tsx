/** Tables, files, artifacts and lineage as blocks of a report, each with the way to its own page. */
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { type ReactNode, useState } from "react";
import { shareToken } from "@/api/client";
import { useEntries, useRuns, useVersion } from "@/api/needs";
import type { VersionDetail } from "@/api/types";
import type { Shown } from "@/api/weave_spec";
import { flat } from "@/lib/difference";
import { bytes, count, value } from "@/lib/format";
import { FileView } from "@/panels/file_view";
import { LineageGraph } from "@/panels/lineage";
import { TableView } from "@/panels/table";
import { isTable, placeOf } from "@/panels/table/found";
import { Ago, AliasTag, Code, Failure, Skeleton } from "@/ui/parts";

const MOST_RUNS = 200;
const MOST_FILES = 20;

/** The drawing of what such a block shows. */
export function Embed({ shown }: { shown: Shown }) {
  if (shown.kind === "table") return <LoggedTable shown={shown} />;
  return <OfVersion shown={shown} />;
}

function Frame({ title, source, children, tall = false }: { title: ReactNode; source?: ReactNode; children: ReactNode; tall?: boolean }) {
  return <section className="card embed" data-tall={tall || undefined}><header className="panel-head"><h3 className="ellipsis grow">{title}</h3>{source}</header><div className="embed-body">{children}</div></section>;
}

function LoggedTable({ shown: { entity, project, key, q } }: { shown: Extract<Shown, { kind: "table" }> }) {
  const found = useRuns({ entity, project, order: "-created_at", limit: MOST_RUNS });
  const [chosen, setChosen] = useState<string | null>(null);
  if (found.error !== null) return <Frame title={key}><Failure error={found.error} /></Frame>;
  if (found.data === undefined) return <Frame title={key}><Skeleton rows={4} /></Frame>;
  const holders = found.data.runs.filter((run) => isTable(run.summary[key]));
  const run = holders.find((one) => one.run_id === chosen) ?? holders[0];
  const logged = run?.summary[key];
  if (run === undefined || !isTable(logged)) return <Frame title={key}><p className="muted">No run of {entity}/{project} has logged {key}.</p></Frame>;
  return (
    <Frame tall title={key} source={
      <>
        {holders.length > 1 && <select className="field" aria-label={`Run of ${key}`} value={run.run_id} onChange={(event) => setChosen(event.target.value)}>{holders.map((one) => <option key={one.id} value={one.run_id}>{one.name}</option>)}</select>}
        {shareToken() === null && <Link className="button quiet icon" aria-label={`Open the run of ${key}`} title={`Open ${run.name}`} to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}><ExternalLink size={14} /></Link>}
      </>
    }>
      <TableView key={run.id} {...placeOf(run, logged)} from={{ entity, project, source: { kind: "run", run: run.run_id, key } }} initial={q === undefined ? {} : { q }} />
    </Frame>
  );
}

function OfVersion({ shown }: { shown: Exclude<Shown, { kind: "table" }> }) {
  const { entity, project } = shown;
  const [name = "", tagged] = shown.name.split(":");
  const alias = shown.kind === "file" ? shown.version : (tagged ?? "latest");
  const found = useVersion(entity, project, name, alias);
  if (found.error !== null) return <Frame title={`${name}:${alias}`}><Failure error={found.error} /></Frame>;
  if (found.data === undefined) return <Frame title={`${name}:${alias}`}><Skeleton rows={4} /></Frame>;
  const version = found.data;
  const source = shareToken() === null && <Link className="button quiet icon" aria-label={`Open ${name}:${version.version}`} title="Open its page" to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity, project, type: version.type, name, version: version.version }} search={shown.kind === "artifact" && shown.tab !== "overview" ? { tab: shown.tab } : {}}><ExternalLink size={14} /></Link>;
  const title = <>{name}:{version.version}{shown.kind === "file" && <span className="muted"> / {shown.path}</span>}</>;
  if (shown.kind === "file") return <Frame tall={shown.path.endsWith(".table.json")} title={title} source={source}><VersionFile version={version} path={shown.path} /></Frame>;
  if (shown.tab === "lineage") return <Frame tall title={<>Lineage of {title}</>} source={source}><Lineage entity={entity} project={project} name={name} version={version.version} /></Frame>;
  return <Frame title={title} source={source}>{shown.tab === "metadata" ? <Metadata version={version} /> : shown.tab === "usage" ? <Code text={`artifact = run.use_artifact("${entity}/${project}/${name}:${version.version}")\nfolder = artifact.download()`} /> : shown.tab === "files" ? <FileList version={version} /> : <Facts version={version} />}</Frame>;
}

function Lineage({ entity, project, name, version }: { entity: string; project: string; name: string; version: string }) {
  const [at, setAt] = useState<{ way?: "both" | "up" | "down" | undefined; node?: string | undefined }>({});
  return <LineageGraph entity={entity} project={project} collection={name} version={version} way={at.way ?? "both"} node={at.node} onChange={(change) => setAt({ ...at, ...change })} />;
}

function Facts({ version }: { version: VersionDetail }) {
  return (
    <dl className="facts">
      <dt>Type</dt><dd>{version.type}</dd>
      <dt>Aliases</dt><dd className="row wrap">{version.aliases.length === 0 ? "–" : version.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</dd>
      <dt>Files</dt><dd>{count(version.file_count, "file")}, {bytes(version.size_bytes)}</dd>
      <dt>Created</dt><dd><Ago at={version.created_at} /></dd>
      {version.run !== null && version.run_project !== null && (<><dt>Made by</dt><dd>{shareToken() !== null ? version.run_name ?? version.run : <Link to="/$entity/$project/runs/$run" params={{ entity: version.entity, project: version.run_project, run: version.run }}>{version.run_name ?? version.run}</Link>}</dd></>)}
      {version.description !== null && version.description !== "" && (<><dt>Description</dt><dd>{version.description}</dd></>)}
    </dl>
  );
}

function Metadata({ version }: { version: VersionDetail }) {
  const lines = [...flat(version.metadata)];
  return lines.length === 0 ? <p className="muted">No metadata.</p> : <dl className="facts values">{lines.map(([path, v]) => <Line key={path} name={path} v={v} />)}</dl>;
}

function Line({ name, v }: { name: string; v: unknown }) {
  return (<><dt>{name}</dt><dd className="mono">{value(v)}</dd></>);
}

function FileList({ version }: { version: VersionDetail }) {
  const found = useEntries(version.entity, version.project, version.collection, version.version);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={3} height={12} />;
  return (
    <>
      <table className="table"><tbody>{found.data.files.slice(0, MOST_FILES).map((file) => <tr key={file.path}><td className="mono">{file.path}</td><td className="num">{bytes(file.size_bytes)}</td></tr>)}</tbody></table>
      {found.data.total > MOST_FILES && <p className="muted">and {count(found.data.total - MOST_FILES, "file")} more</p>}
    </>
  );
}

function VersionFile({ version, path }: { version: VersionDetail; path: string }) {
  const found = useEntries(version.entity, version.project, version.collection, version.version);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={3} height={12} />;
  const file = found.data.files.find((one) => one.path === path);
  if (file === undefined) return <p className="muted">There is no file {path} in this version.</p>;
  return <FileView owner={{ kind: "version", id: version.id }} path={path} size={file.size_bytes} from={{ entity: version.entity, project: version.project, source: { kind: "version", collection: version.collection, version: version.version, path } }} />;
}
