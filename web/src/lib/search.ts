/** What the addresses of the pages carry after the question mark: every view of a page has one. Pure. */

/** One comparison of the filter of runs; several must all hold. */
export interface RunTest {
  field: string;
  op: "=" | "!=" | "<" | "<=" | ">" | ">=" | "matches" | "exists" | "missing" | "within";
  value: string | number | boolean | null;
}

/** Runs shown, and how their charts are drawn. What is absent is as the page has it at first. */
export interface WorkspaceSearch {
  /** Search among the runs, a regular expression. */
  q?: string;
  where?: RunTest[];
  order?: string;
  /** Columns to group by, with commas between them. */
  group?: string;
  /** Hidden runs by id, with commas between them. */
  hide?: string;
  x?: string;
  smooth?: number;
  kind?: string;
  log?: boolean;
  logx?: boolean;
  clip?: boolean;
  agg?: string;
  band?: string;
  /** Search among the charts. */
  panels?: string;
  /** The panel that fills the screen. */
  panel?: string;
  /** The saved view by its number. */
  view?: number;
}

/** The table of runs: search, filter and order (`-created_at`, `+summary.loss`). */
export interface TableSearch {
  q?: string;
  order?: string;
  where?: RunTest[];
  /** Columns that were chosen, with commas between them. */
  cols?: string;
}

const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : typeof v === "number" ? String(v) : undefined);
const number = (v: unknown): number | undefined => (typeof v === "number" && Number.isFinite(v) ? v : undefined);
const flag = (v: unknown): true | undefined => (v === true ? true : undefined);

const ops: readonly string[] = ["=", "!=", "<", "<=", ">", ">=", "matches", "exists", "missing", "within"];

function tests(v: unknown): RunTest[] | undefined {
  if (!Array.isArray(v)) return undefined;
  const found = v.filter((one): one is RunTest => typeof one === "object" && one !== null && typeof (one as RunTest).field === "string" && ops.includes((one as RunTest).op));
  return found.length === 0 ? undefined : found;
}

/** An address's search as the workspace's; what does not fit is left out. */
export function workspaceSearch(raw: Record<string, unknown>): WorkspaceSearch {
  return {
    q: text(raw.q),
    where: tests(raw.where),
    order: text(raw.order),
    group: text(raw.group),
    hide: text(raw.hide),
    x: text(raw.x),
    smooth: number(raw.smooth),
    kind: text(raw.kind),
    log: flag(raw.log),
    logx: flag(raw.logx),
    clip: flag(raw.clip),
    agg: text(raw.agg),
    band: text(raw.band),
    panels: text(raw.panels),
    panel: text(raw.panel),
    view: number(raw.view),
  };
}

/** An address's search as the runs table's. */
export function tableSearch(raw: Record<string, unknown>): TableSearch {
  return { q: text(raw.q), order: text(raw.order), where: tests(raw.where), cols: text(raw.cols) };
}

/** The filter in the server's notation, undefined without one. Half-written tests are left out. */
export function whereOf(list: readonly RunTest[] | undefined): { and: { field: string; op: RunTest["op"]; value?: RunTest["value"] }[] } | undefined {
  const whole = (list ?? []).filter((one) => one.field !== "" && (one.op === "exists" || one.op === "missing" || (one.value !== "" && one.value !== null)));
  return whole.length === 0 ? undefined : { and: whole.map((one) => (one.op === "exists" || one.op === "missing" ? { field: one.field, op: one.op } : { ...one })) };
}

/** A run's page: the tab, and the place that a chart's click led to. */
export interface RunSearch {
  tab?: string;
  /** A value of the axis `by` (the step where that is absent). */
  at?: number;
  by?: string;
  /** The file that is open. */
  file?: string;
  /** The panel that is shown over the whole window. */
  panel?: string;
  /** A notebook shows the page in a frame. */
  jupyter?: boolean;
}

/** An address's search as a run page's. */
export function runSearch(raw: Record<string, unknown>): RunSearch {
  return { tab: text(raw.tab), at: number(raw.at), by: text(raw.by), file: text(raw.file), panel: text(raw.panel), jupyter: flag(raw.jupyter) };
}
