/** The runs that a page shows, with their colours and groups: the same for every panel of the page. Pure. */
import { runColour, runDash, type Theme } from "./colour";
import { byName } from "./format";

export interface GroupedRun {
  id: number;
  run_id: string;
  name: string;
  ordinal: number;
  config: Record<string, unknown>;
  group: string | null;
  job_type: string | null;
  state: string;
  tags: string[];
  user: string | null;
}

export interface RunGroup<R> {
  name: string;
  ordinal: number;
  runs: R[];
}

export interface RunSet<R extends GroupedRun> {
  runs: R[];
  /** null: each run for itself. */
  groups: RunGroup<R>[] | null;
  colour: (run: R) => string;
  dash: (run: R) => number[];
  groupColour: (group: RunGroup<R>) => string;
  baseline: R | null;
}

/** A run's value of a field such as `group`, `job_type`, `tags`, `config.lr`, as a word. */
export function fieldOf(run: GroupedRun, field: string): string {
  if (field.startsWith("config.")) {
    const value = run.config[field.slice(7)];
    return value === undefined || value === null ? "(none)" : typeof value === "string" ? value : JSON.stringify(value);
  }
  if (field === "tags") return run.tags.join(", ") || "(none)";
  const facts: Record<string, string | null> = { group: run.group, job_type: run.job_type, state: run.state, user: run.user };
  return facts[field] ?? "(none)";
}

/** Runs put together by the values of fields, in the order of the first run of each. */
export function groupRuns<R extends GroupedRun>(runs: readonly R[], fields: readonly string[]): RunGroup<R>[] {
  const found = new Map<string, R[]>();
  for (const run of runs) {
    const name = fields.map((field) => (fields.length === 1 ? fieldOf(run, field) : `${field.replace("config.", "")}: ${fieldOf(run, field)}`)).join(", ");
    found.set(name, [...(found.get(name) ?? []), run]);
  }
  // Sorted names: a group keeps its colour when a run is hidden or a new one arrives.
  return [...found].sort((a, b) => byName(a[0], b[0])).map(([name, list], ordinal) => ({ name, ordinal, runs: list }));
}

/** Everything that panels need to know about the runs. `own` are colours that people have chosen, by run id. */
export function runSet<R extends GroupedRun>(
  runs: R[],
  theme: Theme,
  { groupBy = [], own = {}, baseline = null }: { groupBy?: readonly string[]; own?: Record<string, string>; baseline?: string | null } = {},
): RunSet<R> {
  const groups = groupBy.length === 0 ? null : groupRuns(runs, groupBy);
  const groupOf = new Map(groups?.flatMap((group) => group.runs.map((run) => [run.id, group] as const)));
  return {
    runs,
    groups,
    colour: (run) => own[run.run_id] ?? runColour(groupOf.get(run.id)?.ordinal ?? run.ordinal, theme),
    dash: (run) => (groups === null && runs.length > 1 && own[run.run_id] === undefined ? runDash(run.ordinal) : []),
    groupColour: (group) => runColour(group.ordinal, theme),
    baseline: runs.find((run) => run.run_id === baseline) ?? null,
  };
}
