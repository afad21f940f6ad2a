/** What the trials of a sweep say together. */
import type { SweepLine, Trial } from "@/api/types";

/** How many runs a sweep has had. */
export const runsOf = (sweep: SweepLine): number => Object.values(sweep.runs).reduce((sum, n) => sum + n, 0);

/** Parameters that took more than one value, the most varied first. */
export function varied(trials: readonly Trial[]): string[] {
  const seen = new Map<string, Set<string>>();
  for (const trial of trials) {
    for (const [key, v] of Object.entries(trial.params ?? {})) {
      const known = seen.get(key) ?? new Set<string>();
      known.add(JSON.stringify(v));
      seen.set(key, known);
    }
  }
  return [...seen].filter(([, values]) => values.size > 1 || trials.length === 1).sort((a, b) => b[1].size - a[1].size || a[0].localeCompare(b[0])).map(([key]) => key).slice(0, 12);
}

/** Whether a parameter's values span so much that a logarithmic axis shows more. */
export function spread(trials: readonly Trial[], param: string): boolean {
  const values = trials.map((trial) => trial.params?.[param]).filter((v): v is number => typeof v === "number" && v > 0);
  return values.length > 2 && Math.max(...values) / Math.min(...values) > 30;
}
