/** The account of the person that is signed in: profile, password, keys. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, patch, post, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type AccountDetail = Schemas["Account"];
export type AccountKey = Schemas["Key"];

const here = ["account"] as const;

export const useAccount = () => useQuery({ queryKey: here, queryFn: ({ signal }) => get<AccountDetail>("/api/account", signal) });

export function useChangeAccount() {
  const client = useQueryClient();
  return useChange({ mutationFn: (change: { name?: string; email?: string }) => patch<AccountDetail>("/api/account", change), onSuccess: (saved) => client.setQueryData(here, saved) });
}

/** Set one's own password; `current` is empty for whoever has none. */
export function useChangePassword() {
  const client = useQueryClient();
  return useChange({ mutationFn: (change: { current: string; new: string }) => post<null>("/api/account/password", change), onSuccess: () => client.invalidateQueries({ queryKey: here }) });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useChange({ mutationFn: (id: number) => remove<null>(`/api/account/keys/${id}`), onSettled: () => client.invalidateQueries({ queryKey: here }) });
}
