/** One sentence on top: who is best and by how much, what runs now, what crashed. */
import { Link } from "@tanstack/react-router";
import type { RunLine } from "@/api/types";
import { metric } from "@/lib/format";
import { lowerIsBetter, mainMetric } from "@/lib/runs";

/** The sentence; every name in it leads to its run. */
export function Headline({ runs, entity, project }: { runs: RunLine[]; entity: string; project: string }) {
  const key = mainMetric(runs);
  const lower = key !== null && lowerIsBetter(key);
  const ranked = key === null ? [] : runs
    .filter((run) => typeof run.summary[key] === "number" && Number.isFinite(run.summary[key]))
    .sort((a, b) => (Number(a.summary[key]) - Number(b.summary[key])) * (lower ? 1 : -1));
  const [best, next] = ranked;
  const running = runs.filter((run) => run.state === "running");
  const lost = runs.filter((run) => run.state === "crashed" || run.state === "failed");
  const name = (run: RunLine) => <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}>{run.name}</Link>;
  return (
    <p className="headline">
      {key !== null && best !== undefined && (
        <>
          Best <code>{key}</code> is <b>{metric(Number(best.summary[key]))}</b> by {name(best)}
          {next !== undefined && <>, {metric(Math.abs(Number(best.summary[key]) - Number(next.summary[key])))} {lower ? "below" : "above"} {name(next)}</>}
          .{" "}
        </>
      )}
      {running.length > 0 && running[0] !== undefined && <>{running.length === 1 ? <>{name(running[0])} runs now. </> : <>{running.length} runs are running now. </>}</>}
      {lost.length > 0 && lost[0] !== undefined && <>{name(lost[0])} {lost[0].state}{lost[0].state_cause === null ? "" : ` (${lost[0].state_cause})`}{lost.length > 1 ? ` and ${lost.length - 1} more` : ""}.</>}
    </p>
  );
}
