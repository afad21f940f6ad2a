/** Every trial with its parameters and its reason. */
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { Fragment, useMemo, useState } from "react";
import { useExplanation } from "@/api/sweeps";
import type { Trial } from "@/api/types";
import { metric, value } from "@/lib/format";
import { useHover } from "@/lib/hover";
import { saveAs } from "@/lib/save";
import { Failure, RunState, Skeleton } from "@/ui/parts";

interface Props {
  entity: string;
  project: string;
  sweep: string;
  trials: Trial[];
  params: string[];
  metricName: string;
  minimise: boolean;
  why: string | undefined;
  onWhy: (run: string | undefined) => void;
}

const PAGE = 100;

/** Best first; a click on the reason tells why this point was chosen. */
export function TrialTable({ entity, project, sweep, trials, params, metricName, minimise, why, onWhy }: Props) {
  const lit = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const [shown, setShown] = useState(PAGE);
  const sorted = useMemo(() => [...trials].sort((a, b) => {
    if (a.value === null || b.value === null) return a.value === b.value ? (a.seq ?? -1) - (b.seq ?? -1) : a.value === null ? 1 : -1;
    return (a.value - b.value) * (minimise ? 1 : -1);
  }), [trials, minimise]);
  const save = () => saveAs(`${sweep}.csv`, "text/csv", [["run", "state", metricName, ...params], ...sorted.map((one) => [one.run, one.state, one.value ?? "", ...params.map((param) => JSON.stringify(one.params?.[param] ?? ""))])].map((row) => row.join(",")).join("\r\n"));
  return (
    <section className="card" aria-label="Trials">
      <header className="row pad-head"><h2>Trials</h2><span className="muted">{trials.length}</span><span className="grow" /><button type="button" className="button" onClick={save}>CSV</button></header>
      <div className="trials-scroll" tabIndex={0}>
        <table className="table">
          <thead><tr><th className="num">#</th><th>Run</th><th>State</th><th className="num">{metricName}</th>{params.map((param) => <th key={param} className="num">{param}</th>)}<th>Why this point</th></tr></thead>
          <tbody>
            {sorted.slice(0, shown).map((trial) => (
              <Fragment key={trial.run}>
                <tr data-lit={lit !== null && lit === trial.id} onMouseEnter={() => hover(trial.id)} onMouseLeave={() => hover(null)}>
                  <td className="num muted">{trial.seq === null ? "prior" : trial.seq + 1}</td>
                  <td><Link to="/$entity/$project/runs/$run" params={{ entity, project, run: trial.run }}>{trial.run_name ?? trial.run}</Link></td>
                  <td><RunState state={trial.state.toLowerCase()} cause={trial.cause} /></td>
                  <td className="num"><b>{trial.value === null ? "–" : metric(trial.value)}</b></td>
                  {params.map((param) => <td key={param} className="num">{value(trial.params?.[param])}</td>)}
                  <td>
                    {trial.seq === null ? <span className="muted">built upon</span> : (
                      <button type="button" className="link row" aria-expanded={why === trial.run} onClick={() => onWhy(why === trial.run ? undefined : trial.run)}>
                        {why === trial.run ? <ChevronDown size={13} /> : <ChevronRight size={13} />}{String(trial.info?.["engine"] ?? "why")}
                      </button>
                    )}
                  </td>
                </tr>
                {why === trial.run && <tr className="why-row"><td colSpan={params.length + 5}><Why entity={entity} project={project} sweep={sweep} run={trial.run} metricName={metricName} /></td></tr>}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > shown && <button type="button" className="button quiet more" onClick={() => setShown(shown + PAGE * 5)}>Show more of {sorted.length}</button>}
    </section>
  );
}

function Why({ entity, project, sweep, run, metricName }: { entity: string; project: string; sweep: string; run: string; metricName: string }) {
  const found = useExplanation(entity, project, sweep, run);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={2} height={12} />;
  return (
    <div className="why">
      <ul>{found.data.sentences.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>
      {found.data.nearest.length > 0 && (
        <table className="table">
          <thead><tr><th>Nearest runs then</th><th className="num">distance</th><th className="num">{metricName}</th></tr></thead>
          <tbody>{found.data.nearest.map((one) => <tr key={one.run}><td><Link to="/$entity/$project/runs/$run" params={{ entity, project, run: one.run }}>{one.run}</Link></td><td className="num">{one.distance.toFixed(3)}</td><td className="num">{one.value === null ? "–" : metric(one.value)}</td></tr>)}</tbody>
        </table>
      )}
    </div>
  );
}
