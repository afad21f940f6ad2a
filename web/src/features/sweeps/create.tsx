/** A new sweep: YAML that is checked as it is typed, perhaps from runs that are there. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useRuns } from "@/api/needs";
import { type CheckedConfig, useConfigCheck, useMakeSweep } from "@/api/sweeps";
import type { RunLine } from "@/api/types";
import { count } from "@/lib/format";
import { differing, loggedMetric, lowerIsBetter, mainMetric } from "@/lib/runs";
import { toast } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/parts";

const plainText = `# Numbers like 1e-4 are read as numbers.
program: train.py
method: bayes
metric:
  name: val_loss
  goal: minimize
parameters:
  lr:
    distribution: log_uniform_values
    min: 1e-4
    max: 1e-1
  batch_size:
    values: [32, 64, 128]
run_cap: 30
`;

const quoted = (v: unknown) => (typeof v === "string" ? JSON.stringify(v) : String(v));

/** A configuration that spans what some runs have tried. */
export function configFrom(runs: readonly RunLine[]): string {
  const main = mainMetric(runs);
  const metric = main === null ? null : loggedMetric(main, new Set(runs.flatMap((run) => Object.keys(run.summary))));
  const lines = ["program: train.py", "method: bayes"];
  if (metric !== null) lines.push("metric:", `  name: ${metric}`, `  goal: ${lowerIsBetter(metric) ? "minimize" : "maximize"}`);
  lines.push("parameters:");
  for (const key of differing(runs)) {
    const values = [...new Set(runs.map((run) => run.config[key]).filter((v) => v !== undefined && v !== null && typeof v !== "object"))];
    const numbers = values.filter((v): v is number => typeof v === "number");
    if (values.length < 2) continue;
    lines.push(`  ${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}:`);
    if (numbers.length === values.length && values.length > 4) {
      const [lo, hi] = [Math.min(...numbers), Math.max(...numbers)];
      if (numbers.every(Number.isInteger)) lines.push("    distribution: int_uniform", `    min: ${lo}`, `    max: ${hi}`);
      else lines.push(`    distribution: ${lo > 0 && hi / lo > 30 ? "log_uniform_values" : "uniform"}`, `    min: ${lo}`, `    max: ${hi}`);
    } else lines.push(`    values: [${values.map(quoted).join(", ")}]`);
  }
  return `${lines.join("\n")}\nrun_cap: 30\n`;
}

/** The dialog. */
export function CreateSweep({ entity, project, onClose }: { entity: string; project: string; onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState(plainText);
  const [settled, setSettled] = useState(text);
  const [prior, setPrior] = useState<ReadonlySet<string>>(new Set());
  const runs = useRuns({ entity, project, limit: 200 });
  const check = useConfigCheck(settled);
  const make = useMakeSweep(entity, project);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const finished = (runs.data?.runs ?? []).filter((run) => run.state === "finished" && mainMetric([run]) !== null);
  const chosen = finished.filter((run) => prior.has(run.run_id));
  const toggle = (run: string) => setPrior((now) => {
    const next = new Set(now);
    if (!next.delete(run)) next.add(run);
    return next;
  });
  const bad = check.data === undefined || check.data.errors.length > 0 || settled !== text;
  return (
    <Dialog title="New sweep" size="wide" open onClose={onClose}>
      <form className="sweep-new" onSubmit={(event) => {
        event.preventDefault();
        make.mutate({ config_text: text, prior_runs: [...prior] }, {
          onSuccess: (made) => {
            toast(`Sweep ${made.name} waits for its first agent.`);
            onClose();
            void navigate({ to: "/$entity/$project/sweeps/$sweep", params: { entity, project, sweep: made.name } });
          },
        });
      }}>
        <div className="sweep-new-text">
          <label htmlFor="sweep-config"><b>Configuration</b> <span className="muted">YAML or JSON, as <code>wandb sweep</code> takes it</span></label>
          <textarea id="sweep-config" className="field mono" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} onKeyDown={(event) => {
            // Tab goes on through the form, as everywhere; two spaces are typed.
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }} />
        </div>
        <div className="sweep-new-side">
          <Findings checked={check.data} error={check.error} />
          <fieldset>
            <legend>Learn from runs that are there</legend>
            {finished.length === 0 ? <p className="muted">No finished run with a number in its summary.</p> : (
              <>
                <div className="pop-list">
                  {finished.map((run) => <label key={run.id}><input type="checkbox" checked={prior.has(run.run_id)} onChange={() => toggle(run.run_id)} /><span className="ellipsis grow">{run.name}</span>{run.sweep !== null && <span className="tag">sweep</span>}</label>)}
                </div>
                <div className="row">
                  <span className="muted grow">{count(chosen.length, "run")} chosen</span>
                  <button type="button" className="button" onClick={() => setPrior(prior.size === finished.length ? new Set() : new Set(finished.map((run) => run.run_id)))}>{prior.size === finished.length ? "None" : "All"}</button>
                  <button type="button" className="button" disabled={chosen.length < 2} title="Write parameters that span what the chosen runs have tried" onClick={() => setText(configFrom(chosen))}>Fill in their ranges</button>
                </div>
              </>
            )}
          </fieldset>
          {make.error !== null && <Failure error={make.error} />}
          <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Close</button><button type="submit" className="button primary" disabled={bad || make.isPending}>Create</button></div>
        </div>
      </form>
    </Dialog>
  );
}

function Findings({ checked, error }: { checked: CheckedConfig | undefined; error: Error | null }) {
  if (error !== null) return <Failure error={error} />;
  if (checked === undefined) return <p className="muted">Reading…</p>;
  return (
    <div className="findings" role="status" aria-label="What the server makes of it">
      {checked.errors.map((one) => (
        <p key={`${one.path}${one.got}`} className="finding" data-tone="bad"><code>{one.path === "" ? "the text" : one.path}</code> expected {one.expected}, got {one.got}{one.nearest !== null && <>. Did you mean <code>{one.nearest}</code>?</>}</p>
      ))}
      {checked.warnings.map((one) => <p key={one} className="finding" data-tone="warn">{one}</p>)}
      {checked.errors.length === 0 && <p className="finding" data-tone="ok">{checked.method} over {count(checked.parameters, "parameter")}{checked.metric === null ? ", without a metric" : <>, for <code>{checked.metric}</code></>}.</p>}
    </div>
  );
}
