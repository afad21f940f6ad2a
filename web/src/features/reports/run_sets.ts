/** The runs of all run sets of a grid, put together as its panels need them. */
import { useMemo } from "react";
import { useRunLists } from "@/api/needs";
import { includes, list, object, type ReportRunSet, runSetFrom } from "@/api/report_spec";
import type { RunLine } from "@/api/types";
import { runColour, type Theme } from "@/lib/colour";
import { groupRuns, type RunGroup, type RunSet, runSet } from "@/lib/run_set";

export const MOST_RUNS = 500;

export interface Home {
  entity: string;
  project: string;
}

/** One run set with what it finds: `shown` without what is hidden in it. */
export interface FoundSet {
  set: ReportRunSet;
  /** Its place among the stored ones. */
  at: number;
  enabled: boolean;
  found: RunLine[];
  shown: RunLine[];
  total: number;
}

export interface GridRuns {
  sets: FoundSet[];
  /** Runs of all enabled sets, each once. */
  all: RunSet<RunLine>;
  homeOf: (run: RunLine) => Home;
  waiting: boolean;
  error: Error | null;
}

const OTHER_PROJECT = 5; // steps in the palette between runs of different projects

/** Runs of a grid's metadata, live. */
export function useGridRuns(metadata: Record<string, unknown>, entity: string, project: string, theme: Theme): GridRuns {
  const stored = useMemo(() => {
    const given = list(metadata.runSets);
    return (given.length === 0 ? [{}] : given).map((one, at) => ({ set: runSetFrom(one, entity, project), at, enabled: object(one).enabled !== false }));
  }, [metadata.runSets, entity, project]);
  const needs = useMemo(() => stored.map(({ set }) => ({ entity: set.entity, project: set.project, search: set.search, where: set.where, order: set.order, limit: MOST_RUNS })), [stored]);
  const lists = useRunLists(needs);
  return useMemo(() => {
    const sets = stored.map((one, i) => {
      const found = lists.pages[i]?.runs ?? [];
      return { ...one, found, shown: found.filter((run) => includes(one.set, run.run_id)), total: lists.pages[i]?.total ?? 0 };
    });
    const homes = new Map<number, Home>();
    for (const { set, found } of sets) for (const run of found) homes.set(run.id, set);
    return { sets, all: together(sets.filter((one) => one.enabled), theme, object(metadata.customRunColors) as Record<string, string>), homeOf: (run) => homes.get(run.id) ?? { entity, project }, waiting: lists.waiting, error: lists.error };
  }, [stored, lists, theme, metadata.customRunColors, entity, project]);
}

/** Runs of several sets as one: groups stay inside their set, and runs of another project get other colours. */
function together(sets: FoundSet[], theme: Theme, own: Record<string, string>): RunSet<RunLine> {
  const homes = [...new Set(sets.map(({ set }) => `${set.entity}/${set.project}`))];
  const seen = new Set<number>();
  const parts = sets.map(({ set, shown }) => {
    const shift = homes.indexOf(`${set.entity}/${set.project}`) * OTHER_PROJECT;
    const runs = shown.filter((run) => !seen.has(run.id)).map((run) => (shift === 0 ? run : { ...run, ordinal: run.ordinal + shift }));
    for (const run of runs) seen.add(run.id);
    return { set, runs };
  });
  const runs = parts.flatMap((one) => one.runs);
  const plain = runSet(runs, theme, { own });
  if (parts.every(({ set }) => set.groupBy.length === 0)) return plain;
  const groups = parts
    .flatMap(({ set, runs: mine }): RunGroup<RunLine>[] => (set.groupBy.length === 0 ? mine.map((run) => ({ name: run.name, ordinal: 0, runs: [run] })) : groupRuns(mine, set.groupBy).map((group) => ({ ...group, name: parts.length > 1 ? `${set.name}: ${group.name}` : group.name }))))
    .map((group, ordinal) => ({ ...group, ordinal }));
  const groupOf = new Map(groups.flatMap((group) => group.runs.map((run) => [run.id, group] as const)));
  return { ...plain, groups, colour: (run) => own[run.run_id] ?? runColour(groupOf.get(run.id)?.ordinal ?? run.ordinal, theme), dash: () => [] };
}
