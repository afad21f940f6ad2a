/** Tables by address, as columns: fetched once, parsed in a worker, kept. */
import { useQueries } from "@tanstack/react-query";
import { fetchBytes, mediaAddress, type Owner } from "@/api/needs";
import { columnise } from "@/grid/load";

export interface Place {
  owner: Owner;
  path: string;
}

/** Each table's columns. A logged table never changes, so what was read once is kept. */
export const useGridTables = (places: readonly Place[]) =>
  useQueries({
    queries: places.map(({ owner, path }) => ({
      queryKey: ["grid", owner.kind, owner.id, path],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const bytes = await fetchBytes(mediaAddress(owner.kind, owner.id, path), signal);
        return columnise(bytes, mediaAddress(owner.kind, owner.id, ""));
      },
      staleTime: Infinity,
      gcTime: 300_000,
    })),
  });
