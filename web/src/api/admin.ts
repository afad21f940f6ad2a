/** The installation, for its administrators: people, bytes, background work, health. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, post, put, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Person = Schemas["Person"];
export type Stored = Schemas["Storage"];
export type ProjectBytes = Schemas["ProjectBytes"];
export type Job = Schemas["Job"];
export type Health = Schemas["Health"];

const LOOK_MS = 10_000;
const GLANCE_MS = 300_000;
const LEAST_FREE = 0.05;
const person = (name: string) => `/api/admin/users/${encodeURIComponent(name)}`;

export const usePeople = () => useQuery({ queryKey: ["admin", "people"], queryFn: ({ signal }) => get<Schemas["People"]>("/api/admin/users", signal) });
export const useStorage = () => useQuery({ queryKey: ["admin", "storage"], queryFn: ({ signal }) => get<Schemas["Storage"]>("/api/storage", signal) });
export const useJobs = () => useQuery({ queryKey: ["admin", "jobs"], queryFn: ({ signal }) => get<Schemas["Jobs"]>("/api/admin/jobs", signal), refetchInterval: LOOK_MS });
const health = { queryKey: ["admin", "health"], queryFn: ({ signal }: { signal: AbortSignal }) => get<Schemas["Health"]>("/api/admin/health", signal) };
export const useHealth = () => useQuery({ ...health, refetchInterval: LOOK_MS });
/** The same, looked at now and then: on pages that are about something else. */
export const useHealthAtTimes = () => useQuery({ ...health, refetchInterval: GLANCE_MS, staleTime: GLANCE_MS });

/** Whether the disk that files are on is almost full. */
export const isLow = ({ disk_free_bytes: free, disk_total_bytes: total }: Health): boolean => free !== null && total !== null && total > 0 && free / total < LEAST_FREE;

/** Make a person, or change what is given of one. */
export function usePutPerson() {
  const client = useQueryClient();
  return useChange({
    mutationFn: ({ username, ...body }: { username: string; email?: string; admin?: boolean }) => put<Schemas["UserAnswer"]>(person(username), body),
    onSettled: () => client.invalidateQueries({ queryKey: ["admin", "people"] }),
  });
}

/** Take an account away, with its keys and its own projects. */
export function useRemovePerson() {
  const client = useQueryClient();
  return useChange({
    mutationFn: (username: string) => remove(person(username)),
    onSettled: () => client.invalidateQueries({ queryKey: ["admin"] }),
  });
}

/** A fresh link that signs somebody in once. */
export const useSignInLink = () => useChange({ mutationFn: (username: string) => post<Schemas["SignInLink"]>(`${person(username)}/link`, {}) });
