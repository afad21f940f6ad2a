/** What the trials of a sweep say together. */
import type { SweepLine, SweepParameter, Trial } from "@/api/types";

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

/** Trials with the parameters that are searched by their names, nested ones too. */
export function named(trials: readonly Trial[], parameters: readonly SweepParameter[]): Trial[] {
  const at = (params: unknown, path: readonly string[]): unknown => path.reduce<unknown>((level, key) => (typeof level === "object" && level !== null ? (level as Record<string, unknown>)[key] : undefined), params);
  return trials.map((trial) => {
    if (trial.params === null) return trial;
    const values = parameters.map(({ name, path }) => [name, at(trial.params, path)] as const);
    return { ...trial, params: Object.fromEntries(values.filter(([, v]) => v !== undefined)) };
  });
}

/** Whether an axis is logarithmic by itself: as the parameter is searched; a list of values, where they span so much that more shows. */
export function logarithmic(parameter: SweepParameter, trials: readonly Trial[]): boolean {
  if (parameter.scale !== null) return parameter.scale === "log";
  const values = trials.map((trial) => trial.params?.[parameter.name]).filter((v): v is number => typeof v === "number" && v > 0);
  return values.length > 2 && Math.max(...values) / Math.min(...values) > 30;
}
