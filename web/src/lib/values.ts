/** Values of runs by name: `config.lr`, `summary.loss`, or a bare key, which is the summary's. Pure. */

interface Valued {
  config: Record<string, unknown>;
  summary: Record<string, unknown>;
}

/** Nested values by their dotted name; undefined where there is none. */
function inner(document: Record<string, unknown>, name: string): unknown {
  if (name in document) return document[name];
  let found: unknown = document;
  for (const part of name.split(".")) {
    if (found === null || typeof found !== "object") return undefined;
    found = (found as Record<string, unknown>)[part];
  }
  return found;
}

/** Any value of a run by name. */
export function valueOf(run: Valued, name: string): unknown {
  if (name.startsWith("config.")) return inner(run.config, name.slice(7));
  return inner(run.summary, name.replace(/^summary\./, ""));
}

/** A finite number of a run by name, null where there is none. */
export function numberOf(run: Valued, name: string): number | null {
  const found = valueOf(run, name);
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

/** Every name whose value is a number in some run, those of most runs first. */
export function numericNames(runs: readonly Valued[]): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const kind of ["config", "summary"] as const) {
      for (const [key, value] of Object.entries(run[kind])) {
        if (typeof value === "number" && !key.startsWith("_")) counts.set(`${kind}.${key}`, (counts.get(`${kind}.${key}`) ?? 0) + 1);
      }
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
}
