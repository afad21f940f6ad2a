/** Runs side by side: only what is not the same in all of them. */
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { csvRow } from "@/lib/csv";
import { metric, value } from "@/lib/format";
import { useHover } from "@/lib/hover";
import type { PanelSpec } from "@/lib/panel_spec";
import { lowerIsBetter } from "@/lib/runs";
import { PanelFrame, type PanelContext } from "./frame";
import { valuesPython } from "./python";

const MOST = 60;

/** A table with a column for each run and a row for each entry of config and summary. */
export function ComparerPanel({ spec, context, full }: { spec: PanelSpec; context: PanelContext; full?: boolean }) {
  const [all, setAll] = useState(false);
  const hover = useHover((s) => s.hover);
  const runs = context.set.runs.slice(0, MOST);
  const rows = useMemo(() => {
    const out: { name: string; label: string; values: unknown[]; best: number | null; same: boolean }[] = [];
    for (const kind of ["config", "summary"] as const) {
      const names = [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].filter((name) => !name.startsWith("_")).sort();
      for (const name of names) {
        const values = runs.map((run) => run[kind][name]);
        if (kind === "summary" && values.every((v) => v === undefined || typeof v === "object")) continue;
        const numbers = values.filter((v): v is number => typeof v === "number" && Number.isFinite(v));
        const best = kind === "summary" && numbers.length > 1 ? (lowerIsBetter(name) ? Math.min(...numbers) : Math.max(...numbers)) : null;
        out.push({ name: `${kind}.${name}`, label: name, values, best, same: new Set(values.map((v) => JSON.stringify(v))).size === 1 });
      }
    }
    return out;
  }, [runs]);
  const shown = all ? rows : rows.filter((row) => !row.same);
  return (
    <PanelFrame
      spec={spec}
      context={context}
      full={full}
      wide
      exports={{
        csv: () => [csvRow(["", ...runs.map((run) => run.name)]), ...shown.map((row) => csvRow([row.name, ...row.values.map((v) => (typeof v === "number" ? v : value(v)))]))].join("\r\n"),
        python: () => valuesPython(context, runs, shown.map((row) => row.name)),
      }}
      foot={<span>{shown.length} of {rows.length} entries differ{context.set.runs.length > MOST ? ` · the first ${MOST} of ${context.set.runs.length} runs` : ""}</span>}
      extra={<label className="check"><input type="checkbox" checked={!all} onChange={(event) => setAll(!event.target.checked)} />only differences</label>}
    >
      <div className="comparer" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th />
              {runs.map((run) => (
                <th key={run.id} onMouseEnter={() => hover(run.id)} onMouseLeave={() => hover(null)}>
                  <span className="row"><i className="dot" style={{ background: context.set.colour(run) }} /><Link className="ellipsis" to="/$entity/$project/runs/$run" params={{ entity: context.entity, project: context.project, run: run.run_id }}>{run.name}</Link></span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.name}>
                <th scope="row" title={row.name}>{row.label}</th>
                {row.values.map((v, i) => (
                  <td key={runs[i]?.id} data-best={row.best !== null && v === row.best} title={value(v)}>{typeof v === "number" ? metric(v) : value(v)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p className="muted panel-none">{runs.length < 2 ? "Show two runs or more to compare them." : "These runs do not differ."}</p>}
      </div>
    </PanelFrame>
  );
}
