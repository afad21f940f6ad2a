/** The stored form of a report's run sets and table panels, read into what the UI asks and draws. Pure. */
import type { RunTest } from "@/lib/search";
import { type Json, keyFrom, keyTo, testsTo } from "./view_spec";

export type { Json };

export const object = (v: unknown): Json => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Json) : {});
export const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);

export type Where = { and: Where[] } | { or: Where[] } | { field: string; op: string; value?: unknown };

export interface ReportRunSet {
  name: string;
  entity: string;
  project: string;
  search: string | undefined;
  where: Where | undefined;
  order: string;
  groupBy: string[];
  hidden: string[];
  /** Only these runs, by id; null: all but the hidden ones. */
  only: string[] | null;
  columns: string[];
}

const ops: Record<string, string> = { "=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", IN: "in", NIN: "not in", MATCHES: "matches", CONTAINS: "matches" };

/** A filter tree of theirs, flat (`filterV2`) or nested; what is disabled or not known is left out. */
export function whereFrom(filters: unknown): Where | undefined {
  const part = object(filters);
  if (Array.isArray(part.filters)) {
    const inner = part.filters.map(whereFrom).filter((one): one is Where => one !== undefined);
    if (inner.length === 0) return undefined;
    if (inner.length === 1) return inner[0];
    return String(part.op).toUpperCase() === "OR" ? { or: inner } : { and: inner };
  }
  const field = keyFrom(part.key);
  const op = ops[String(part.op).toUpperCase()];
  return field === undefined || op === undefined || part.disabled === true ? undefined : { field, op, value: part.value };
}

/** One run set; without a project of its own it is the report's. */
export function runSetFrom(v: unknown, entity: string, project: string): ReportRunSet {
  const set = object(v);
  const home = object(set.project);
  const key = object(list(object(set.sort).keys)[0]);
  const order = keyFrom(key.key);
  const selections = object(set.selections);
  const query = object(set.search).query;
  const chosen = list(selections.tree).filter((one): one is string => typeof one === "string");
  return {
    name: typeof set.name === "string" ? set.name : "Runs",
    entity: typeof home.entityName === "string" ? home.entityName : entity,
    project: typeof home.name === "string" ? home.name : project,
    search: typeof query === "string" && query !== "" ? query : undefined,
    where: whereFrom(set.filters),
    order: order === undefined ? "-created_at" : `${key.ascending === true ? "+" : "-"}${order}`,
    groupBy: list(set.grouping).map(keyFrom).filter((one): one is string => one !== undefined),
    hidden: selections.root === 0 ? [] : chosen,
    only: selections.root === 0 ? chosen : null,
    columns: list(object(set.runFeed).columnOrder).filter((one): one is string => typeof one === "string" && /^(summary|config):/.test(one)).map((one) => one.replace(":", ".").replace(/\.value$/, "")),
  };
}

/** Whether a run set shows a run of those that it finds. */
export const includes = (set: ReportRunSet, runId: string): boolean => (set.only === null ? !set.hidden.includes(runId) : set.only.includes(runId));

/** The filter as comparisons that must all hold; null when it says something else. */
export function testsOf(where: Where | undefined): RunTest[] | null {
  if (where === undefined) return [];
  const parts = "and" in where ? where.and : [where];
  const sayable = ["=", "!=", "<", "<=", ">", ">=", "matches"];
  const tests = parts.filter((one): one is RunTest => "field" in one && sayable.includes(one.op) && (typeof one.value === "string" || typeof one.value === "number" || typeof one.value === "boolean"));
  return tests.length === parts.length ? tests : null;
}

export interface RunSetChange {
  name?: string;
  enabled?: boolean;
  home?: { entity: string; project: string };
  search?: string;
  tests?: RunTest[];
  /** `-created_at`, `+summary.loss`. */
  order?: string;
  groupBy?: string[];
  hidden?: string[];
}

/** A stored run set with a change; what is not part of the change stays. */
export function runSetTo(before: unknown, change: RunSetChange): Json {
  const set: Json = { ...object(before) };
  if (change.name !== undefined) set.name = change.name;
  if (change.enabled !== undefined) set.enabled = change.enabled;
  if (change.home !== undefined) Object.assign(set, { project: { name: change.home.project, entityName: change.home.entity }, selections: { root: 1, bounds: [], tree: [] } });
  if (change.search !== undefined) set.search = { ...object(set.search), query: change.search };
  if (change.tests !== undefined) set.filters = testsTo(change.tests);
  if (change.order !== undefined) set.sort = { keys: [{ key: keyTo(change.order.slice(1)), ascending: change.order.startsWith("+") }] };
  if (change.groupBy !== undefined) set.grouping = change.groupBy.map(keyTo);
  if (change.hidden !== undefined) set.selections = { ...object(set.selections), root: 1, bounds: list(object(set.selections).bounds), tree: change.hidden };
  return set;
}

