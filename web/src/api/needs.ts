/** What the screens need, as queries with a cache. One request serves all visible panels of a frame. */
import { keepPreviousData, type QueryClient, useInfiniteQuery, type UseQueryResult, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answered, unanswered, useConnection } from "@/lib/connection";
import { useChange } from "./change";
import { basePath, get, patch, post, ServerError, shareToken } from "./client";
import { refreshSeries } from "./series";
import type {
  CollectionLine,
  ConsoleLine,
  ConsoleMatches,
  EntryLine,
  FileLine,
  KeyLine,
  Lineage,
  NewKey,
  PrintedBy,
  ProjectLine,
  RegisteredDetail,
  Registry,
  RunColumns,
  RunDetail,
  RunLine,
  RunPage,
  SearchHit,
  Session,
  SweepDetail,
  SweepLine,
  Trial,
  VersionDetail,
  VersionLine,
} from "./types";

const path = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

export const useSession = () =>
  useQuery({ queryKey: ["session"], queryFn: ({ signal }) => get<Session>("/api/session", signal), staleTime: 60_000 });

export const useProjects = () =>
  useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => get<{ projects: ProjectLine[] }>("/api/projects", signal) });

export const useProject = (entity: string, project: string) =>
  useQuery({
    queryKey: ["project", entity, project],
    queryFn: ({ signal }) => get<ProjectLine>(`/api/projects${path(entity, project)}`, signal),
  });

export interface RunsNeed {
  entity: string;
  project: string;
  search?: string;
  where?: unknown;
  order?: string;
  limit?: number;
  cursor?: string | null;
}

export const useRuns = (need: RunsNeed, enabled = true) =>
  useQuery({
    queryKey: ["runs", need.entity, need.project, need],
    queryFn: ({ signal }) => post<RunPage>("/api/runs/query", need, signal),
    placeholderData: keepPreviousData,
    enabled,
  });

/** Several lists of runs, perhaps of different projects. */
export const useRunLists = (needs: readonly RunsNeed[]): { pages: (RunPage | undefined)[]; waiting: boolean; error: Error | null } =>
  useQueries({
    queries: needs.map((need) => ({
      queryKey: ["runs", need.entity, need.project, need],
      queryFn: ({ signal }: { signal: AbortSignal }) => post<RunPage>("/api/runs/query", need, signal),
      placeholderData: keepPreviousData<RunPage>,
    })),
    combine: pagesOf,
  });

function pagesOf(found: UseQueryResult<RunPage>[]): { pages: (RunPage | undefined)[]; waiting: boolean; error: Error | null } {
  return { pages: found.map((one) => one.data), waiting: found.some((one) => one.isPending), error: found.find((one) => one.error !== null)?.error ?? null };
}

/** Which columns the runs of a project have. */
export const useRunColumns = (entity: string, project: string, enabled = true) =>
  useQuery({
    queryKey: ["columns", entity, project],
    queryFn: ({ signal }) => get<RunColumns>(`/api/runs/columns?entity=${encodeURIComponent(entity)}&project=${encodeURIComponent(project)}`, signal),
    staleTime: 30_000,
    enabled,
  });

/** Runs page by page. What the first of them have logged is asked for as soon as they are known, not only when they
 * are drawn: `drawn` says which ones that will be, and `known` hears of their keys. */
export function useRunPages(need: RunsNeed, drawn: (runs: RunLine[]) => RunLine[], known: (client: QueryClient, runs: number[], keys: KeyLine[]) => void) {
  const client = useQueryClient();
  const { entity, project } = need;
  return useInfiniteQuery({
    queryKey: ["runs", entity, project, "pages", need],
    queryFn: async ({ pageParam, signal }) => {
      const page = await post<RunPage>("/api/runs/query", { ...need, cursor: pageParam }, signal);
      const ids = drawn(page.runs).map((run) => run.id);
      if (pageParam === null && ids.length > 0) void client.fetchQuery({ ...keysOf(entity, project, ids, "history"), staleTime: Infinity }).then(({ keys }) => known(client, ids, keys), () => {});
      return page;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    placeholderData: keepPreviousData,
  });
}

/** Whatever the viewer sees whose name or text holds the words. */
export const useSearchHits = (q: string) =>
  useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) => get<{ hits: SearchHit[] }>(`/api/search?q=${encodeURIComponent(q)}`, signal),
    placeholderData: keepPreviousData,
    enabled: q !== "",
  });

