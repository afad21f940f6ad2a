/** Facts about a set of runs: what differs, which metric matters, who is best. Pure. */
import { numberOf } from "./values";

export interface RunFacts {
  config: Record<string, unknown>;
  summary: Record<string, unknown>;
}

/** Config keys whose values are not the same in all runs, the most varied first. */
export function differing(runs: readonly RunFacts[]): string[] {
  const values = new Map<string, Set<string>>();
  for (const run of runs) {
    for (const [key, value] of Object.entries(run.config)) {
      if (key.startsWith("_")) continue;
      const known = values.get(key) ?? new Set<string>();
      known.add(JSON.stringify(value));
      values.set(key, known);
    }
  }
  const missing = (key: string) => runs.some((run) => !(key in run.config));
  return [...values]
    .filter(([key, set]) => set.size > 1 || (missing(key) && runs.length > 1))
    .sort((a, b) => b[1].size - a[1].size || a[0].localeCompare(b[0]))
    .map(([key]) => key);
}

const order = [/val.*loss/i, /val.*(acc|f1|auc|score)/i, /loss/i, /acc|f1|auc|score|reward/i];

// What `define_metric(summary=...)` makes of a metric's summary: an object of these, the one a person asks for first.
const lowest = ["best", "min", "last", "mean", "max", "first"];
const highest = ["best", "max", "last", "mean", "min", "first"];
const summarised = new RegExp(`\\.(${lowest.join("|")})$`);

/** The metric that was logged, of a key of the summary. */
export const loggedMetric = (key: string, logged: ReadonlySet<string> | ReadonlyMap<string, unknown>): string => (logged.has(key) ? key : key.replace(summarised, ""));

/** The summary key that a person would ask for first, null without any number. */
export function mainMetric(runs: readonly RunFacts[]): string | null {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const [key, value] of Object.entries(run.summary)) {
      if (key.startsWith("_")) continue;
      const way = typeof value !== "object" ? undefined : (lowerIsBetter(key) ? lowest : highest).find((name) => numberOf(run, `${key}.${name}`) !== null);
      const name = typeof value === "number" ? key : way === undefined ? null : `${key}.${way}`;
      if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const keys = [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  for (const pattern of order) {
    const found = keys.find((key) => pattern.test(key));
    if (found !== undefined) return found;
  }
  return keys[0] ?? null;
}

/** Whether lower is better: losses, errors, distances and times; anything else grows with quality. */
export function lowerIsBetter(key: string): boolean {
  return /loss|err|mse|mae|rmse|perplexity|ppl|distance|divergence|time|latency|regret/i.test(key);
}
