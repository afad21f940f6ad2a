/** Links that open a report for whoever holds them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, post, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

/** The report that a link opens. */
export const useShared = (token: string) => useQuery({ queryKey: ["shared", token], queryFn: ({ signal }) => get<Schemas["SharedReport"]>(`/api/shared/${encodeURIComponent(token)}`, signal) });

const at = (report: number) => `/api/views/${report}/links`;

export const useShareLinks = (report: number) => useQuery({ queryKey: ["links", report], queryFn: ({ signal }) => get<Schemas["LinkList"]>(at(report), signal) });

/** Make a link that works for some days, or (null) until it is revoked. */
export function useMakeShareLink(report: number) {
  const client = useQueryClient();
  return useChange({ mutationFn: (days: number | null) => post<Schemas["NewLink"]>(at(report), { days }), onSettled: () => client.invalidateQueries({ queryKey: ["links", report] }) });
}

export function useRevokeShareLink(report: number) {
  const client = useQueryClient();
  return useChange({ mutationFn: (id: number) => remove<null>(`${at(report)}/${id}`), onSettled: () => client.invalidateQueries({ queryKey: ["links", report] }) });
}
