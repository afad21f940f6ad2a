/** Sweeps: their course, what mattered, why each point; and how a new one is made. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, post } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Course = Schemas["Course"];
export type Importance = Schemas["ImportanceBody"];
export type Weight = Schemas["ParameterWeight"];
export type Explanation = Schemas["Explanation"];
export type TrustedRun = Schemas["TrustedRun"];
export type CheckedConfig = Schemas["Checked"];

const at = (...parts: string[]) => `/api/sweeps/${parts.map(encodeURIComponent).join("/")}`;

export const useCourse = (entity: string, project: string, name: string) =>
  useQuery({
    queryKey: ["course", entity, project, name],
    queryFn: ({ signal }) => get<Course>(at(entity, project, name, "history"), signal),
    placeholderData: keepPreviousData,
  });

export const useImportance = (entity: string, project: string, name: string) =>
  useQuery({
    queryKey: ["importance", entity, project, name],
    queryFn: ({ signal }) => get<Importance>(at(entity, project, name, "importance"), signal),
    placeholderData: keepPreviousData,
  });

export const useTrustedRun = (entity: string, project: string, name: string) =>
  useQuery({
    queryKey: ["trusted", entity, project, name],
    queryFn: ({ signal }) => get<TrustedRun>(at(entity, project, name, "recommendation"), signal),
    placeholderData: keepPreviousData,
  });

export const useExplanation = (entity: string, project: string, name: string, run: string) =>
  useQuery({
    queryKey: ["explanation", entity, project, name, run],
    queryFn: ({ signal }) => get<Explanation>(at(entity, project, name, "explain", run), signal),
  });

/** What is wrong with a configuration. Asked again for each text. */
export const useConfigCheck = (text: string) =>
  useQuery({
    queryKey: ["sweep-check", text],
    queryFn: ({ signal }) => post<CheckedConfig>("/api/sweep-check", { config_text: text }, signal),
    enabled: text.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });

/** Make a sweep, perhaps one that learns from runs that are there. */
export function useMakeSweep(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (wanted: { config_text: string; prior_runs: string[] }) => post<Schemas["MadeSweep"]>(at(entity, project), wanted),
    onSettled: () => client.invalidateQueries({ queryKey: ["sweeps", entity, project] }),
  });
}

/** Keep one sweep's page fresh while agents work on it. */
export function useSweepNews(entity: string, project: string, name: string, running: boolean) {
  const client = useQueryClient();
  useQuery({
    queryKey: ["sweep-news", entity, project, name],
    queryFn: async () => {
      for (const kind of ["sweep", "trials", "course", "importance", "trusted"]) await client.invalidateQueries({ queryKey: [kind, entity, project, name] });
      return Date.now();
    },
    enabled: running,
    refetchInterval: 4000,
    initialData: 0,
    staleTime: Infinity,
  });
}
