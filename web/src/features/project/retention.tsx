/** Which versions a project lets go by itself, with what that means before it is switched on. */
import { useEffect, useMemo, useState } from "react";
import { type RetentionRule, usePlan, useRetention, useSetRetention } from "@/api/project";
import { useCollections } from "@/api/needs";
import { bytes, count } from "@/lib/format";
import { toast } from "@/lib/toasts";
import { Ago, Failure, Skeleton } from "@/ui/parts";

const first: RetentionRule = { keep_last: 3, keep_best: 0, metric: "", maximize: false, older_than_days: 30, types: [], media_older_than_days: null, runs_older_than_days: null };
const REST_MS = 400;

/** The card. */
export function RetentionRules({ entity, project }: { entity: string; project: string }) {
  const found = useRetention(entity, project);
  return (
    <section className="card part" aria-labelledby="retention-title">
      <h2 id="retention-title">Retention of artifacts, media and runs</h2>
      <p className="muted">A rule lets old versions go by itself. Versions with an alias of their own, and linked ones, always stay; what goes can be brought back within the grace. Media of runs, logged tables among them, go only if you give an age; those of runs with a tag, of living ones and of the best stay, and what goes of them does not come back. Whole runs, too, go only if you give an age: not those with a tag, living ones, the best, nor whatever made a version that has an alias or is linked; they can be brought back within the grace.</p>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={3} height={14} /> : (
        <Rules key={JSON.stringify(found.data.rule)} entity={entity} project={project} stored={found.data.rule as RetentionRule | null} may={found.data.may_manage} />
      )}
    </section>
  );
}

function Rules({ entity, project, stored, may }: { entity: string; project: string; stored: RetentionRule | null; may: boolean }) {
  const [draft, setDraft] = useState<RetentionRule | null>(stored);
  const save = useSetRetention(entity, project);
  const rested = useRested(draft);
  const plan = usePlan(entity, project, rested);
  const same = JSON.stringify(draft) === JSON.stringify(stored);
  const put = (rule: RetentionRule | null, said: string) => save.mutate(rule, { onSuccess: () => toast(said, { of: [`${entity}/${project}`], undo: () => save.mutateAsync(stored) }) });
  if (draft === null) {
    return (
      <>
        <p>Nothing goes by itself.</p>
        {may && <div className="row"><button type="button" className="button" onClick={() => setDraft(first)}>Make a rule</button></div>}
      </>
    );
  }
  return (
    <form className="part-rules" onSubmit={(event) => { event.preventDefault(); put(draft, "The rule is in force; it acts within an hour."); }}>
      <fieldset disabled={!may} className="plain-fieldset">
        <RuleForm entity={entity} project={project} rule={draft} onRule={setDraft} />
      </fieldset>
      <div className="rule-plan" role="status" aria-label="What the rule lets go">
        {plan.error !== null ? <Failure error={plan.error} /> : plan.data === undefined ? <Skeleton rows={1} height={14} /> : plan.data.versions.length + plan.data.media.length + plan.data.runs.length === 0 ? <span>Now this rule lets nothing go.</span> : (
          <>
            <span>Now it lets <b>{count(plan.data.versions.length, "version")}</b>{plan.data.media.length > 0 && <> and <b>{count(plan.data.media.reduce((sum, one) => sum + one.files, 0), "media file")}</b> of {count(plan.data.media.length, "run")}</>}{plan.data.runs.length > 0 && <> and <b>{count(plan.data.runs.length, "whole run")}</b></>} go and frees <b>{bytes(plan.data.frees_bytes)}</b>{plan.data.stays_bytes > 0 ? `; ${bytes(plan.data.stays_bytes)} are needed elsewhere and stay` : ""}.</span>
            <div className="scroll" tabIndex={0}>
              <table className="table">
                <thead><tr><th>Version</th><th>Type</th><th>Made</th><th className="num">Size</th></tr></thead>
                <tbody>{plan.data.versions.map((one) => <tr key={one.id}><td>{one.name}</td><td className="muted">{one.type}</td><td className="muted"><Ago at={one.created_at} /></td><td className="num">{bytes(one.size_bytes)}</td></tr>)}{plan.data.media.map((one) => <tr key={`media ${one.run}`}><td>{one.run}</td><td className="muted">media</td><td className="muted">{count(one.files, "file")}</td><td className="num">{bytes(one.size_bytes)}</td></tr>)}{plan.data.runs.map((one) => <tr key={`run ${one.run}`}><td>{one.display_name}</td><td className="muted">run</td><td className="muted"><Ago at={one.ended_at} /></td><td /></tr>)}</tbody>
              </table>
            </div>
          </>
        )}
      </div>
      {save.error !== null && <Failure error={save.error} />}
      {may && (
        <div className="row wrap">
          <button type="submit" className="button primary" disabled={save.isPending || same || plan.error !== null}>{stored === null ? "Switch the rule on" : "Change the rule"}</button>
          {!same && <button type="button" className="button" onClick={() => setDraft(stored)}>Drop the change</button>}
          {stored !== null && <button type="button" className="button" disabled={save.isPending} onClick={() => put(null, "The rule is gone; nothing goes by itself.")}>Remove the rule</button>}
        </div>
      )}
    </form>
  );
}