/** Short names that tell parts of a stored document apart, as its clients make them. */
export const newId = (): string => Math.random().toString(36).slice(2, 14);

/** A new run set: all runs of a project, the newest first. */
export function newRunSet(name: string, entity: string, project: string): Json {
  return {
    id: newId(),
    name,
    enabled: true,
    project: { name: project, entityName: entity },
    runFeed: { version: 2, columnVisible: { "run:name": false }, columnPinned: {}, columnWidths: {}, columnOrder: [], pageSize: 10, onlyShowSelected: false },
    search: { query: "" },
    filters: testsTo([]),
    grouping: [],
    sort: { keys: [{ key: { section: "run", name: "createdAt" }, ascending: false }] },
    selections: { root: 1, bounds: [], tree: [] },
    expandedRowAddresses: [],
  };
}

/** A new grid over some runs. */
export function newGrid(runSets: Json[], panels: Json[]): Json {
  return {
    type: "panel-grid",
    children: [{ text: "" }],
    metadata: {
      openViz: true,
      openRunSet: 0,
      name: "unused-name",
      runSets,
      hideRunSets: false,
      panels: { views: { "0": { name: "Panels", defaults: [], config: [] } }, tabs: ["0"] },
      panelBankConfig: { state: 0, settings: { autoOrganizePrefix: 2, showEmptySections: false, sortAlphabetically: false }, sections: [] },
      panelBankSectionConfig: { name: "Report Panels", isOpen: false, panels, type: "grid", flowConfig: { snapToColumns: true, columnsPerPage: 3, rowsPerPage: 2, gutterWidth: 16, boxWidth: 460, boxHeight: 300 }, sorted: 0, localPanelSettings: { xAxis: "_step", smoothingWeight: 0, smoothingType: "exponential", ignoreOutliers: false, xAxisActive: false, smoothingActive: false, useRunsTableGroupingInPanels: true } },
      customRunColors: {},
    },
  };
}

/** A report's grid with the runs and some panels of a workspace. */
export function gridOfWorkspace(entity: string, project: string, runs: RunSetChange, panels: readonly Json[]): Json {
  const placed = panels.map((panel, i) => ({ ...panel, __id__: newId(), layout: { x: (i % 2) * 12, y: Math.floor(i / 2) * 8, w: 12, h: 8 } }));
  return newGrid([runSetTo(newRunSet("Run set", entity, project), runs)], placed);
}

/** A panel that shows the logged table of a key, in the form of the public client. */
export function tablePanel(key: string): Json {
  const runs = { nodeType: "var", type: { type: "list", objectType: "run" }, varName: "runs" };
  const summary = { nodeType: "output", type: { type: "list", objectType: "any" }, fromOp: { name: "run-summary", inputs: { run: runs } } };
  const exp = { nodeType: "output", type: { type: "list", objectType: { type: "file", extension: "json", wbObjectType: { type: "table", columnTypes: {} } } }, fromOp: { name: "pick", inputs: { obj: summary, key: { nodeType: "const", type: "string", val: key } } }, __userInput: true };
  return { viewType: "Weave", config: { panel2Config: { exp, panelInputType: "any", rootType: "any" } } };
}

/** The filter that a table panel begins with, as the tables' own expression. */
export function rowFilter(panel: unknown): string | undefined {
  const filter = object(object(object(object(object(panel).panelConfig).tableState).preFilterFunction).fromOp);
  const [lhs, rhs] = [picked(object(filter.inputs).lhs), picked(object(filter.inputs).rhs)];
  const sign = /notEqual$/i.test(String(filter.name)) ? "!=" : /equal$/i.test(String(filter.name)) ? "==" : null;
  return lhs === null || rhs === null || sign === null ? undefined : `row[${JSON.stringify(lhs)}] ${sign} row[${JSON.stringify(rhs)}]`;
}

/** The key that a table panel shows, and the filter that it begins with; null for another panel of that kind. */
export function tableFrom(config: unknown): { key: string; q: string | undefined } | null {
  const panel = object(object(config).panel2Config);
  const key = picked(panel.exp);
  return key === null ? null : { key, q: rowFilter(panel) };
}

/** The column or key that the outermost `pick` of an expression takes. */
function picked(v: unknown): string | null {
  const from = object(object(v).fromOp);
  const inputs = object(from.inputs);
  const key = object(inputs.key).val;
  if (from.name === "pick" && typeof key === "string") return key;
  for (const inner of Object.values(inputs)) {
    const found = picked(inner);
    if (found !== null) return found;
  }
  return null;
}
