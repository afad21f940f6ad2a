/** What a panel shows and how: the UI's own words for it. `api/view_spec.ts` maps them to the stored form. Pure. */
import type { Aggregate, Band } from "./group";
import type { Smoothing } from "./smooth";

export type PanelKind = "line" | "bar" | "scalar" | "scatter" | "box" | "histogram" | "comparer" | "markdown" | "unknown";

export const panelKinds: readonly { kind: PanelKind; label: string; about: string; keys: [number, number] }[] = [
  { kind: "line", label: "Lines", about: "Metrics over steps or time", keys: [1, 8] },
  { kind: "bar", label: "Bars", about: "The last value of each run", keys: [1, 1] },
  { kind: "scalar", label: "Number", about: "The best value, large", keys: [1, 1] },
  { kind: "scatter", label: "Scatter", about: "One value against another", keys: [2, 3] },
  { kind: "box", label: "Box", about: "How values spread, by group", keys: [1, 2] },
  { kind: "histogram", label: "Histogram", about: "How last values spread", keys: [1, 1] },
  { kind: "comparer", label: "Run comparer", about: "Only what differs between the shown runs", keys: [0, 0] },
  { kind: "markdown", label: "Text", about: "Markdown between the charts", keys: [0, 0] },
];

/** How lines are drawn; a workspace has these for all of its panels, and a panel may differ. */
export interface LineSettings {
  /** Empty: the step that the key was logged with. */
  x: string;
  smoothing: Smoothing;
  logX: boolean;
  logY: boolean;
  /** Let the axis follow the inner 98 hundredths of the values. */
  outliers: boolean;
  aggregate: Aggregate;
  band: Band;
  /** Limits of the axes; null: as the values are. */
  xLow: number | null;
  xHigh: number | null;
  yLow: number | null;
  yHigh: number | null;
  /** What a line is called: `${run:name}`, `${config:lr}`, `${key}` are filled in. */
  legend: string;
}

export const plainSettings: LineSettings = {
  x: "",
  smoothing: { kind: "ema", weight: 0 },
  logX: false,
  logY: false,
  outliers: false,
  aggregate: "mean",
  band: "range",
  xLow: null,
  xHigh: null,
  yLow: null,
  yHigh: null,
  legend: "",
};

export interface PanelSpec {
  /** Stable: what a link to the panel names. */
  id: string;
  kind: PanelKind;
  title: string;
  /** Metrics, or names of values such as `config.lr` and `summary.loss` for panels over runs. */
  keys: string[];
  /** The x axis that came with the keys, `_step` if none. */
  x: string;
  stream: "history" | "system";
  settings: Partial<LineSettings>;
  text?: string;
  /** The stored form that this came from: parts of it that are not ours are kept when it is saved. */
  raw?: Record<string, unknown>;
}

/** A legend with its fields filled in; what is absent is a dash. */
export function legendOf(template: string, run: { name: string; run_id: string; config: Record<string, unknown>; summary: Record<string, unknown>; group: string | null; state: string }, key: string): string {
  return template.replaceAll(/\$\{(?:(run|config|summary):)?([^}]+)\}/g, (_, kind: string | undefined, name: string) => {
    if (kind === "config") return text(run.config[name]);
    if (kind === "summary") return text(run.summary[name]);
    if (kind === undefined) return name === "key" ? key : "–";
    const facts: Record<string, unknown> = { name: run.name, id: run.run_id, group: run.group, state: run.state };
    return text(facts[name]);
  });
}

function text(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "number" ? String(Number(value.toPrecision(5))) : typeof value === "string" ? value : JSON.stringify(value);
}
