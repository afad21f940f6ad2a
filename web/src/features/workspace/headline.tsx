/** One sentence on top: who is best and by how much, what runs now, what crashed. */
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useLastLines } from "@/api/needs";
import type { RunLine } from "@/api/types";
import { metric } from "@/lib/format";
import { lowerIsBetter, mainMetric } from "@/lib/runs";
import { numberOf } from "@/lib/values";

interface Props {
  runs: RunLine[];
  entity: string;
  project: string;
  /** Show only these runs. */
  onOnly: (runs: RunLine[]) => void;
}

/** The sentence; every name leads to its run, every number to the runs behind it. */
export function Headline({ runs, entity, project, onOnly }: Props) {
  const { key, lower, ranked, running, lost } = useMemo(() => {
    const metricKey = mainMetric(runs);
    const low = metricKey !== null && lowerIsBetter(metricKey);
    return {
      key: metricKey,
      lower: low,
      ranked: metricKey === null ? [] : runs
        .flatMap((run) => {
          const value = numberOf(run, metricKey);
          return value === null ? [] : [{ run, value }];
        })
        .sort((a, b) => (a.value - b.value) * (low ? 1 : -1)),
      running: runs.filter((run) => run.state === "running"),
      lost: runs.filter((run) => run.state === "crashed" || run.state === "failed"),
    };
  }, [runs]);
  const [best, next] = ranked;
  const fallen = lost[0];
  const said = useLastLines(entity, project, fallen?.run_id ?? null);
  const name = (run: RunLine) => <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}>{run.name}</Link>;
  return (
    <p className="headline">
      {key !== null && best !== undefined && (
        <>
          Best <code>{key}</code> is <button type="button" className="link" title="Show only this run" onClick={() => onOnly([best.run])}>{metric(best.value)}</button> by {name(best.run)}
          {next !== undefined && (
            <>, <button type="button" className="link" title="Show only these two" onClick={() => onOnly([best.run, next.run])}>{metric(Math.abs(best.value - next.value))}</button> {lower ? "below" : "above"} {name(next.run)}</>
          )}
          .{" "}
        </>
      )}
      {running.length > 0 && running[0] !== undefined && (
        <>{running.length === 1 ? <>{name(running[0])} runs now. </> : <><button type="button" className="link" onClick={() => onOnly(running)}>{running.length} runs</button> are running now. </>}</>
      )}
      {fallen !== undefined && (
        <>
          {name(fallen)} {fallen.state}
          {said !== null ? <>: <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: fallen.run_id }} search={{ tab: "logs" }} className="headline-said mono">{said}</Link></> : fallen.state_cause === null ? "" : ` (${fallen.state_cause})`}
          {lost.length > 1 && <>, and <button type="button" className="link" onClick={() => onOnly(lost)}>{lost.length - 1} more</button></>}.
        </>
      )}
    </p>
  );
}