/** Make an API key of the person that is signed in; it is shown this once. */
export function useMakeKey() {
  const client = useQueryClient();
  return useChange({
    mutationFn: (description: string) => post<NewKey>("/api/account/keys", { description }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["account"] }),
  });
}

const RECENT_PROJECTS = 5;
const RECENT_RUNS = 12;

/** The newest runs of the projects that changed last. */
export function useRecentRuns(projects: readonly ProjectLine[]): { project: ProjectLine; run: RunLine }[] {
  return useQueries({
    queries: projects.slice(0, RECENT_PROJECTS).map((one) => {
      const need: RunsNeed = { entity: one.entity, project: one.name, order: "-created_at", limit: RECENT_RUNS };
      return {
        queryKey: ["runs", one.entity, one.name, need],
        queryFn: ({ signal }: { signal: AbortSignal }) => post<RunPage>("/api/runs/query", need, signal),
      };
    }),
    combine: (found) =>
      found
        .flatMap((one, i) => (one.data?.runs ?? []).map((run) => ({ project: projects[i] as ProjectLine, run })))
        .sort((a, b) => b.run.created_at.localeCompare(a.run.created_at))
        .slice(0, RECENT_RUNS),
  });
}

export const useRun = (entity: string, project: string, runId: string, enabled = true) =>
  useQuery({
    queryKey: ["run", entity, project, runId],
    queryFn: ({ signal }) => get<RunDetail>(`/api/runs${path(entity, project, runId)}`, signal),
    enabled,
  });

const keysOf = (entity: string, project: string, runs: number[], stream: "history" | "system") => ({
  queryKey: ["keys", entity, project, stream, runs],
  queryFn: ({ signal }: { signal: AbortSignal }) => post<{ keys: KeyLine[] }>("/api/keys", { entity, project, runs, stream }, signal),
});

export const useKeys = (entity: string, project: string, runs: number[], stream: "history" | "system", enabled = true) =>
  useQuery({
    ...keysOf(entity, project, runs, stream),
    placeholderData: keepPreviousData,
    enabled: enabled && runs.length > 0,
  });

export const useConsole = (entity: string, project: string, runId: string) =>
  useQuery({
    queryKey: ["console", entity, project, runId],
    queryFn: ({ signal }) =>
      get<{ lines: ConsoleLine[]; total: number }>(`/api/runs${path(entity, project, runId)}/console?last=5000`, signal),
  });

export const CONSOLE_PAGE = 1000;

/** How many lines a run has printed. */
export const useConsoleCount = (entity: string, project: string, runId: string) =>
  useQuery({
    queryKey: ["console", entity, project, runId, "count"],
    queryFn: async ({ signal }) => (await get<{ total: number }>(`/api/runs${path(entity, project, runId)}/console?last=1`, signal)).total,
    placeholderData: keepPreviousData,
  });

/** Lines by number, of the pages that are asked for. Full pages never change again but for lines that were
 * overwritten, so only the last one is read anew when the run grows. */
export function useConsolePages(entity: string, project: string, runId: string, pages: readonly number[], total: number): ReadonlyMap<number, ConsoleLine> {
  return useQueries({
    queries: pages.map((page) => {
      const whole = (page + 1) * CONSOLE_PAGE <= total;
      return {
        queryKey: whole ? ["console-page", entity, project, runId, page] : ["console", entity, project, runId, "page", page],
        queryFn: async ({ signal }: { signal: AbortSignal }) =>
          (await get<{ lines: ConsoleLine[] }>(`/api/runs${path(entity, project, runId)}/console?start=${page * CONSOLE_PAGE}&last=${CONSOLE_PAGE}`, signal)).lines,
        placeholderData: keepPreviousData<ConsoleLine[]>,
      };
    }),
    combine: byNumber,
  });
}

