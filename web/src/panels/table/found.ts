/** Tables among what runs logged. */
import { type Owner, referred } from "@/api/needs";
import type { RunLine } from "@/api/types";

export interface LoggedTable {
  _type: string;
  path?: string;
  artifact_path?: string;
  nrows?: number;
  ncols?: number;
}

/** Whether a summary value is a logged table: one of its own, or one made of tables that lie in a version. */
export function isTable(v: unknown): v is LoggedTable {
  if (typeof v !== "object" || v === null || !("_type" in v)) return false;
  if (v._type === "table-file") return "path" in v && typeof v.path === "string";
  return (v._type === "joined-table" || v._type === "partitioned-table") && "artifact_path" in v && referred(String(v.artifact_path)) !== null;
}

/** Where a logged table lies: whole in the version logged with it, else the run's own copy without media. */
export function placeOf(run: { id: number }, table: LoggedTable): { owner: Owner; path: string } {
  return referred(table.artifact_path) ?? { owner: { kind: "run", id: run.id }, path: table.path ?? "" };
}

/** All tables of some runs by key, the keys with most runs first. */
export function tablesOf(runs: readonly RunLine[]): { key: string; holders: { run: RunLine; table: LoggedTable }[] }[] {
  const found = new Map<string, { run: RunLine; table: LoggedTable }[]>();
  for (const run of runs) {
    for (const [key, v] of Object.entries(run.summary)) {
      if (isTable(v)) found.set(key, [...(found.get(key) ?? []), { run, table: v }]);
    }
  }
  return [...found].map(([key, holders]) => ({ key, holders })).sort((a, b) => b.holders.length - a.holders.length || a.key.localeCompare(b.key));
}
