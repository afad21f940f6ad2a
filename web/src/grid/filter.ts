/** Which rows are left: an expression and what was picked in the histograms. Pure. */
import type { Pick } from "@/lib/tables";
import type { GridColumn, GridTable } from "./columns";
import { compile, evaluator, ExpressionError } from "./expression";

/** Rows that pass all of it, in their order; `error` says what is wrong with the expression, which then counts as absent. */
export function filtered(table: GridTable, expression: string, picks: readonly Pick[]): { rows: Uint32Array; error: string | null } {
  let test: ((row: number) => boolean) | null = null;
  let error: string | null = null;
  if (expression.trim() !== "") {
    try {
      test = compile(expression, table);
    } catch (problem) {
      error = problem instanceof ExpressionError ? problem.message : String(problem);
    }
  }
  const chosen = picks.flatMap((pick) => {
    const column = table.columns.find((one) => one.name === pick.column);
    return column === undefined ? [] : [{ values: column.values, pick }];
  });
  const kept = new Uint32Array(table.rows);
  let n = 0;
  for (let row = 0; row < table.rows; row += 1) {
    if (test !== null && !test(row)) continue;
    if (!chosen.every(({ values, pick }) => inside(values[row], pick))) continue;
    kept[n] = row;
    n += 1;
  }
  return { rows: kept.slice(0, n), error };
}

function inside(v: unknown, pick: Pick): boolean {
  if ("value" in pick) return String(v) === pick.value;
  return typeof v === "number" && v >= pick.lo && v <= pick.hi;
}

/** A column computed from an expression. Raises `ExpressionError`. */
export function computed(table: GridTable, name: string, expression: string): GridColumn {
  const value = evaluator(expression, table);
  const values = Array.from({ length: table.rows }, (_, row) => value(row) ?? null);
  const numeric = values.every((v) => v === null || typeof v === "number");
  return { name, kind: numeric ? "number" : values.every((v) => v === null || typeof v === "boolean") ? "boolean" : "text", values };
}

/** Rows by the value of a column: numbers in their order, words by how often they occur. */
export function groups(by: GridColumn, rows: ArrayLike<number>): { key: string; rows: Uint32Array }[] {
  const found = new Map<string, number[]>();
  for (let i = 0; i < rows.length; i += 1) {
    const key = String(by.values[rows[i] ?? 0]);
    const list = found.get(key);
    if (list === undefined) found.set(key, [rows[i] ?? 0]);
    else list.push(rows[i] ?? 0);
  }
  return [...found]
    .sort((a, b) => (by.kind === "number" ? Number(a[0]) - Number(b[0]) : b[1].length - a[1].length || a[0].localeCompare(b[0])))
    .map(([key, list]) => ({ key, rows: Uint32Array.from(list) }));
}
