/** One step of the run that a click in a chart has led to: its values and the lines printed then. */
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useMemo } from "react";
import { useConsole, useRowsFrom } from "@/api/needs";
import type { KeyLine, RunDetail } from "@/api/types";
import { ansi } from "@/lib/ansi";
import { metric } from "@/lib/format";

const LINES_AROUND = 3;
const MOST_VALUES = 24;

interface Props {
  entity: string;
  project: string;
  run: RunDetail;
  keys: KeyLine[];
  at: number;
  by: string | undefined;
  onClose: () => void;
}

/** The card above the charts. */
export function Moment({ entity, project, run, keys, at, by, onClose }: Props) {
  const numeric = useMemo(() => keys.filter((key) => key.kinds.includes("number")).map((key) => key.name).slice(0, 90), [keys]);
  const axis = by === "_relative" || by === "_timestamp" ? "_timestamp" : (by ?? "_step");
  const wanted = by === "_relative" ? Date.parse(run.created_at) / 1000 + at : at;
  const rows = useRowsFrom(entity, project, run.run_id, [...new Set(["_timestamp", ...(axis.startsWith("_") ? [] : [axis]), ...numeric])], axis === "_step" ? Math.max(0, Math.floor(at)) : 0, axis === "_step" ? 1 : 10_000);
  const row = useMemo(() => {
    let best: Record<string, unknown> | undefined;
    for (const one of rows.data?.rows ?? []) {
      if (typeof one[axis] === "number" && (best === undefined || Math.abs(one[axis] - wanted) < Math.abs(Number(best[axis]) - wanted))) best = one;
    }
    return best;
  }, [rows.data, axis, wanted]);
  const log = useConsole(entity, project, run.run_id);
  const instant = typeof row?._timestamp === "number" ? row._timestamp * 1000 : null;
  const near = useMemo(() => {
    const lines = log.data?.lines ?? [];
    if (instant === null) return [];
    const index = lines.findIndex((line) => line.timestamp !== null && Date.parse(line.timestamp.endsWith("Z") || line.timestamp.includes("+") ? line.timestamp : `${line.timestamp}Z`) >= instant - 500);
    return index === -1 ? [] : lines.slice(Math.max(0, index - LINES_AROUND), index + LINES_AROUND);
  }, [log.data, instant]);
  const values = Object.entries(row ?? {}).filter((one): one is [string, number] => !one[0].startsWith("_") && typeof one[1] === "number");
  return (
    <section className="card moment" aria-label="Chosen step">
      <header className="row">
        <h2>Step {typeof row?._step === "number" ? row._step.toLocaleString("en-US") : "…"}</h2>
        {axis !== "_step" && row !== undefined && !axis.startsWith("_") && <span className="tag">{axis} {metric(Number(row[axis]))}</span>}
        {instant !== null && <span className="muted">{new Date(instant).toLocaleString("en-GB")}</span>}
        <span className="grow" />
        <button type="button" className="button quiet icon" aria-label="Close the step" onClick={onClose}><X size={15} /></button>
      </header>
      <dl className="moment-values">
        {values.slice(0, MOST_VALUES).map(([name, v]) => <div key={name}><dt className="ellipsis" title={name}>{name}</dt><dd>{metric(v)}</dd></div>)}
      </dl>
      {near.length > 0 && (
        <div className="moment-log mono" aria-label="Printed then">
          {near.map((line) => <div key={line.number} className="ellipsis"><span className="muted">{line.number + 1}</span> {ansi(line.line).map((span, i) => <span key={i} data-colour={span.colour}>{span.text}</span>)}</div>)}
          <Link from="/$entity/$project/runs/$run" search={{ tab: "logs" }}>All lines</Link>
        </div>
      )}
    </section>
  );
}
