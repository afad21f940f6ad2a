/** The run sets of a grid, each changed where it stands. */
import { Eye, EyeOff, Plus, Trash2 } from "lucide-react";
import { useProjects, useRunColumns } from "@/api/needs";
import { newRunSet, object, type RunSetChange, runSetTo, testsOf } from "@/api/report_spec";
import type { RunLine } from "@/api/types";
import { count } from "@/lib/format";
import type { RunSet } from "@/lib/run_set";
import { RunFilter } from "@/panels/run_filter";
import type { FoundSet } from "./run_sets";

interface Props {
  sets: FoundSet[];
  stored: readonly unknown[];
  all: RunSet<RunLine>;
  entity: string;
  project: string;
  onSets: (sets: unknown[]) => void;
}

const MOST_LISTED = 100;

/** All of them. A grid keeps at least one. */
export function RunSetForms({ sets, stored, all, entity, project, onSets }: Props) {
  const given = stored.length === 0 ? [newRunSet("Run set", entity, project)] : stored;
  const change = (at: number, how: RunSetChange) => onSets(given.map((one, i) => (i === at ? runSetTo(one, how) : one)));
  return (
    <div className="run-set-forms">
      {sets.map((one) => (
        <RunSetForm key={String(object(given[one.at]).id ?? one.at)} found={one} all={all} onChange={(how) => change(one.at, how)} {...(given.length > 1 ? { onRemove: () => onSets(given.filter((_, i) => i !== one.at)) } : {})} />
      ))}
      <div className="row"><button type="button" className="button" onClick={() => onSets([...given, newRunSet(`Run set ${given.length + 1}`, entity, project)])}><Plus size={14} />Add a run set</button></div>
    </div>
  );
}

function RunSetForm({ found: { set, enabled, found, shown, total }, all, onChange, onRemove }: { found: FoundSet; all: RunSet<RunLine>; onChange: (change: RunSetChange) => void; onRemove?: () => void }) {
  const projects = useProjects();
  const columns = useRunColumns(set.entity, set.project);
  const tests = testsOf(set.where);
  const fields = (columns.data?.columns ?? []).filter((one) => one.section !== "run");
  const places = [...new Set([`${set.entity}/${set.project}`, ...(projects.data?.projects ?? []).map((one) => `${one.entity}/${one.name}`)])];
  const hidden = found.filter((run) => !shown.includes(run)).map((run) => run.run_id);
  const toggle = (run: string) => onChange({ hidden: hidden.includes(run) ? hidden.filter((one) => one !== run) : [...hidden, run] });
  return (
    <details className="report-runs" aria-label={set.name}>
      <summary>
        {set.name} <span className="muted">{count(total, "run")} of {set.entity}/{set.project}{enabled ? "" : ", not drawn"}</span>
      </summary>
      <div className="run-set-form">
        <label className="check"><input type="checkbox" checked={enabled} onChange={(event) => onChange({ enabled: event.target.checked })} />Drawn in the panels</label>
        <label className="form-row"><span>Name</span><input className="field" value={set.name} onChange={(event) => onChange({ name: event.target.value })} /></label>
        <label className="form-row"><span>Project</span><select className="field" value={`${set.entity}/${set.project}`} onChange={(event) => { const [entity = "", project = ""] = event.target.value.split("/"); onChange({ home: { entity, project } }); }}>{places.map((one) => <option key={one}>{one}</option>)}</select></label>
        <label className="form-row"><span>Search</span><input className="field" placeholder="part of a name" value={set.search ?? ""} onChange={(event) => onChange({ search: event.target.value })} /></label>
        <label className="form-row"><span>Order</span>
          <select className="field" value={set.order} onChange={(event) => onChange({ order: event.target.value })}>
            {[...new Set([set.order, "-created_at", "+created_at", ...fields.filter((one) => one.kinds.includes("number")).flatMap((one) => [`+${one.name}`, `-${one.name}`])])].map((one) => <option key={one} value={one}>{one.slice(1) === "created_at" ? (one.startsWith("-") ? "newest first" : "oldest first") : `${one.slice(1)}, ${one.startsWith("+") ? "lowest" : "highest"} first`}</option>)}
          </select>
        </label>
        <label className="form-row"><span>Group by</span>
          <select className="field" value={set.groupBy[0] ?? ""} onChange={(event) => onChange({ groupBy: event.target.value === "" ? [] : [event.target.value] })}>
            <option value="">nothing</option>
            {[...new Set([...set.groupBy.slice(0, 1), "group", "job_type", ...fields.filter((one) => one.section === "config").map((one) => one.name)])].map((one) => <option key={one}>{one}</option>)}
          </select>
        </label>
        <div className="run-set-filter">
          <span className="muted">Only runs for which</span>
          {tests === null ? <div className="row"><span className="muted grow">The filter of this set is said in a way that is not edited here; it is kept.</span><button type="button" className="button" onClick={() => onChange({ tests: [] })}>Drop it</button></div> : <RunFilter entity={set.entity} project={set.project} tests={tests} onTests={(next) => onChange({ tests: next ?? [] })} />}
        </div>
        <ul className="run-set-runs" aria-label={`Runs of ${set.name}`}>
          {found.slice(0, MOST_LISTED).map((run) => {
            const off = hidden.includes(run.run_id);
            return <li key={run.id} className="row"><button type="button" className="button quiet icon" aria-label={`${off ? "Show" : "Hide"} ${run.name}`} aria-pressed={!off} onClick={() => toggle(run.run_id)}>{off ? <EyeOff size={13} /> : <Eye size={13} />}</button><i className="dot" style={{ background: off ? "var(--line)" : all.colour(run) }} /><span className="ellipsis grow">{run.name}</span></li>;
          })}
        </ul>
        {onRemove !== undefined && <div className="row"><span className="grow" /><button type="button" className="button" onClick={onRemove}><Trash2 size={14} />Remove this run set</button></div>}
      </div>
    </details>
  );
}
