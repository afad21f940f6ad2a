/** Which parameter matters, how surely, in one sentence; and which way it goes. */
import { useImportance, type Weight } from "@/api/sweeps";
import { Failure, Skeleton } from "@/ui/parts";
import "./importance.css";

/** From this probability on that a parameter only seems to matter, its bar is pale. */
const UNSURE = 0.05;

interface Props {
  entity: string;
  project: string;
  name: string;
  colour?: string | undefined;
  /** Absent where there are no axes to colour. */
  onColour?: (parameter: string) => void;
}

/** The card of a sweep's page. */
export function ImportanceCard(props: Props) {
  return (
    <section className="card pad" aria-label="Which parameter matters">
      <h2>Which parameter matters</h2>
      <Importance {...props} />
    </section>
  );
}

/** Bars with their uncertainty; a click colours the axes by that parameter. */
export function Importance({ entity, project, name, colour, onColour }: Props) {
  const found = useImportance(entity, project, name);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={3} />;
  return (
        <>
          <p className="importance-said">{found.data.sentence.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</p>
          {found.data.parameters.length > 0 && (
            <div className="importance" role="table" aria-label="Importance and correlation">
              <div className="importance-row muted" role="row">
                <span role="columnheader">parameter</span><span role="columnheader">importance, with one standard deviation</span><span role="columnheader" /><span role="columnheader">correlation</span>
              </div>
              {found.data.parameters.map((one) => <Row key={one.name} one={one} chosen={colour === one.name} onColour={onColour} faint={!found.data.ranked} />)}
            </div>
          )}
        </>
  );
}

function Row({ one, chosen, onColour, faint }: { one: Weight; chosen: boolean; onColour: ((parameter: string) => void) | undefined; faint: boolean }) {
  const chance = `that it only seems to matter has the probability ${one.chance < 0.001 ? "below 0.001" : one.chance.toFixed(3)}`;
  const title = `importance ${one.importance.toFixed(3)}, ${one.low.toFixed(2)} to ${one.high.toFixed(2)}; ${chance}. Best runs have ${one.best_values}.`;
  const words = one.choices.map((choice) => `${choice.value} ${signed(choice.correlation)}`).join(", ");
  return (
    <div className="importance-row" role="row" title={title}>
      <span role="cell" className="ellipsis">{onColour === undefined ? <span className="mono">{one.name}</span> : <button type="button" className="link mono ellipsis" aria-pressed={chosen} onClick={() => onColour(one.name)}>{one.name}</button>}</span>
      <span role="cell" className="importance-bar" data-faint={faint || one.chance >= UNSURE}>
        <i style={{ width: `${one.importance * 100}%` }} />
        <b style={{ left: `${one.low * 100}%`, width: `${Math.max(0.5, (one.high - one.low) * 100)}%` }} />
      </span>
      <span role="cell" className="num">{one.importance.toFixed(2)}</span>
      <span role="cell" className="correlation" title={one.correlation === null ? `by value: ${words}` : `correlation with the metric, ± ${(one.correlation_spread ?? 0).toFixed(2)}`}>
        {one.correlation === null ? <span className="muted ellipsis">{words === "" ? "–" : words}</span> : (
          <>
            <span className="correlation-bar"><i data-sign={one.correlation >= 0 ? "plus" : "minus"} style={one.correlation >= 0 ? { left: "50%", width: `${one.correlation * 50}%` } : { right: "50%", width: `${-one.correlation * 50}%` }} /></span>
            <span className="num">{signed(one.correlation)}</span>
          </>
        )}
      </span>
    </div>
  );
}

const signed = (v: number) => `${v >= 0 ? "+" : "−"}${Math.abs(v).toFixed(2)}`;
