/** The table of runs in columns: pages put together as they arrive, as far as anybody may scroll. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { post } from "@/api/client";
import type { RunTable } from "@/api/types";

export const PAGE = 1000;

export interface Rows {
  count: number;
  ids: number[];
  runIds: string[];
  names: string[];
  ordinals: number[];
  states: string[];
  columns: Record<string, unknown[]>;
  total: number;
  capped: boolean;
}

interface Need {
  entity: string;
  project: string;
  search?: string;
  where?: unknown;
  order: string;
  columns: string[];
}

/** All pages of a query, one after the other without being asked: the person may jump to the end. */
export function useRunRows(need: Need): { rows: Rows | null; loading: boolean; error: Error | null } {
  const pages = useInfiniteQuery({
    queryKey: ["runs", need.entity, need.project, "table", need],
    queryFn: ({ pageParam, signal }) => post<RunTable>("/api/runs/table", { ...need, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    placeholderData: keepPreviousData,
    structuralSharing: false,
  });
  const { hasNextPage, isFetching, fetchNextPage } = pages;
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const rows = useMemo<Rows | null>(() => {
    const list = pages.data?.pages;
    const first = list?.[0];
    if (list === undefined || first === undefined) return null;
    const all = <T,>(of: (page: RunTable) => T[]): T[] => (list.length === 1 ? of(first) : list.flatMap(of));
    const ids = all((page) => page.ids);
    return {
      count: ids.length,
      ids,
      runIds: all((page) => page.run_ids),
      names: all((page) => page.names),
      ordinals: all((page) => page.ordinals),
      states: all((page) => page.states),
      columns: Object.fromEntries(Object.keys(first.columns).map((name) => [name, all((page) => page.columns[name] ?? [])])),
      total: first.total,
      capped: first.total_capped,
    };
  }, [pages.data]);
  return { rows, loading: hasNextPage, error: pages.error };
}
