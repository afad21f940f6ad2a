/** Confusion matrix of two columns: rows are true classes, columns predicted ones. Pure. */
import { byName } from "@/lib/format";
import type { GridColumn } from "./columns";

export interface Matrix {
  classes: string[];
  counts: Float64Array;
  total: number;
  right: number;
}

export const MOST_CLASSES = 40;

/** Counts by pair over some rows. Classes in numeric order where they are numbers; only the most frequent 40. */
export function confusion(actual: GridColumn, predicted: GridColumn, rows: ArrayLike<number>): Matrix {
  const seen = new Map<string, number>();
  const bump = (key: string) => seen.set(key, (seen.get(key) ?? 0) + 1);
  for (let i = 0; i < rows.length; i += 1) {
    bump(String(actual.values[rows[i] ?? 0]));
    bump(String(predicted.values[rows[i] ?? 0]));
  }
  const classes = [...seen].sort((a, b) => b[1] - a[1]).slice(0, MOST_CLASSES).map(([name]) => name);
  classes.sort(byName);
  const at = new Map(classes.map((name, i) => [name, i]));
  const counts = new Float64Array(classes.length ** 2);
  let [total, right] = [0, 0];
  for (let i = 0; i < rows.length; i += 1) {
    const r = at.get(String(actual.values[rows[i] ?? 0]));
    const c = at.get(String(predicted.values[rows[i] ?? 0]));
    if (r === undefined || c === undefined) continue;
    counts[r * classes.length + c] = (counts[r * classes.length + c] ?? 0) + 1;
    total += 1;
    if (r === c) right += 1;
  }
  return { classes, counts, total, right };
}

/** Share of each true class that was found (recall), and of each predicted class that is true (precision). */
export function rates({ classes, counts }: Matrix): { recall: number[]; precision: number[] } {
  const n = classes.length;
  const at = (r: number, c: number) => counts[r * n + c] ?? 0;
  const sum = (f: (i: number) => number) => classes.reduce((all, _, i) => all + f(i), 0);
  return {
    recall: classes.map((_, r) => at(r, r) / sum((c) => at(r, c))),
    precision: classes.map((_, c) => at(c, c) / sum((r) => at(r, c))),
  };
}
