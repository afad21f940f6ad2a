/** The code that ran: its commit, what was changed beside it, and the files that were kept. */
import { useMemo, useState } from "react";
import { mediaAddress, fileAddress, useEntries, useFiles, useRunVersions, useText } from "@/api/needs";
import type { RunDetail, VersionLine } from "@/api/types";
import { Code, Empty, Failure, Skeleton } from "@/ui/parts";

/** Diff first: it is what a commit does not say. */
export function RunCode({ entity, project, run }: { entity: string; project: string; run: RunDetail }) {
  const files = useFiles(entity, project, run.run_id);
  const versions = useRunVersions(entity, project, run.run_id);
  if (files.error !== null && files.data === undefined) return <div className="inner"><Failure error={files.error} /></div>;
  if (files.data === undefined || versions.data === undefined) return <Skeleton rows={10} />;
  const diffs = files.data.files.filter((one) => /\.(patch|diff)$/.test(one.name));
  const kept = files.data.files.filter((one) => one.name.startsWith("code/"));
  const logged = versions.data.made.filter((one) => one.type === "code");
  if (run.repo === null && diffs.length + kept.length + logged.length === 0) {
    return <Empty title="No code was kept"><p><code>wandb.init(save_code=True)</code> inside a git repository notes its commit and what was changed since; <code>run.log_code(".")</code> keeps the files themselves.</p></Empty>;
  }
  return (
    <div className="inner wide code-page">
      {run.repo !== null && (
        <section className="card pad">
          <h2>Get this code</h2>
          <Code text={[`git clone ${run.repo} code && cd code`, ...(run.commit === null ? [] : [`git checkout ${run.commit}`]), ...(diffs.length > 0 ? ["git apply ../diff.patch   # the file below"] : [])].join("\n")} />
          {diffs.length === 0 && <p className="muted">No change since this commit was kept: <code>wandb.init(save_code=True)</code> keeps those that there are.</p>}
        </section>
      )}
      {diffs.map((one) => (
        <section key={one.name} className="card pad">
          <h2>{one.name}</h2>
          <Diff address={fileAddress(entity, project, run.run_id, one.name)} />
        </section>
      ))}
      {kept.length > 0 && <Sources title="Files" files={kept.map((one) => ({ name: one.name.slice(5), address: fileAddress(entity, project, run.run_id, one.name) }))} />}
      {logged.map((one) => <Logged key={one.id} version={one} />)}
    </div>
  );
}

function Logged({ version }: { version: VersionLine }) {
  const found = useEntries(version.entity, version.project, version.collection, version.version);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={4} />;
  return <Sources title={`${version.collection}:${version.version}`} files={found.data.files.map((one) => ({ name: one.path, address: mediaAddress("version", version.id, one.path) }))} />;
}

function Sources({ title, files }: { title: string; files: { name: string; address: string }[] }) {
  const [chosen, setChosen] = useState(files[0]?.name);
  const file = files.find((one) => one.name === chosen);
  return (
    <section className="card code-files">
      <nav className="code-list" aria-label={title}>
        <h2 className="ellipsis" title={title}>{title}</h2>
        {files.map((one) => <button key={one.name} type="button" className="code-name mono" aria-current={one.name === chosen} onClick={() => setChosen(one.name)}>{one.name}</button>)}
      </nav>
      <div className="code-view">{file !== undefined && <Source key={file.address} address={file.address} />}</div>
    </section>
  );
}

const MOST_LINES = 5000;

function Source({ address }: { address: string }) {
  const text = useText(address);
  if (text.error !== null) return <Failure error={text.error} />;
  if (text.data === undefined) return <Skeleton rows={8} height={12} />;
  const lines = text.data.split("\n");
  return (
    <pre className="source" tabIndex={0}>
      {lines.slice(0, MOST_LINES).map((line, i) => <div key={i} className="source-line"><span>{i + 1}</span>{line}</div>)}
      {lines.length > MOST_LINES && `… ${lines.length - MOST_LINES} more lines`}
    </pre>
  );
}

function Diff({ address }: { address: string }) {
  const text = useText(address);
  const lines = useMemo(() => (text.data ?? "").split("\n").slice(0, MOST_LINES), [text.data]);
  if (text.error !== null) return <Failure error={text.error} />;
  if (text.data === undefined) return <Skeleton rows={8} height={12} />;
  const kind = (line: string) => (/^(\+\+\+|---|diff |index )/.test(line) ? "file" : line.startsWith("@@") ? "place" : line.startsWith("+") ? "more" : line.startsWith("-") ? "less" : undefined);
  return <pre className="source diff" tabIndex={0}>{lines.map((line, i) => <div key={i} className="source-line" data-kind={kind(line)}>{line === "" ? " " : line}</div>)}</pre>;
}
