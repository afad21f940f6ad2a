/** Lines to draw, as arrays: what panels ask for in one animation frame travels together, and of a live project only
 * what has changed is read again. */
import { keepPreviousData, type Query, type QueryClient, type UseQueryResult, useQueries } from "@tanstack/react-query";
import { merged, type SeriesArrays } from "@/lib/series";
import { post, postForFrame } from "./client";
import type { Series } from "./types";

export interface SeriesNeed {
  entity: string;
  project: string;
  runs: number[];
  key: string;
  x: string;
  stream: "history" | "system";
  lo?: number;
  hi?: number;
  points: number;
}

interface Waiting {
  need: SeriesNeed;
  done: (series: SeriesArrays[]) => void;
  failed: (error: unknown) => void;
}
let waiting: Waiting[] = [];

/** So many lines travel in one request: the first are drawn while the others are on their way, and the very first
 * are few and travel alone, or the server would halve its time between them and the many behind. It may do one
 * request after the other, so no more are asked for at once than keep it busy. */
const LINES_FIRST = 50;
const LINES_TOGETHER = 400;
const AT_ONCE = 2;
const MOST_PANELS = 64;
let underWay = 0;
let alone = false;

/** All needs of one animation frame travel together. */
function seriesTogether(need: SeriesNeed): Promise<SeriesArrays[]> {
  return new Promise((done, failed) => {
    waiting.push({ need, done, failed });
    if (waiting.length === 1) setTimeout(begin, 0);
  });
}

function begin(): void {
  if (waiting.length === 0) return;
  alone ||= underWay === 0;
  if (underWay === 0) void sendBatch(taken(LINES_FIRST));
  else send();
}

function send(): void {
  while (waiting.length > 0 && underWay < AT_ONCE && !alone) void sendBatch(taken(LINES_TOGETHER));
}

/** The panels whose turn it is: with at most so many lines, but at least one. */
function taken(most: number): Waiting[] {
  let lines = 0;
  const fit = waiting.slice(0, MOST_PANELS).findIndex((one, i) => (lines += one.need.runs.length) > most && i > 0);
  return waiting.splice(0, fit === -1 ? MOST_PANELS : fit);
}

async function sendBatch(batch: Waiting[]): Promise<void> {
  underWay += 1;
  try {
    const answer = await postForFrame<{ panels: { series: SeriesArrays[] }[] }>("/api/series/frame", { panels: batch.map((one) => one.need) });
    batch.forEach((one, i) => one.done(answer.panels[i]?.series ?? []));
  } catch (error) {
    for (const one of batch) one.failed(error);
  } finally {
    underWay -= 1;
    alone = false;
    send();
  }
}

/** The same with every digit, for files: drawings come in 32 bits. */
export async function exactSeries(need: Omit<SeriesNeed, "key">, keys: readonly string[]): Promise<Series[]> {
  const answer = await post<{ panels: { series: Series[] }[] }>("/api/series", { panels: keys.map((key) => ({ ...need, key })) });
  return answer.panels.flatMap((panel) => panel.series);
}

const linesOf = (need: SeriesNeed) => ({ queryKey: ["series", need.entity, need.project, need], queryFn: () => seriesTogether(need) });

/** Ask for lines that will be drawn soon, at once: they come while the page is still being made. */
export function expectSeries(client: QueryClient, need: Omit<SeriesNeed, "key">, keys: readonly string[]): void {
  for (const key of keys) void client.prefetchQuery({ ...linesOf({ ...need, key }), staleTime: Infinity });
  begin();
}

/** Several keys of the same runs, together. What was there stays in sight until the new is. */
export function useManySeries(need: Omit<SeriesNeed, "key">, keys: readonly string[], enabled: boolean): { series: SeriesArrays[]; isPending: boolean; error: Error | null } {
  const found = useQueries({
    queries: keys.map((key) => ({
      ...linesOf({ ...need, key }),
      structuralSharing: false as const,
      placeholderData: keepPreviousData<SeriesArrays[]>,
      enabled: enabled && need.runs.length > 0,
    })),
    combine: gather,
  });
  return found;
}

function gather(found: UseQueryResult<SeriesArrays[]>[]): { series: SeriesArrays[]; isPending: boolean; error: Error | null } {
  return {
    series: found.flatMap((one) => one.data ?? []),
    isPending: found.some((one) => one.isPending),
    error: found.find((one) => one.error !== null)?.error ?? null,
  };
}

/** Changes are read one after the other: a later answer is never overtaken by an earlier one. */
let refreshing: Promise<unknown> = Promise.resolve();

/** Read the lines of some runs anew in whatever a project's screens show, and only those; 0 stands for all runs. */
export function refreshSeries(client: QueryClient, entity: string, project: string, changed: ReadonlySet<number>): void {
  const whole = (query: Query) => changed.has(0) || query.state.data === undefined || query.state.fetchStatus !== "idle";
  const shown = client.getQueryCache().findAll({ queryKey: ["series", entity, project] });
  for (const query of shown.filter((one) => !one.isActive() || whole(one))) void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  const known = shown.filter((one) => one.isActive() && !whole(one));
  refreshing = refreshing.then(() => Promise.all(known.map((query) => refreshed(client, query, changed))));
}

async function refreshed(client: QueryClient, query: Query, changed: ReadonlySet<number>): Promise<void> {
  const need = query.queryKey[3] as SeriesNeed;
  const stale = need.runs.filter((run) => changed.has(run));
  if (stale.length === 0) return;
  try {
    const fresh = await seriesTogether({ ...need, runs: stale });
    client.setQueryData<SeriesArrays[]>(query.queryKey, (before) => before && merged(before, fresh, need.runs, changed));
  } catch {
    // Asked for as a whole it says what is wrong, or is there again.
    await client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
}
