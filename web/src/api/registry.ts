/** Changes of registries. */
import { useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { patch, post } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Make a registry; who makes it manages it. */
export function useMakeRegistry() {
  const client = useQueryClient();
  return useChange({ mutationFn: (wanted: Schemas["NewRegistry"]) => post<Schemas["RegistryMade"]>("/api/registries", wanted), onSettled: () => client.invalidateQueries({ queryKey: ["registries"] }) });
}

/** Say which aliases of a registry are protected. */
export function useProtect(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: (aliases: string[]) => patch(`/api/registries/${encodeURIComponent(entity)}/${encodeURIComponent(project)}`, { protected: aliases }),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["registries"] }), client.invalidateQueries({ queryKey: ["versions", entity, project] })]),
  });
}

/** Take an alias off a version, or (`back`) put it on again. */
export function useAliasOff(entity: string, project: string, collection: string) {
  const client = useQueryClient();
  return useChange({
    mutationFn: ({ version, alias, back = false }: { version: string; alias: string; back?: boolean }) => post(`/api/artifacts/${[entity, project, collection, version].map(encodeURIComponent).join("/")}/aliases`, back ? { add: [alias] } : { remove: [alias] }),
    onSettled: () => client.invalidateQueries({ queryKey: ["versions", entity, project] }),
  });
}
