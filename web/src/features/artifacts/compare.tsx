/** Two versions side by side: their facts, metadata, config and files, with what differs marked. */
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useEntries, useVersion } from "@/api/needs";
import type { EntryLine, VersionDetail } from "@/api/types";
import { difference, type DifferenceLine } from "@/lib/difference";
import { bytes, value } from "@/lib/format";
import { sourceName } from "@/lib/tables";
import { Failure, Skeleton } from "@/ui/parts";

interface Props {
  version: VersionDetail;
  other: string | undefined;
  onOther: (version: string) => void;
}

/** The other version is chosen here; by itself the one before. */
export function Compare({ version, other, onOther }: Props) {
  const before = version.history.find((one) => Number(one.version.slice(1)) < Number(version.version.slice(1)))?.version;
  const name = other ?? before ?? version.history.find((one) => one.version !== version.version)?.version;
  const [all, setAll] = useState(false);
  if (name === undefined) return <div className="inner"><p className="muted">{version.collection} has only this version.</p></div>;
  return (
    <div className="inner wide">
      <div className="row wrap">
        <label className="row">Against<select className="field" aria-label="Against" value={name} onChange={(event) => onOther(event.target.value)}>{version.history.filter((one) => one.version !== version.version).map((one) => <option key={one.version}>{one.version}</option>)}</select></label>
        <label className="row"><input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />also what is the same</label>
      </div>
      <Pair version={version} name={name} all={all} />
    </div>
  );
}

function Pair({ version, name, all }: { version: VersionDetail; name: string; all: boolean }) {
  const { entity, project, collection } = version;
  const left = useVersion(entity, project, collection, name);
  const leftFiles = useEntries(entity, project, collection, name);
  const rightFiles = useEntries(entity, project, collection, version.version);
  const error = left.error ?? leftFiles.error ?? rightFiles.error;
  if (error !== null) return <Failure error={error} />;
  if (left.data === undefined || leftFiles.data === undefined || rightFiles.data === undefined) return <Skeleton />;
  const heads: [string, string] = [`${collection}:${left.data.version}`, `${collection}:${version.version}`];
  const facts = (one: VersionDetail) => ({ size: bytes(one.size_bytes), files: one.file_count, aliases: one.aliases.join(", "), tags: one.tags.join(", "), "made by": one.run_name ?? "–", digest: one.digest });
  return (
    <>
      <Lines title="Facts" heads={heads} lines={difference(facts(left.data), facts(version))} all={all} />
      <Lines title="Metadata" heads={heads} lines={difference(left.data.metadata, version.metadata)} all={all} />
      <Lines title="Config of the run that made it" heads={heads} lines={difference(left.data.run_config, version.run_config)} all={all} />
      <FileLines heads={heads} left={leftFiles.data.files} right={rightFiles.data.files} all={all} versions={[left.data, version]} />
    </>
  );
}

/** Lines of a comparison. Without any difference it says so. */
export function Lines({ title, heads, lines, all }: { title: string; heads: [string, string]; lines: DifferenceLine[]; all: boolean }) {
  const shown = all ? lines : lines.filter((line) => line.kind !== "same");
  return (
    <section className="card" aria-label={title}>
      <header className="row pad-head"><h2>{title}</h2><span className="muted">{lines.length === 0 ? "nothing on either side" : shown.length === 0 ? "the same" : `${lines.filter((line) => line.kind !== "same").length} of ${lines.length} differ`}</span></header>
      {shown.length > 0 && (
        <div className="table-scroll">
          <table className="table compare-table">
            <thead><tr><th /><th>{heads[0]}</th><th>{heads[1]}</th></tr></thead>
            <tbody>{shown.map((line) => <tr key={line.path} data-kind={line.kind}><td className="mono">{line.path}</td><td className="old">{line.kind === "added" ? "" : value(line.left)}</td><td className="new">{line.kind === "removed" ? "" : value(line.right)}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function FileLines({ heads, left, right, all, versions }: { heads: [string, string]; left: EntryLine[]; right: EntryLine[]; all: boolean; versions: [VersionDetail, VersionDetail] }) {
  const lines = useMemo(() => {
    const [a, b] = [new Map(left.map((file) => [file.path, file])), new Map(right.map((file) => [file.path, file]))];
    return [...new Set([...a.keys(), ...b.keys()])].sort().map((path) => {
      const [x, y] = [a.get(path), b.get(path)];
      return { path, x, y, kind: x === undefined ? "added" : y === undefined ? "removed" : x.digest === y.digest ? "same" : "changed" };
    });
  }, [left, right]);
  const shown = all ? lines : lines.filter((line) => line.kind !== "same");
  const [one, two] = versions;
  return (
    <section className="card" aria-label="Files">
      <header className="row pad-head"><h2>Files</h2><span className="muted">{shown.length === 0 ? `the same ${lines.length}` : `${lines.filter((line) => line.kind !== "same").length} of ${lines.length} differ`}</span></header>
      {shown.length > 0 && (
        <div className="table-scroll">
          <table className="table compare-table">
            <thead><tr><th /><th>{heads[0]}</th><th>{heads[1]}</th><th /></tr></thead>
            <tbody>{shown.slice(0, 500).map((line) => (
              <tr key={line.path} data-kind={line.kind}>
                <td className="mono">{line.path}</td><td className="old">{line.x === undefined ? "" : bytes(line.x.size_bytes)}</td><td className="new">{line.y === undefined ? "" : bytes(line.y.size_bytes)}</td>
                <td>{line.kind === "changed" && line.path.endsWith(".table.json") && <Link to="/$entity/$project/tables" params={{ entity: two.entity, project: two.project }} search={{ t: [one, two].map((each) => sourceName({ kind: "version", collection: each.collection, version: each.version, path: line.path })) }}>compare rows</Link>}</td>
              </tr>
            ))}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