function byNumber(found: UseQueryResult<ConsoleLine[]>[]): ReadonlyMap<number, ConsoleLine> {
  return new Map(found.flatMap((one) => one.data ?? []).map((line) => [line.number, line]));
}

const MOST_SEARCHES = 10;

/** Which lines each of the processes has printed that write a run side by side: ranges of first line and length. */
export const useConsoleProcesses = (entity: string, project: string, runId: string) =>
  useQuery({
    queryKey: ["console", entity, project, runId, "processes"],
    queryFn: async ({ signal }) => (await get<{ processes: PrintedBy[] }>(`/api/runs${path(entity, project, runId)}/console/processes`, signal)).processes,
    placeholderData: keepPreviousData,
  });

/** Numbers of the lines that hold a text, of all processes or those of one `label`; `more` when the search has stopped
 * before the end. */
export const useConsoleMatches = (entity: string, project: string, runId: string, text: string, label: string | null) =>
  useQuery({
    queryKey: ["console", entity, project, runId, "matches", text, label],
    queryFn: async ({ signal }) => {
      const numbers: number[] = [];
      let start: number | null = 0;
      for (let asked = 0; start !== null && asked < MOST_SEARCHES; asked += 1) {
        const found: ConsoleMatches = await get(`/api/runs${path(entity, project, runId)}/console/search?most=1000&start=${start}&text=${encodeURIComponent(text)}${label === null ? "" : `&label=${encodeURIComponent(label)}`}`, signal);
        numbers.push(...found.lines.map((line) => line.number));
        start = found.next;
      }
      return { numbers, more: start !== null };
    },
    placeholderData: keepPreviousData,
    enabled: text !== "",
  });

const CHANGED_TOGETHER = 10_000;

export interface RunsChange {
  act: "tag" | "group" | "delete" | "stop";
  runs: readonly string[];
  add?: string[];
  remove?: string[];
  group?: string;
}

/** Whatever names a run or tells what it is: lists, its page, the sweep's trials, what made or used an artifact. */
const runsChanged = (client: QueryClient, entity: string, project: string) =>
  Promise.all([...["runs", "run", "trials", "sweep", "versions"].map((kind) => [kind, entity, project]), ["search"]].map((queryKey) => client.invalidateQueries({ queryKey })));

/** Tag, group, delete or stop many runs, named by their ids. `deleted` brings them back. */
export function useChangeRuns(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: async ({ runs, ...change }: RunsChange) => {
      const deleted: number[] = [];
      for (let i = 0; i < runs.length; i += CHANGED_TOGETHER) {
        const done = await post<{ deleted: number[] }>(`/api/runs${path(entity, project)}/bulk`, { ...change, runs: runs.slice(i, i + CHANGED_TOGETHER) });
        deleted.push(...done.deleted);
      }
      return deleted;
    },
    onSettled: () => runsChanged(client, entity, project),
  });
}

/** Bring deleted runs back. */
export function useRestoreRuns(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: async (numbers: readonly number[]) => {
      for (const number of numbers) await post(`/api/undo/run/${number}`, {});
    },
    onSettled: () => runsChanged(client, entity, project),
  });
}

/** Change a run's label, notes or tags. The run's page shows it at once, so that the next change starts from it, and
 * changes of one run arrive in the order in which they were made. */
export function useEditRun(entity: string, project: string, runId: string) {
  const client = useQueryClient();
  const queryKey = ["run", entity, project, runId];
  return useChange({
    mutationKey: queryKey,
    scope: { id: queryKey.join("/") },
    mutationFn: (change: { display_name?: string; notes?: string; tags?: string[] }) => patch(`/api/runs${path(entity, project, runId)}`, change),
    onMutate: async ({ display_name: name, ...change }) => {
      await client.cancelQueries({ queryKey });
      client.setQueryData<RunDetail>(queryKey, (run) => run && { ...run, ...change, ...(name === undefined ? {} : { name }) });
    },
    // While another one is under way, what the server says is not yet what the person has chosen.
    onSettled: () => (client.isMutating({ mutationKey: queryKey }) === 1 ? runsChanged(client, entity, project) : undefined),
  });
}

