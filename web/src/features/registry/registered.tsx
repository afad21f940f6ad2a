/** One registered model: who holds which stage, and the move from one to the next. */
import { Link, useParams } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { useAliases, useRegistered } from "@/api/needs";
import type { Registered } from "@/api/types";
import { bytes, metric } from "@/lib/format";
import { lowerIsBetter } from "@/lib/runs";
import { Ago, AliasTag, Code, Failure, Skeleton } from "@/ui/parts";
import "./registry.css";

const stages = [
  { alias: "candidate", says: "the best model so far" },
  { alias: "to_evaluate", says: "waits for the test data" },
  { alias: "production", says: "what users get" },
] as const;

/** The page. */
export function RegisteredModel() {
  const { entity, project, name } = useParams({ from: "/registry/$entity/$project/$name" });
  const found = useRegistered(entity, project, name);
  const [moving, setMoving] = useState<{ version: Registered; alias: string } | null>(null);
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={8} /></main>;
  const { versions, moves } = found.data;
  const holder = (alias: string) => versions.find((one) => one.aliases.includes(alias));
  return (
    <main id="main" className="page">
      <div className="inner wide">
        <div className="row"><h1>{name}</h1><span className="tag">{found.data.type}</span><span className="muted">{entity}/{project}</span></div>
        {found.data.description !== null && <p className="notes">{found.data.description}</p>}
        <div className="stages">
          {stages.map((stage) => {
            const one = holder(stage.alias);
            return (
              <section key={stage.alias} className="card stage" data-alias={stage.alias} aria-label={stage.alias}>
                <div className="row"><AliasTag alias={stage.alias} /><span className="muted">{stage.says}</span></div>
                {one === undefined ? <p className="muted">No version.</p> : (
                  <>
                    <div className="row"><b className="stage-version">{name}:{one.version}</b><Code text={`${entity}/${project}/${name}:${one.version}`} label="Copy name" /></div>
                    <Metrics version={one} against={undefined} />
                    <span className="muted">linked <Ago at={one.linked_at} />{one.run_name === null ? "" : ` from ${one.run_name}`}</span>
                  </>
                )}
              </section>
            );
          })}
        </div>
        <section className="card scroll">
          <table className="table">
            <thead><tr><th>Version</th><th>Aliases</th><th>From run</th><th>Metrics</th><th className="num">Size</th><th>Linked</th><th>Move</th></tr></thead>
            <tbody>
              {versions.map((one) => (
                <tr key={one.version}>
                  <td><b>{one.version}</b></td>
                  <td><span className="row">{one.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</span></td>
                  <td>{one.run === null || one.run_project === null ? "–" : <Link to="/$entity/$project/runs/$run" params={{ entity: one.entity, project: one.run_project, run: one.run }}>{one.run_name ?? one.run}</Link>}</td>
                  <td className="muted">{Object.entries(one.metrics).slice(0, 3).map(([key, v]) => `${key} ${metric(v)}`).join(", ")}</td>
                  <td className="num">{bytes(one.size_bytes)}</td>
                  <td className="muted"><Ago at={one.linked_at} /></td>
                  <td><span className="row">
                    {found.data.may_write && stages.filter((stage) => !one.aliases.includes(stage.alias)).map((stage) => (
                      <button key={stage.alias} type="button" className="button move" onClick={() => setMoving({ version: one, alias: stage.alias })}><ArrowRight size={12} />{stage.alias}</button>
                    ))}
                  </span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {moves.length > 0 && (
          <section className="card pad">
            <h2>Who moved what</h2>
            <ol className="moves">{moves.map((move, i) => <li key={`${move.at} ${i}`}><Ago at={move.at} /> <b>{move.user ?? "the server"}</b> {move.detail}</li>)}</ol>
          </section>
        )}
      </div>
      {moving !== null && <MoveDialog entity={entity} project={project} name={name} version={moving.version} alias={moving.alias} present={holder(moving.alias)} onEnd={() => setMoving(null)} />}
    </main>
  );
}

/** What the version's run measured, with the difference against another version. */
function Metrics({ version, against }: { version: Registered; against: Registered | undefined }) {
  const keys = Object.keys(version.metrics).slice(0, 6);
  if (keys.length === 0) return <p className="muted">Its run measured nothing.</p>;
  return (
    <dl className="facts">
      {keys.map((key) => {
        const mine = version.metrics[key] ?? Number.NaN;
        const theirs = against?.metrics[key];
        const better = theirs === undefined || mine === theirs ? null : lowerIsBetter(key) ? mine < theirs : mine > theirs;
        return (
          <FactRow key={key} name={key}>
            {metric(mine)}
            {theirs !== undefined && <span className="delta" data-better={better}> {mine >= theirs ? "+" : "−"}{metric(Math.abs(mine - theirs))}</span>}
          </FactRow>
        );
      })}
    </dl>
  );
}

function FactRow({ name, children }: { name: string; children: React.ReactNode }) {
  return (<><dt>{name}</dt><dd>{children}</dd></>);
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

function MoveDialog({ entity, project, name, version, alias, present, onEnd }: MoveProps) {
  const change = useAliases(entity, project, name, version.version);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onEnd()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog card">
          <Dialog.Title asChild><h1>{alias} to {version.version}</h1></Dialog.Title>
          <Dialog.Description asChild>
            <p>{present === undefined ? `No version holds ${alias} now.` : `${present.version} holds ${alias} now and loses it. Moving it back is the same step.`}</p>
          </Dialog.Description>
          <h2>{version.version}{present === undefined ? "" : ` against ${present.version}`}</h2>
          <Metrics version={version} against={present} />
          {change.error !== null && <Failure error={change.error} />}
          <div className="row">
            <span className="grow" />
            <button type="button" className="button" onClick={onEnd}>Cancel</button>
            <button type="button" className="button primary" disabled={change.isPending} onClick={() => change.mutate({ add: [alias] }, { onSuccess: onEnd })}>Move {alias}</button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
