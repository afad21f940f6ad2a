/** The step that moves an alias, with what changes by it. */
import { useAliases } from "@/api/needs";
import type { Registered } from "@/api/types";
import { metric } from "@/lib/format";
import { lowerIsBetter } from "@/lib/runs";
import { toast } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/parts";

const counters = /(^|[/_.])(epoch|step|global_step|iteration|batch|learning_rate|lr|runtime)$/i;

/** Metrics that say how good a model is: no counters. */
export const telling = (metrics: Record<string, number>): string[] => Object.keys(metrics).filter((key) => !counters.test(key));

/** What the version's run measured, with the difference against another version. */
export function Difference({ version, against, most = 8 }: { version: Registered; against: Registered | undefined; most?: number }) {
  const keys = telling(version.metrics).slice(0, most);
  if (keys.length === 0) return <p className="muted">Its run measured nothing.</p>;
  return (
    <dl className="facts metrics">
      {keys.map((key) => {
        const mine = version.metrics[key] ?? Number.NaN;
        const theirs = against?.metrics[key];
        const better = theirs === undefined || mine === theirs ? null : lowerIsBetter(key) ? mine < theirs : mine > theirs;
        return (
          <FactRow key={key} name={key}>
            {metric(mine)}
            {theirs !== undefined && <span className="delta" data-better={better} title={`${metric(theirs)} in ${against?.version}`}>{mine >= theirs ? "+" : "−"}{metric(Math.abs(mine - theirs))}</span>}
          </FactRow>
        );
      })}
    </dl>
  );
}

function FactRow({ name, children }: { name: string; children: React.ReactNode }) {
  return (<><dt title={name}>{name}</dt><dd>{children}</dd></>);
}

interface MoveProps {
  entity: string;
  project: string;
  name: string;
  version: Registered;
  alias: string;
  present: Registered | undefined;
  onEnd: () => void;
}

/** Asks before it moves; afterwards the move can be taken back. */
export function MoveDialog({ entity, project, name, version, alias, present, onEnd }: MoveProps) {
  const change = useAliases(entity, project, name, version.version);
  const back = useAliases(entity, project, name, present?.version ?? version.version);
  const here = present?.version === version.version;
  const move = () =>
    change.mutate({ add: [alias] }, {
      onSuccess: () => {
        onEnd();
        toast(`${name}:${version.version} is ${alias} now.`, { undo: () => back.mutateAsync(present === undefined ? { remove: [alias] } : { add: [alias] }) });
      },
    });
  const worse = telling(version.metrics).filter((key) => {
    const [mine, theirs] = [version.metrics[key], present?.metrics[key]];
    return mine !== undefined && theirs !== undefined && (lowerIsBetter(key) ? mine > theirs : mine < theirs);
  });
  return (
    <Dialog title={`${version.version} becomes ${alias}`} about={here ? `${version.version} is ${alias} already.` : present === undefined ? `No version is ${alias} now.` : `${present.version} is ${alias} now and will no longer be. The same step moves it back.`} open onClose={onEnd}>
      <h3>{version.version}{present === undefined || here ? "" : ` against ${present.version}`}</h3>
      <Difference version={version} against={here ? undefined : present} />
      {!here && worse.length > 0 && <p className="warning">Worse than {present?.version} in {worse.join(", ")}.</p>}
      {change.error !== null && <Failure error={change.error} />}
      <div className="row"><span className="grow" /><button type="button" className="button" onClick={onEnd}>Not now</button><button type="button" className="button primary" disabled={change.isPending || here} onClick={move}>Make it {alias}</button></div>
    </Dialog>
  );
}
