/** What a version says about itself, each fact changed where it stands. */
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { useVersionChange } from "@/api/artifacts";
import type { VersionDetail } from "@/api/types";
import { bytes, count, span } from "@/lib/format";
import { toastError } from "@/lib/toasts";
import { Editable, Words } from "@/ui/editable";
import { Markdown } from "@/ui/markdown";
import { Ago, AliasTag, RunState } from "@/ui/parts";

const DAY = 86_400;
const lives = [
  { label: "as the collection", seconds: -1 },
  { label: "never", seconds: -2 },
  { label: "1 day", seconds: DAY },
  { label: "7 days", seconds: 7 * DAY },
  { label: "30 days", seconds: 30 * DAY },
  { label: "90 days", seconds: 90 * DAY },
  { label: "1 year", seconds: 365 * DAY },
];

const FEW = 4;

/** The runs that made a version, the first few by name. */
function Makers({ runs }: { runs: VersionDetail["made_by"] }) {
  if (runs.length === 0) return <>–</>;
  const rest = runs.slice(FEW);
  return (
    <>
      {runs.slice(0, FEW).map((run, i) => <Fragment key={`${run.project}/${run.run}`}>{i > 0 && ", "}<Link to="/$entity/$project/runs/$run" params={{ entity: run.entity, project: run.project, run: run.run }}>{run.name}</Link></Fragment>)}
      {rest.length > 0 && <span className="muted" title={rest.map((run) => run.name).join("\n")}> and {rest.length.toLocaleString("en-US")} more</span>}
    </>
  );
}

/** The tab. */
export function VersionOverview({ version }: { version: VersionDetail }) {
  const change = useVersionChange(version.entity, version.project, version.collection, version.version);
  const save = (values: Parameters<typeof change.mutate>[0]) => change.mutate(values, { onError: toastError });
  const may = version.may_write;
  const current = version.ttl_inherited ? -1 : (version.ttl_seconds ?? -2);
  const ends = version.ttl_seconds === null ? null : new Date(Date.parse(version.created_at) + version.ttl_seconds * 1000);
  return (
    <div className="overview">
      <section className="card pad" aria-label="Facts">
        <h2>Facts</h2>
        <dl className="facts">
          <dt>Full name</dt><dd><code>{version.entity}/{version.project}/{version.collection}:{version.version}</code></dd>
          {version.source !== null && (<><dt>Linked from</dt><dd><Link to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity: version.source.entity, project: version.source.project, type: version.type, name: version.source.collection, version: version.source.version }}>{version.source.entity}/{version.source.project}/{version.source.collection}:{version.source.version}</Link></dd></>)}
          <dt>Files</dt><dd>{count(version.file_count, "file")}, {bytes(version.size_bytes)}</dd>
          <dt>Digest</dt><dd><code>{version.digest}</code></dd>
          <dt>Created</dt><dd><Ago at={version.created_at} />{version.user === null ? "" : ` by ${version.user}`}</dd>
          <dt>Made by</dt><dd><Makers runs={version.made_by} /></dd>
          <dt>Tags</dt><dd><Words label="tag" words={version.tags} may={may} show={(tag) => <span className="tag">{tag}</span>} onAdd={(tag) => save({ tags_to_add: [tag] })} onRemove={(tag) => save({ tags_to_remove: [tag] })} />{!may && version.tags.length === 0 && "–"}</dd>
          <dt>Life time</dt>
          <dd className="row wrap">
            {may ? (
              <select className="field" aria-label="Life time" value={current} onChange={(event) => save({ ttl_seconds: Number(event.target.value) })}>
                {lives.map((one) => <option key={one.seconds} value={one.seconds}>{one.label}</option>)}
                {!lives.some((one) => one.seconds === current) && <option value={current}>{span(current)}</option>}
              </select>
            ) : ends === null ? "for ever" : span(version.ttl_seconds ?? 0)}
            {ends !== null && <span className="muted">deleted after {ends.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}, unless it is linked</span>}
          </dd>
        </dl>
      </section>
      <section className="card pad" aria-label="Description">
        <h2>Description</h2>
        <Editable label="description of the version" value={version.description ?? ""} may={may} onSave={(description) => save({ description })}>
          {version.description === null || version.description === "" ? <p className="muted flush">None.</p> : <Markdown text={version.description} />}
        </Editable>
      </section>
      <section className="card pad" aria-label="Registered as">
        <h2>Registered as</h2>
        {version.links.length === 0 ? <p className="muted flush">Nowhere yet.</p> : (
          <ul className="plain-list">{version.links.map((link) => (
            <li key={`${link.entity}/${link.project}/${link.collection}`} className="row wrap"><Link to="/registry/$entity/$project/$name" params={{ entity: link.entity, project: link.project, name: link.collection }}><b>{link.collection}:{link.version}</b></Link><span className="muted">{link.entity}/{link.project}</span>{link.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</li>
          ))}</ul>
        )}
      </section>
      <section className="card pad" aria-label="Used by">
        <h2>Used by <span className="tag">{version.used_by.length}</span></h2>
        {version.used_by.length === 0 ? <p className="muted flush">No run yet.</p> : (
          <ul className="plain-list scroll-list">{version.used_by.map((run) => (
            <li key={`${run.project}/${run.run}`} className="row"><Link to="/$entity/$project/runs/$run" params={{ entity: run.entity, project: run.project, run: run.run }}>{run.name}</Link><span className="muted grow">{run.job_type}</span><RunState state={run.state} /></li>
          ))}</ul>
        )}
      </section>
    </div>
  );
}
