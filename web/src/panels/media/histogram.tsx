/** Histograms over steps as a heat map; a single one as bars. */
import { useMemo } from "react";
import type { VegaHandle } from "@/charts/vega";
import { VegaPlot } from "../vega";

interface Row {
  step: number;
  edges: number[];
  counts: number[];
}

const MOST_STEPS = 160;
const SCHEMA = "vega-lite";

/** Each step is a column; each bin a cell as dark as its share of the step. */
export function HistogramPlot({ rows, title, onHandle }: { rows: Row[]; title: string; onHandle: (handle: VegaHandle | null) => void }) {
  const spec = useMemo(() => {
    if (rows.length === 1 && rows[0] !== undefined) {
      const { edges, counts } = rows[0];
      const values = counts.map((count, i) => ({ from: edges[i], to: edges[i + 1], count }));
      return { $schema: SCHEMA, data: { values }, mark: { type: "bar", tooltip: true, color: "#0d9cb5" }, encoding: { x: { field: "from", type: "quantitative", bin: { binned: true }, title: null, scale: { zero: false } }, x2: { field: "to" }, y: { field: "count", type: "quantitative", title: "count" } } };
    }
    const every = Math.ceil(rows.length / MOST_STEPS);
    const shown = rows.filter((_, i) => i % every === 0 || i === rows.length - 1);
    const values = shown.flatMap((row, i) => {
      const total = row.counts.reduce((sum, n) => sum + n, 0) || 1;
      const next = shown[i + 1]?.step ?? row.step + (row.step - (shown[i - 1]?.step ?? row.step - 1));
      return row.counts.flatMap((n, bin) => (n === 0 ? [] : [{ step: row.step, next, from: row.edges[bin], to: row.edges[bin + 1], share: n / total, count: n }]));
    });
    return {
      $schema: SCHEMA,
      data: { values },
      mark: { type: "rect", tooltip: true },
      encoding: {
        x: { field: "step", type: "quantitative", title: "step", scale: { zero: false, nice: false } },
        x2: { field: "next" },
        y: { field: "from", type: "quantitative", title: null, scale: { zero: false, nice: false } },
        y2: { field: "to" },
        color: { field: "share", type: "quantitative", scale: { scheme: "viridis" }, legend: { title: "share", format: ".0%", gradientLength: 90 } },
      },
    };
  }, [rows]);
  return <VegaPlot spec={spec} label={`${title}: histograms of ${rows.length} steps`} onHandle={onHandle} />;
}
