/** Stored views of a project: workspaces, saved and personal ones. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, patch, put, remove } from "./client";
import type { ViewDetail, ViewLine } from "./types";

const at = (entity: string, project: string) => `/api/views/${encodeURIComponent(entity)}/${encodeURIComponent(project)}`;

/** The name under which a person's own workspace is stored, as clients know it. */
export const personalName = (username: string): string => `nw-${username}-w`;

/** Workspaces of a project, the last changed first. */
export const useViews = (entity: string, project: string) =>
  useQuery({ queryKey: ["views", entity, project], queryFn: ({ signal }) => get<{ views: ViewLine[] }>(at(entity, project), signal), staleTime: 10_000 });

/** One view with its specification. */
export const fetchView = (id: number): Promise<ViewDetail> => get<ViewDetail>(`/api/views/${id}`);

export interface SaveView {
  /** Present when a view is changed: the revision that was seen. */
  id?: number;
  revision?: number;
  name?: string;
  displayName?: string;
  spec: unknown;
}

/** Make or change a view. Fails with status 409 when somebody else has changed it since. */
export function useSaveView(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: ({ id, revision, name, displayName, spec }: SaveView) =>
      id === undefined
        ? put<ViewDetail>(at(entity, project), { kind: "project-view", name, display_name: displayName, spec })
        : patch<ViewDetail>(`/api/views/${id}`, { revision, display_name: displayName, spec }),
    onSettled: () => client.invalidateQueries({ queryKey: ["views", entity, project] }),
  });
}

/** Delete a view. */
export function useDeleteView(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (id: number) => remove(`/api/views/${id}`),
    onSettled: () => client.invalidateQueries({ queryKey: ["views", entity, project] }),
  });
}
