/** The last value of each run as a bar, or the best one as a large number. */
import { Link } from "@tanstack/react-router";
import type { RunLine } from "@/api/types";
import { csvRow } from "@/lib/csv";
import { metric } from "@/lib/format";
import { useHover } from "@/lib/hover";
import type { PanelSpec } from "@/lib/panel_spec";
import { lowerIsBetter } from "@/lib/runs";
import { numberOf } from "@/lib/values";
import { PanelFrame, type PanelContext } from "./frame";
import { valuesPython } from "./python";

interface Value {
  run: RunLine | undefined;
  value: number | null;
  note?: string;
}

/** Bars that share one scale; it begins at zero, since lengths are compared. */
export function BarRows({ values, context }: { values: Value[]; context: PanelContext }) {
  const lit = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const shown = values.filter((one): one is Value & { run: RunLine; value: number } => one.run !== undefined && one.value !== null);
  const most = Math.max(...shown.map((one) => Math.abs(one.value)), 1e-300);
  const alone = new Set(shown.map((one) => one.run.id)).size === 1; // then what is measured says more than whose it is
  return (
    <div className="bars" tabIndex={0}>
      {[...shown].sort((a, b) => b.value - a.value).map(({ run, value, note }) => (
        <Link
          key={`${run.id} ${note ?? ""}`}
          className="bar-row"
          to="/$entity/$project/runs/$run"
          params={{ entity: context.entity, project: context.project, run: run.run_id }}
          data-lit={lit === run.id}
          onMouseEnter={() => hover(run.id)}
          onMouseLeave={() => hover(null)}
        >
          <span className="ellipsis" title={`${run.name}${note === undefined ? "" : ` · ${note}`}`}>{note === undefined ? run.name : alone ? note : `${run.name} · ${note}`}</span>
          <span className="bar-track"><i data-negative={value < 0} style={{ width: `${(Math.abs(value) / most) * 100}%`, background: context.set.colour(run) }} /></span>
          <span>{metric(value)}</span>
        </Link>
      ))}
    </div>
  );
}

function exportsOf(spec: PanelSpec, context: PanelContext) {
  const { keys } = spec;
  return {
    csv: () => [csvRow(["run", "id", ...keys]), ...context.set.runs.map((run) => csvRow([run.name, run.run_id, ...keys.map((key) => numberOf(run, key))]))].join("\r\n"),
    python: () => valuesPython(context, context.set.runs, keys),
  };
}

/** A panel of bars over the runs' last values: one for each of its keys, which share a scale. */
export function BarPanel({ spec, context, full }: { spec: PanelSpec; context: PanelContext; full?: boolean }) {
  const values = context.set.runs.flatMap((run) => spec.keys.map((key) => ({ run, value: numberOf(run, key), note: spec.keys.length > 1 ? key.replace(/^summary\./, "") : undefined })));
  const runs = new Set(values.filter((one) => one.value !== null).map((one) => one.run.id)).size;
  return (
    <PanelFrame spec={spec} context={context} full={full} exports={exportsOf(spec, context)} foot={`${runs} ${runs === 1 ? "run" : "runs"}`}>
      <BarRows values={values} context={context} />
    </PanelFrame>
  );
}

/** The best value among the shown runs, with its run and the distance to the baseline. */
export function ScalarPanel({ spec, context, full }: { spec: PanelSpec; context: PanelContext; full?: boolean }) {
  const key = spec.keys[0] ?? "";
  const lower = lowerIsBetter(key);
  const ranked = context.set.runs.filter((run) => numberOf(run, key) !== null).sort((a, b) => (Number(numberOf(a, key)) - Number(numberOf(b, key))) * (lower ? 1 : -1));
  const best = ranked[0];
  const base = context.set.baseline === null ? null : numberOf(context.set.baseline, key);
  const value = best === undefined ? null : numberOf(best, key);
  return (
    <PanelFrame spec={spec} context={context} full={full} exports={exportsOf(spec, context)} foot={`${lower ? "lowest" : "highest"} of ${ranked.length} runs`}>
      {best === undefined || value === null ? (
        <p className="muted panel-none">No shown run has this value.</p>
      ) : (
        <div className="scalar">
          <b>{metric(value)}</b>
          <Link to="/$entity/$project/runs/$run" params={{ entity: context.entity, project: context.project, run: best.run_id }}>{best.name}</Link>
          {base !== null && context.set.baseline !== null && <span className="muted">{value - base >= 0 ? "+" : "−"}{metric(Math.abs(value - base))} against {context.set.baseline.name}</span>}
        </div>
      )}
    </PanelFrame>
  );
}
