/** Who moved what, when, and from which run it came. */
import { Link } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import type { Move } from "@/api/types";
import { Ago, AliasTag } from "@/ui/parts";

interface Props {
  moves: Move[];
  entity: string;
  name: string;
  /** The version that has an alias now. */
  holder: (alias: string) => string | undefined;
  mayMove: (alias: string) => boolean;
  onMove: (version: string, alias: string) => void;
}

/** The list, newest first. The last move of each alias can be taken back, with what changes by it in sight. */
export function Moves({ moves, entity, name, holder, mayMove, onMove }: Props) {
  if (moves.length === 0) return null;
  const last = new Set(new Map([...moves].reverse().filter((one) => one.action === "add_aliases").map((one) => [one.alias, one])).values());
  return (
    <section className="card" aria-label="Who moved what">
      <header className="row pad-head"><h2>Who moved what</h2></header>
      <ol className="moves">
        {moves.map((move, i) => (
          <li key={`${move.at} ${i}`}>
            <span className="muted"><Ago at={move.at} /></span>
            <span>
              <b>{move.user ?? "the server"}</b> {said(move)}
              {move.run !== null && move.run_project !== null && <span className="muted"> · made by <Link to="/$entity/$project/runs/$run" params={{ entity, project: move.run_project, run: move.run }}>{move.run_name ?? move.run}</Link></span>}
            </span>
            {last.has(move) && move.before !== null && move.alias !== null && holder(move.alias) === move.version && mayMove(move.alias) && <button type="button" className="button small" onClick={() => onMove(move.before ?? "", move.alias ?? "")}><Undo2 size={12} />Back to {move.before}</button>}
          </li>
        ))}
      </ol>
    </section>
  );

  function said(move: Move) {
    const version = <code>{name}{move.version === null ? "" : `:${move.version}`}</code>;
    if (move.action === "add_aliases" && move.alias !== null) return <>made {version} <AliasTag alias={move.alias} />{move.before !== null && move.before !== move.version && <span className="muted"> instead of {move.before}</span>}</>;
    if (move.action === "remove_aliases" && move.alias !== null) return <>took <AliasTag alias={move.alias} /> off {version}</>;
    if (move.action === "unlink_version") return <>unlinked {version}</>;
    return <>linked {version}{move.aliases.length > 0 && <> as {move.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</>}</>;
  }
}