/** Ask a live run to stop. */
export function useStopRun(entity: string, project: string, runId: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: () => post(`/api/runs${path(entity, project, runId)}/stop`, {}),
    onSettled: () => client.invalidateQueries({ queryKey: ["run", entity, project, runId] }),
  });
}

/** The last line that a run printed and that says something, null while unknown or without one. */
export function useLastLines(entity: string, project: string, runId: string | null): string | null {
  const found = useQuery({
    queryKey: ["console", entity, project, runId, "last"],
    queryFn: ({ signal }) => get<{ lines: ConsoleLine[] }>(`/api/runs${path(entity, project, runId ?? "")}/console?last=20`, signal),
    enabled: runId !== null,
  });
  // eslint-disable-next-line no-control-regex
  const lines = (found.data?.lines ?? []).map((one) => one.line.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").trim());
  return lines.findLast((line) => line !== "" && !line.startsWith("wandb:")) ?? null;
}

export const useFiles = (entity: string, project: string, runId: string) =>
  useQuery({
    queryKey: ["files", entity, project, runId],
    queryFn: ({ signal }) => get<{ files: FileLine[] }>(`/api/runs${path(entity, project, runId)}/files`, signal),
  });

export const useRunVersions = (entity: string, project: string, runId: string) =>
  useQuery({
    queryKey: ["versions", entity, project, runId],
    queryFn: ({ signal }) =>
      get<{ made: VersionLine[]; used: VersionLine[] }>(`/api/runs${path(entity, project, runId)}/artifacts`, signal),
  });

export const useSweeps = (entity: string, project: string) =>
  useQuery({
    queryKey: ["sweeps", entity, project],
    queryFn: ({ signal }) => get<SweepLine[]>(`/api/sweeps${path(entity, project)}`, signal),
  });

export const useSweep = (entity: string, project: string, name: string) =>
  useQuery({
    queryKey: ["sweep", entity, project, name],
    queryFn: ({ signal }) => get<SweepDetail>(`/api/sweeps${path(entity, project, name)}`, signal),
  });

export const useTrials = (entity: string, project: string, name: string) =>
  useQuery({
    queryKey: ["trials", entity, project, name],
    queryFn: ({ signal }) => get<{ trials: Trial[] }>(`/api/sweeps${path(entity, project, name)}/trials`, signal),
    placeholderData: keepPreviousData,
  });

/** Pause, resume, stop or cancel a sweep. */
export function useSweepControl(entity: string, project: string, name: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (state: "RUNNING" | "PAUSED" | "FINISHED" | "CANCELED") => post(`/api/sweeps${path(entity, project, name)}`, { state }),
    onSettled: () => client.invalidateQueries({ queryKey: ["sweep", entity, project, name] }),
  });
}

export const useCollections = (entity: string, project: string) =>
  useQuery({
    queryKey: ["versions", entity, project, "collections"],
    queryFn: ({ signal }) => get<{ collections: CollectionLine[] }>(`/api/artifacts${path(entity, project)}`, signal),
  });

export const useVersion = (entity: string, project: string, collection: string, version: string) =>
  useQuery({
    queryKey: ["versions", entity, project, collection, version],
    queryFn: ({ signal }) => get<VersionDetail>(`/api/artifacts${path(entity, project, collection, version)}`, signal),
    placeholderData: keepPreviousData,
  });

export const useEntries = (entity: string, project: string, collection: string, version: string) =>
  useQuery({
    queryKey: ["entries", entity, project, collection, version],
    queryFn: ({ signal }) => get<{ files: EntryLine[]; total: number }>(`/api/artifacts${path(entity, project, collection, version)}/files`, signal),
  });

export const useLineage = (entity: string, project: string, collection: string, version: string) =>
  useQuery({
    queryKey: ["versions", entity, project, collection, version, "lineage"],
    queryFn: ({ signal }) => get<Lineage>(`/api/artifacts${path(entity, project, collection, version)}/lineage`, signal),
  });