function RuleForm({ entity, project, rule, onRule }: { entity: string; project: string; rule: RetentionRule; onRule: (rule: RetentionRule) => void }) {
  const collections = useCollections(entity, project);
  const types = useMemo(() => [...new Set([...(collections.data?.collections ?? []).map((one) => one.type), ...rule.types])].sort(), [collections.data, rule.types]);
  const set = (change: Partial<RetentionRule>) => onRule({ ...rule, ...change });
  const whole = (text: string) => Math.max(0, Math.round(Number(text) || 0));
  return (
    <div className="rule-form">
      <label htmlFor="keep-last">Keep the newest</label>
      <span className="row"><input id="keep-last" className="field" type="number" min={0} value={rule.keep_last} onChange={(event) => set({ keep_last: whole(event.target.value) })} /><span className="muted">of each collection</span></span>
      <label htmlFor="keep-best">Keep the best</label>
      <span className="row wrap">
        <input id="keep-best" className="field" type="number" min={0} value={rule.keep_best} onChange={(event) => set({ keep_best: whole(event.target.value) })} />
        {rule.keep_best > 0 && (
          <>
            <span className="muted">by the</span>
            <select className="field" aria-label="Way of the metric" value={rule.maximize ? "high" : "low"} onChange={(event) => set({ maximize: event.target.value === "high" })}><option value="low">lowest</option><option value="high">highest</option></select>
            <input className="field grow" aria-label="Metric of the run that made it" placeholder="metric, such as val_loss" value={rule.metric} onChange={(event) => set({ metric: event.target.value })} />
          </>
        )}
      </span>
      <label htmlFor="older-than">Keep what is younger than</label>
      <span className="row"><input id="older-than" className="field" type="number" min={0} step="any" value={rule.older_than_days} onChange={(event) => set({ older_than_days: Math.max(0, Number(event.target.value) || 0) })} /><span className="muted">days</span></span>
      <label htmlFor="media-age">Let media of runs go after</label>
      <span className="row"><input id="media-age" className="field" type="number" min={0} step="any" placeholder="never" value={rule.media_older_than_days ?? ""} onChange={(event) => set({ media_older_than_days: event.target.value === "" ? null : Math.max(0, Number(event.target.value) || 0) })} /><span className="muted">days</span></span>
      <label htmlFor="runs-age">Let whole runs go after</label>
      <span className="row"><input id="runs-age" className="field" type="number" min={0} step="any" placeholder="never" value={rule.runs_older_than_days ?? ""} onChange={(event) => set({ runs_older_than_days: event.target.value === "" ? null : Math.max(0, Number(event.target.value) || 0) })} /><span className="muted">days</span></span>
      <label>Types</label>
      <span className="row wrap">
        <label className="check"><input type="checkbox" checked={rule.types.length === 0} onChange={() => set({ types: [] })} />all</label>
        {types.map((one) => <label key={one} className="check"><input type="checkbox" checked={rule.types.includes(one)} onChange={(event) => set({ types: event.target.checked ? [...rule.types, one] : rule.types.filter((type) => type !== one) })} />{one}</label>)}
      </span>
    </div>
  );
}

/** The rule once nobody types any more. */
function useRested(rule: RetentionRule | null): RetentionRule | null {
  const [rested, setRested] = useState(rule);
  useEffect(() => {
    const timer = setTimeout(() => setRested(rule), REST_MS);
    return () => clearTimeout(timer);
  }, [rule]);
  return rested;
}
