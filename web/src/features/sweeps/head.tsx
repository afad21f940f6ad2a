/** What a sweep is and how it stands, and its controls. */
import { Link } from "@tanstack/react-router";
import { CircleStop, Pause, Play, Rocket, Square } from "lucide-react";
import { useState } from "react";
import { useSweepControl } from "@/api/needs";
import { type TrustedRun, useTrustedRun } from "@/api/sweeps";
import type { SweepDetail } from "@/api/types";
import { metric } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { RunState } from "@/ui/parts";
import { LinkBest } from "./link_best";
import { runsOf } from "./trials";

type State = "RUNNING" | "PAUSED" | "FINISHED" | "CANCELED";

const controls: { state: State; label: string; icon: typeof Pause; says: string; done: string; when: string[] }[] = [
  { state: "PAUSED", label: "Pause", icon: Pause, says: "Agents wait. Runs that are going on finish; no new one starts until you resume.", done: "Paused", when: ["RUNNING", "PENDING"] },
  { state: "RUNNING", label: "Resume", icon: Play, says: "Agents get new points again.", done: "Resumed", when: ["PAUSED", "FINISHED", "CANCELED"] },
  { state: "FINISHED", label: "Stop", icon: Square, says: "No new run starts and agents end. Runs that are going on finish and still count.", done: "Stopped", when: ["RUNNING", "PENDING", "PAUSED"] },
  { state: "CANCELED", label: "Cancel", icon: CircleStop, says: "No new run starts, agents end, and runs that are going on are killed. What they logged so far stays.", done: "Cancelled", when: ["RUNNING", "PENDING", "PAUSED"] },
];

/** The head of the page. */
export function Head({ sweep, entity, project, bestName }: { sweep: SweepDetail; entity: string; project: string; bestName: string | null }) {
  const control = useSweepControl(entity, project, sweep.name);
  const trusted = useTrustedRun(entity, project, sweep.name);
  const [asked, setAsked] = useState(false);
  const [linking, setLinking] = useState(false);
  const set = (state: State, done: string) =>
    control.mutate(state, {
      onSuccess: () => toast(`${done} ${sweep.display_name ?? sweep.name}.`, state === "PAUSED" ? { undo: () => control.mutateAsync("RUNNING") } : {}),
      onError: toastError,
    });
  return (
    <header className="sweep-head">
      <div className="row wrap">
        <h1 className="ellipsis">{sweep.display_name ?? sweep.name}</h1>
        <RunState state={sweep.state.toLowerCase()} cause={sweep.state_cause} />
        <span className="tag">{sweep.method}</span>
        {sweep.metric !== null && <span className="tag mono">{sweep.metric.goal} {sweep.metric.used}</span>}
        <span className="grow" />
        {sweep.may_write && controls.filter((one) => one.when.includes(sweep.state)).map((one) => (
          <button key={one.state} type="button" className="button" disabled={control.isPending} title={one.says} onClick={() => (one.state === "CANCELED" ? setAsked(true) : set(one.state, one.done))}><one.icon size={14} />{one.label}</button>
        ))}
        {sweep.may_write && sweep.best_run !== null && <button type="button" className="button primary" onClick={() => setLinking(true)}><Rocket size={14} />Link best to registry</button>}
      </div>
      {sweep.state_cause !== null && <p className="muted">{sweep.state_cause}</p>}
      <p className="headline">
        {sweep.best !== null && sweep.best_run !== null && (
          <>Best <code>{sweep.metric?.used}</code> is <b>{metric(sweep.best)}</b> by <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: sweep.best_run }}>{bestName ?? sweep.best_run}</Link>. </>
        )}
        {runsOf(sweep)} {sweep.expected_runs === null ? "runs" : `of ${sweep.expected_runs} runs`} so far.{" "}
        {trusted.data?.run != null && trusted.data.run !== sweep.best_run && <Trusted found={trusted.data} entity={entity} project={project} />}
      </p>
      <Dialog title="Cancel this sweep?" about={controls[3]?.says ?? ""} open={asked} onClose={() => setAsked(false)}>
        <div className="row"><span className="grow" /><button type="button" className="button" onClick={() => setAsked(false)}>Keep it</button><button type="button" className="button bad" onClick={() => { setAsked(false); set("CANCELED", "Cancelled"); }}>Cancel the sweep</button></div>
      </Dialog>
      {linking && sweep.best_run !== null && <LinkBest entity={entity} project={project} run={sweep.best_run} onClose={() => setLinking(false)} />}
    </header>
  );
}

/** The sentence, with a link where it names a run of this sweep. */
function Trusted({ found, entity, project }: { found: TrustedRun; entity: string; project: string }) {
  const lead = "Run ";
  const label = found.run_name ?? found.run ?? "";
  if (found.run === null || found.seq === null || !found.sentence.startsWith(lead + label)) return <>{found.sentence}</>;
  return <>{lead}<Link to="/$entity/$project/runs/$run" params={{ entity, project, run: found.run }}>{label}</Link>{found.sentence.slice(lead.length + label.length)}</>;
}