export const useRegistries = () =>
  useQuery({ queryKey: ["registries"], queryFn: ({ signal }) => get<{ registries: Registry[] }>("/api/registries", signal) });

export const useRegistered = (entity: string, project: string, collection: string) =>
  useQuery({
    queryKey: ["versions", entity, project, "registered", collection],
    queryFn: ({ signal }) => get<RegisteredDetail>(`/api/registries${path(entity, project, collection)}`, signal),
  });

/** Put an alias on a version, or take it off. An alias moves from wherever it was. */
export function useAliases(entity: string, project: string, collection: string, version: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (change: { add?: string[]; remove?: string[] }) =>
      post(`/api/artifacts${path(entity, project, collection, version)}/aliases`, change),
    onSettled: () => client.invalidateQueries({ queryKey: ["versions", entity, project] }),
  });
}

/** Exact history rows of a run that have one of the keys. */
export const useRows = (entity: string, project: string, runId: string, keys: string[]) =>
  useQuery({
    queryKey: ["rows", entity, project, runId, keys],
    queryFn: ({ signal }) =>
      get<{ rows: Record<string, unknown>[] }>(
        `/api/runs${path(entity, project, runId)}/rows?${keys.map((key) => `key=${encodeURIComponent(key)}`).join("&")}`,
        signal,
      ),
    placeholderData: keepPreviousData,
  });

/** Exact rows from a step on. */
export const useRowsFrom = (entity: string, project: string, runId: string, keys: string[], minStep: number, limit: number) =>
  useQuery({
    queryKey: ["rows", entity, project, runId, keys, minStep, limit],
    queryFn: ({ signal }) =>
      get<{ rows: Record<string, unknown>[] }>(
        `/api/runs${path(entity, project, runId)}/rows?min_step=${minStep}&limit=${limit}&${keys.map((key) => `key=${encodeURIComponent(key)}`).join("&")}`,
        signal,
      ),
    enabled: keys.length > 0,
  });

/** Who holds a file: a run, a version, or a version by the name that its client gave it. */
export interface Owner {
  kind: "run" | "version" | "client";
  id: number | string;
}

