/** Charts of `wandb.plot` and custom Vega charts: the specification by name, filled with the run's own table. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get } from "@/api/client";
import { useText } from "@/api/needs";
import type { VegaHandle } from "@/charts/vega";
import { Failure } from "@/ui/parts";
import { VegaPlot } from "../vega";
import { type ChartDef, chartOf, filled, presets } from "./presets";

interface Props {
  address: string;
  chart: unknown;
  title: string;
  onHandle: (handle: VegaHandle | null) => void;
}

/** The chart that a run says to draw of a table. */
export function CustomChart({ address, chart, title, onHandle }: Props) {
  const text = useText(address);
  const def = useMemo(() => chartOf(chart), [chart]);
  const rows = useMemo(() => (text.data === undefined ? null : rowsOf(text.data)), [text.data]);
  const foreign = def !== null && presets[def.name] === undefined;
  const [entity, name] = (def?.name ?? "/").split("/");
  const stored = useQuery({
    queryKey: ["chart", def?.name],
    queryFn: () => get<{ spec: Record<string, unknown> }>(`/api/charts/${encodeURIComponent(entity ?? "")}/${encodeURIComponent(name ?? "")}`),
    enabled: foreign,
    staleTime: 60_000,
  });
  if (text.error !== null) return <Failure error={text.error} />;
  if (stored.error !== null) return <Failure error={stored.error} />;
  if (def === null || rows === null || (foreign && stored.data === undefined)) return <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${title}`} />;
  if (def.name === "wandb/confusion_matrix/v1") return <Matrix rows={rows} def={def} title={title} />;
  return <Drawn def={def} template={presets[def.name] ?? JSON.stringify(stored.data?.spec)} rows={rows} title={title} onHandle={onHandle} />;
}

function Drawn({ def, template, rows, title, onHandle }: { def: ChartDef; template: string; rows: Record<string, unknown>[]; title: string; onHandle: Props["onHandle"] }) {
  const { spec, error } = useMemo(() => {
    try {
      return { spec: filled(template, def), error: null };
    } catch (problem) {
      return { spec: null, error: problem };
    }
  }, [template, def]);
  const data = useMemo(() => ({ wandb: rows }), [rows]);
  return spec === null ? <Failure error={error} /> : <VegaPlot spec={spec} data={data} label={title} onHandle={onHandle} />;
}

function rowsOf(text: string): Record<string, unknown>[] {
  const table = JSON.parse(text.replaceAll(/\bNaN\b|-?\bInfinity\b/g, "null")) as { columns: string[]; data: unknown[][] };
  return table.data.map((cells) => Object.fromEntries(table.columns.map((column, i) => [column, cells[i]])));
}

/** Rows are true classes, columns predicted ones. */
function Matrix({ rows, def, title }: { rows: Record<string, unknown>[]; def: ChartDef; title: string }) {
  const [shares, setShares] = useState(false);
  const field = (name: string) => def.fields[name] ?? name;
  const { classes, counts, sums, most } = useMemo(() => {
    const names = [...new Set(rows.flatMap((row) => [String(row[field("Actual")]), String(row[field("Predicted")])]))];
    const found = new Map<string, number>();
    for (const row of rows) {
      const cell = `${String(row[field("Actual")])}\u0000${String(row[field("Predicted")])}`;
      found.set(cell, (found.get(cell) ?? 0) + Number(row[field("nPredictions")] ?? 0));
    }
    const at = (a: string, p: string) => found.get(`${a}\u0000${p}`) ?? 0;
    return { classes: names, counts: at, sums: new Map(names.map((a) => [a, names.reduce((sum, p) => sum + at(a, p), 0)])), most: Math.max(1, ...names.flatMap((a) => names.map((p) => (a === p ? 0 : at(a, p))))) };
    // eslint-disable-next-line
  }, [rows, def]);
  const right = classes.reduce((sum, one) => sum + counts(one, one), 0);
  const total = classes.reduce((sum, one) => sum + (sums.get(one) ?? 0), 0);
  return (
    <div className="plot-matrix" tabIndex={0} role="group" aria-label={title}>
      <div className="row plot-matrix-head">
        <span><b>{right.toLocaleString("en-US")}</b> of {total.toLocaleString("en-US")} right</span>
        <span className="grow" />
        <label className="check"><input type="checkbox" checked={shares} onChange={(event) => setShares(event.target.checked)} />shares of the true class</label>
      </div>
      <table aria-label="Rows are true classes, columns predicted ones">
        <thead><tr><td className="muted">actual ↓ predicted →</td>{classes.map((one) => <th key={one} scope="col" style={{ width: `${100 / classes.length}%` }}>{one}</th>)}</tr></thead>
        <tbody>
          {classes.map((a) => (
            <tr key={a}>
              <th scope="row">{a}</th>
              {classes.map((p) => {
                const n = counts(a, p);
                const share = n / Math.max(1, sums.get(a) ?? 1);
                const strength = a === p ? share * 55 : n === 0 ? 0 : 18 + 60 * (n / most);
                return <td key={p} data-diagonal={a === p} style={{ "--strength": `${strength.toFixed(0)}%` } as React.CSSProperties} title={`actual ${a}, predicted ${p}: ${n} (${(share * 100).toFixed(1)} %)`}>{n === 0 ? "" : shares ? `${(share * 100).toFixed(0)}` : n}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
