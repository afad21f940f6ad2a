/** The stored form of a report's run sets and table panels, read into what the UI asks and draws. Pure. */
import { type Json, keyFrom } from "./view_spec";

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
  return {
    name: typeof set.name === "string" ? set.name : "Runs",
    entity: typeof home.entityName === "string" ? home.entityName : entity,
    project: typeof home.name === "string" ? home.name : project,
    search: typeof query === "string" && query !== "" ? query : undefined,
    where: whereFrom(set.filters),
    order: order === undefined ? "-created_at" : `${key.ascending === true ? "+" : "-"}${order}`,
    groupBy: list(set.grouping).map(keyFrom).filter((one): one is string => one !== undefined),
    hidden: selections.root === 1 ? list(selections.tree).filter((one): one is string => typeof one === "string") : [],
    columns: list(object(set.runFeed).columnOrder).filter((one): one is string => typeof one === "string" && /^(summary|config):/.test(one)).map((one) => one.replace(":", ".").replace(/\.value$/, "")),
  };
}

/** The key that a table panel shows, and the filter that it begins with; null for another panel of that kind. */
export function tableFrom(config: unknown): { key: string; q: string | undefined } | null {
  const panel = object(object(config).panel2Config);
  const key = picked(panel.exp);
  if (key === null) return null;
  const filter = object(object(object(object(panel.panelConfig).tableState).preFilterFunction).fromOp);
  const [lhs, rhs] = [picked(object(filter.inputs).lhs), picked(object(filter.inputs).rhs)];
  const sign = /notEqual$/i.test(String(filter.name)) ? "!=" : /equal$/i.test(String(filter.name)) ? "==" : null;
  return { key, q: lhs === null || rhs === null || sign === null ? undefined : `row[${JSON.stringify(lhs)}] ${sign} row[${JSON.stringify(rhs)}]` };
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
