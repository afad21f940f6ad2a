/** Changes of artifacts: words, tags, life time, links, deletion with its undo. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, patch, post, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type VersionChange = Partial<Schemas["VersionChange"]>;
export type CollectionChange = Partial<Schemas["CollectionChange"]>;
export type Deletion = Schemas["Deletion"];

const at = (kind: "artifacts" | "collections", ...parts: string[]) => `/api/${kind}/${parts.map(encodeURIComponent).join("/")}`;
const stale = (client: QueryClient) => () => Promise.all([client.invalidateQueries({ queryKey: ["versions"] }), client.invalidateQueries({ queryKey: ["registries"] })]);

export function useVersionChange(entity: string, project: string, collection: string, version: string) {
  const client = useQueryClient();
  return useChange({ mutationFn: (change: VersionChange) => patch(at("artifacts", entity, project, collection, version), change), onSettled: stale(client) });
}

export function useCollectionChange(entity: string, project: string, collection: string) {
  const client = useQueryClient();
  return useChange({ mutationFn: (change: CollectionChange) => patch(at("collections", entity, project, collection), change), onSettled: stale(client) });
}

export function useLinkVersion(entity: string, project: string, collection: string, version: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (target: Schemas["LinkTarget"]) => post<Schemas["Linked"]>(at("artifacts", entity, project, collection, version, "link"), target),
    onSettled: stale(client),
  });
}

export function useUnlinkVersion(entity: string, project: string, collection: string) {
  const client = useQueryClient();
  return useChange({ mutationFn: (version: string) => post(at("artifacts", entity, project, collection, version, "unlink"), {}), onSettled: stale(client) });
}

/** What deleting a version, or (without one) its whole collection, would free. */
export const useDeletion = (entity: string, project: string, collection: string, version: string | null) =>
  useQuery({
    queryKey: ["versions", entity, project, collection, version, "deletion"],
    queryFn: ({ signal }) => get<Deletion>(`${version === null ? at("collections", entity, project, collection) : at("artifacts", entity, project, collection, version)}/deletion`, signal),
  });

/** Delete a version or a collection. The answer is what `useUndo` takes. What is gone is not asked for again. */
export function useDelete(entity: string, project: string, collection: string, version: string | null) {
  const client = useQueryClient();
  const gone = (key: readonly unknown[]) => key[1] === entity && key[2] === project && key[3] === collection && (version === null || key[4] === version);
  return useChange({
    mutationFn: () => remove<Schemas["DeletedArtifact"]>(version === null ? at("collections", entity, project, collection) : `${at("artifacts", entity, project, collection, version)}?aliases=true`),
    onSuccess: () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === "registries" || (queryKey[0] === "versions" && !gone(queryKey)) }),
  });
}

export function useUndo() {
  const client = useQueryClient();
  const renew = async () => {
    await client.cancelQueries(); // a page's first answer that is on its way is not asked for again otherwise
    await client.invalidateQueries();
  };
  return useChange({ mutationFn: (gone: Schemas["DeletedArtifact"]) => post(`/api/undo/${gone.noun}/${gone.id}`, {}), onSettled: renew });
}
