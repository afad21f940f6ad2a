/** Reports of a project: their documents as clients of the public API read and write them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, post, put, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type ReportLine = Schemas["ReportLine"];
export type ReportDetail = Schemas["ReportDetail"];
export type ReportBody = Partial<Schemas["ReportBody"]>;

const WATCH_MS = 8000;
const at = (...parts: (string | number)[]) => `/api/reports/${parts.map((part) => encodeURIComponent(String(part))).join("/")}`;

export const useReports = (entity: string, project: string) =>
  useQuery({ queryKey: ["reports", entity, project], queryFn: ({ signal }) => get<Schemas["ReportList"]>(at(entity, project), signal) });

/** One report, asked for again now and then while somebody writes at it. */
export const useReport = (entity: string, project: string, id: number, watch = false) =>
  useQuery({ queryKey: ["reports", entity, project, id], queryFn: ({ signal }) => get<ReportDetail>(at(entity, project, id), signal), refetchInterval: watch ? WATCH_MS : false });

export function useMakeReport(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({ mutationFn: (body: ReportBody) => post<ReportDetail>(at(entity, project), body), onSettled: () => client.invalidateQueries({ queryKey: ["reports", entity, project] }) });
}

/** Save a report; status 409 when somebody else has saved since `revision`. */
export function useSaveReport(entity: string, project: string, id: number) {
  const client = useQueryClient();
  return useChange({ mutationFn: (body: ReportBody) => put<ReportDetail>(at(entity, project, id), body), onSuccess: (saved) => client.setQueryData(["reports", entity, project, id], saved), onSettled: () => client.invalidateQueries({ queryKey: ["reports", entity, project] }) });
}

/** Keep a draft of a report: a new one, or (with its id) the one that is there. */
export function useKeepDraft(entity: string, project: string, report: number) {
  const client = useQueryClient();
  return useChange({
    mutationFn: ({ id, body }: { id: number | null; body: ReportBody }) => (id === null ? post<ReportDetail>(at(entity, project), { ...body, draft_of: report }) : put<ReportDetail>(at(entity, project, id), body)),
    onSuccess: (saved) => client.setQueryData(["reports", entity, project, saved.id], saved),
  });
}

export function useRemoveReport(entity: string, project: string) {
  const client = useQueryClient();
  return useChange({ mutationFn: (id: number) => remove(at(entity, project, id)), onSettled: () => client.invalidateQueries({ queryKey: ["reports", entity, project] }) });
}

/** The number in the last part of a report's address (`Title--Vmlldzo3`); null for anything else. */
export function reportNumber(slug: string): number | null {
  try {
    const found = /^View:(\d+)$/.exec(atob(slug.slice(slug.lastIndexOf("--") + 2)));
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}