/** Where a reference between artifacts leads: `wandb-client-artifact://NAME/path` or `wandb-artifact://HEX/path`. */
export function referred(uri: string | undefined): { owner: Owner; path: string } | null {
  const found = /^wandb-(client-)?artifact:\/\/([^/:]+)\/(.+)$/.exec(uri ?? "");
  const name = found?.[2];
  const file = found?.[3];
  if (name === undefined || file === undefined) return null;
  if (found?.[1] !== undefined) return { owner: { kind: "client", id: name }, path: file };
  const plain = (name.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join("");
  const id = /:(\d+)$/.exec(plain)?.[1];
  return id === undefined ? null : { owner: { kind: "version", id: Number(id) }, path: file };
}

/** Path of a file that a run or a version holds, without what stands in front of all paths of this server. */
export const mediaPath = (kind: Owner["kind"], id: Owner["id"], name: string): string =>
  `/api/media/${kind}/${id}/${name.split("/").map(encodeURIComponent).join("/")}`;

/** Address of a file that a run or a version holds. On a shared page it carries the link's token. */
export function mediaAddress(kind: Owner["kind"], id: Owner["id"], name: string): string {
  const token = shareToken();
  return `${basePath}${mediaPath(kind, id, name)}${token === null ? "" : `?share=${encodeURIComponent(token)}`}`;
}

/** Address of a run's file by the run's name. */
export const fileAddress = (entity: string, project: string, runId: string, name: string): string =>
  `${basePath}/api/runs${path(entity, project, runId)}/files/${name.split("/").map(encodeURIComponent).join("/")}`;

/** Address of all that a run has printed, as a file. */
export const consoleAddress = (entity: string, project: string, runId: string): string => `${basePath}/api/runs${path(entity, project, runId)}/console/text`;

async function fetched(address: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(address, { signal, credentials: "same-origin" });
  if (!response.ok) throw new ServerError(response.status, `The server answered ${response.status} for this file.`);
  return response;
}

/** A file as text. */
export const useText = (address: string) =>
  useQuery({ queryKey: ["text", address], queryFn: async ({ signal }) => (await fetched(address, signal)).text(), staleTime: 60_000 });

/** A file as bytes, and who holds it: a version may refer to the file of another. */
export async function fetchHeld(owner: Owner, name: string, signal: AbortSignal): Promise<{ bytes: ArrayBuffer; owner: Owner }> {
  const response = await fetched(mediaAddress(owner.kind, owner.id, name), signal);
  const led = response.redirected ? /\/api\/media\/version\/(\d+)\//.exec(response.url)?.[1] : undefined;
  return { bytes: await response.arrayBuffer(), owner: led === undefined ? owner : { kind: "version", id: Number(led) } };
}

/** Paths of the files below a folder of a version. */
export const pathsBelow = async (owner: Owner, folder: string, signal: AbortSignal): Promise<string[]> =>
  (await get<{ paths: string[] }>(`/api/media/folder/${owner.kind}/${owner.id}/${folder.split("/").filter(Boolean).map(encodeURIComponent).join("/")}`, signal)).paths;

/** Keep a project's screens fresh: each change that the server commits marks what it touches as stale. */
export function useLive(entity: string, project: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const source = new EventSource(`${basePath}/api/stream?entity=${encodeURIComponent(entity)}&project=${encodeURIComponent(project)}`);
    let due: ReturnType<typeof setTimeout> | null = null;
    const nouns = new Set<string>();
    let changed = new Set<number>();
    let last = 0;
    const flush = () => {
      due = null;
      last = performance.now();
      if (nouns.has("history") || nouns.has("run")) {
        refreshSeries(client, entity, project, changed);
        for (const kind of ["runs", "run", "keys", "console"]) {
          void client.invalidateQueries({ queryKey: [kind, entity, project] });
        }
      }
      if (nouns.has("version") || nouns.has("membership")) void client.invalidateQueries({ queryKey: ["versions", entity, project] });
      nouns.clear();
      changed = new Set();
    };
    let lost: boolean | null = null;
    let soon: ReturnType<typeof setTimeout> | undefined;
    source.onopen = () => {
      useConnection.setState({ live: true });
      // What happened in between was told to nobody.
      if (lost === null) soon = setTimeout(() => void client.invalidateQueries({ queryKey: ["runs", entity, project] }), FIRST_SEEN_MS);
      else if (lost) void client.invalidateQueries({ predicate: (query) => query.queryKey[1] === entity && query.queryKey[2] === project });
      lost = false;
    };
    source.onerror = () => {
      lost = true;
      useConnection.setState({ live: false });
      void ping();
    };
    source.onmessage = (event: MessageEvent<string>) => {
      const { noun, ids } = JSON.parse(event.data) as { noun: string; ids: number[] };
      nouns.add(noun);
      if (noun === "history" || noun === "run") for (const id of ids) changed.add(id);
      due ??= setTimeout(flush, Math.max(0, last + AT_MOST_EACH_MS - performance.now()));
    };
    return () => {
      if (due !== null) clearTimeout(due);
      clearTimeout(soon);
      source.close();
      useConnection.setState({ live: null });
    };
  }, [client, entity, project]);
}

/** Screens are made fresh this often at most; what comes after a pause is shown at once. */
const AT_MOST_EACH_MS = 400;
const ASK_MS = 2000;
/** The lists of runs were asked for before anybody listened; once the page stands, they are read again. */
const FIRST_SEEN_MS = 3000;

async function ping(): Promise<void> {
  const found = await fetch(`${basePath}/healthz`, { cache: "no-store" }).catch(() => null);
  if (found?.ok === true) answered();
  else unanswered();
}

/** While the server is away, ask whether it is back; when it is, everything in sight is read anew. */
export function useCatchUp(): void {
  const client = useQueryClient();
  const { reachable, returns } = useConnection();
  useEffect(() => {
    if (reachable) return;
    const timer = setInterval(() => void ping(), ASK_MS);
    return () => clearInterval(timer);
  }, [reachable]);
  useEffect(() => {
    if (returns > 0) void client.invalidateQueries();
  }, [client, returns]);
}
