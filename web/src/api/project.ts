/** A project as its managers keep it: made, described, shown to whom, what it holds, how long, and who did what. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, patch, post, put, remove } from "./client";
import type { components } from "./schema";
import type { ProjectLine } from "./types";

type Schemas = components["schemas"];
export type Visibility = NonNullable<Schemas["NewProject"]["visibility"]>;
export type ProjectMember = Schemas["ProjectMember"];
export type MemberRole = "viewer" | "member" | "admin";
export type ProjectChange = Schemas["Change"];
export type RetentionRule = Required<Schemas["RuleBody"]>;
export type RetentionPlan = Schemas["Plan"];

const at = (entity: string, project: string, ...more: string[]) => `/api/projects/${[entity, project, ...more].map(encodeURIComponent).join("/")}`;
const retentionAt = (entity: string, project: string, more = "") => `/api/retention/${encodeURIComponent(entity)}/${encodeURIComponent(project)}${more}`;

function useForget() {
  const client = useQueryClient();
  return (...keys: string[][]) => Promise.all([["projects"], ...keys].map((queryKey) => client.invalidateQueries({ queryKey })));
}

export function useMakeProject() {
  const forget = useForget();
  return useChange({ mutationFn: (body: Schemas["NewProject"]) => post<ProjectLine>("/api/projects", body), onSuccess: () => forget() });
}

/** Describe it, show it to others, or rename it. */
export function useChangeProject(entity: string, project: string) {
  const forget = useForget();
  return useChange({
    mutationFn: (change: Schemas["ProjectBody"]) => patch<ProjectLine>(at(entity, project), change),
    onSuccess: () => forget(["project", entity, project], ["project-changes", entity, project]),
  });
}

/** Delete it; the answer's number brings it back. */
export function useDeleteProject(entity: string, project: string) {
  const forget = useForget();
  return useChange({ mutationFn: () => remove<Schemas["ProjectDeleted"]>(at(entity, project)), onSuccess: () => forget() });
}

export function useRestoreProject() {
  const forget = useForget();
  return useChange({ mutationFn: (id: number) => post(`/api/undo/project/${id}`, {}), onSuccess: () => forget() });
}

/** How long its runs have taken, and which deleted ones can come back. */
export const useActivity = (entity: string, project: string) =>
  useQuery({ queryKey: ["runs", entity, project, "activity"], queryFn: ({ signal }) => get<Schemas["Activity"]>(at(entity, project, "activity"), signal) });

export const useMembers = (entity: string, project: string) =>
  useQuery({ queryKey: ["members", entity, project], queryFn: ({ signal }) => get<Schemas["MemberList"]>(at(entity, project, "members"), signal) });

/** Give a person or team a role in this project; null takes it away. */
export function useSetMember(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: ({ name, role }: { name: string; role: MemberRole | null }) => put<Schemas["MemberList"]>(at(entity, project, "members", name), { role }),
    onSuccess: (found) => client.setQueryData(["members", entity, project], found),
  });
}

export const useProjectChanges = (entity: string, project: string, limit: number) =>
  useQuery({ queryKey: ["project-changes", entity, project, limit], queryFn: ({ signal }) => get<Schemas["ChangeList"]>(`${at(entity, project, "changes")}?limit=${limit}`, signal) });

export const useRetention = (entity: string, project: string) =>
  useQuery({ queryKey: ["retention", entity, project], queryFn: ({ signal }) => get<Schemas["Retention"]>(retentionAt(entity, project), signal) });

/** What a rule would let go now; null asks nothing. */
export const usePlan = (entity: string, project: string, rule: RetentionRule | null) =>
  useQuery({
    queryKey: ["retention-plan", entity, project, rule],
    queryFn: ({ signal }) => post<RetentionPlan>(retentionAt(entity, project, "/plan"), rule, signal),
    placeholderData: keepPreviousData,
    enabled: rule !== null,
    retry: false,
  });

export function useSetRetention(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (rule: RetentionRule | null) => put<Schemas["Retention"]>(retentionAt(entity, project), rule),
    onSuccess: (found) => client.setQueryData(["retention", entity, project], found),
  });
}

/** What the project holds, by kind; null where it is not among the viewer's. */
export const useProjectBytes = (entity: string, project: string) =>
  useQuery({
    queryKey: ["admin", "storage"],
    queryFn: ({ signal }) => get<Schemas["Storage"]>("/api/storage", signal),
    select: (found) => found.projects.find((one) => one.entity === entity && one.project === project && one.deleted_at === null) ?? null,
  });

/** What deleting the whole project would free. */
export const useFreedByProject = (entity: string, project: string, enabled: boolean) =>
  useQuery({
    queryKey: ["freed", entity, project],
    queryFn: ({ signal }) => post<Schemas["Freed"]>("/api/storage/freed", { entity, project, whole: true }, signal),
    enabled,
  });
