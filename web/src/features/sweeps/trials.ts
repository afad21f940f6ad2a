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

/** Whether an axis is logarithmic by itself: as the parameter is searched, else where its values span so much that more shows. */
export function logarithmic(config: SweepConfig, trials: readonly Trial[], param: string): boolean {
  const searched = config.parameters?.[param];
  if (searched?.distribution?.includes("log") === true) return true;
  if (searched?.min !== undefined || searched?.mu !== undefined) return false;
  const values = trials.map((trial) => trial.params?.[param]).filter((v): v is number => typeof v === "number" && v > 0);
  return values.length > 2 && Math.max(...values) / Math.min(...values) > 30;
}

/** What is read here of a sweep's configuration. */
export interface SweepConfig {
  parameters?: Record<string, { distribution?: string; min?: number; mu?: number; values?: unknown[] }>;
}
