/** Tables by address, as columns: fetched once, parsed in a worker, kept. */
import { useQueries } from "@tanstack/react-query";
import { fetchHeld, mediaAddress, type Owner, pathsBelow } from "@/api/needs";
import type { GridTable } from "@/grid/columns";
import { below, joinedTables, type Source } from "@/grid/join";
import { columnise } from "@/grid/load";

export interface Place {
  owner: Owner;
  path: string;
}

/** A table, two that are joined, or the parts of one. */
export const isTablePath = (path: string): boolean => /\.(table|joined-table|partitioned-table)\.json$/.test(path);

const DEEPEST = 4; // a joined table may be made of tables in parts

/** Each table's columns. A logged table never changes, so what was read once is kept. */
export const useGridTables = (places: readonly Place[]) =>
  useQueries({
    queries: places.map((place) => ({
      queryKey: ["grid", place.owner.kind, place.owner.id, place.path],
      queryFn: ({ signal }: { signal: AbortSignal }) => tableAt(place, signal),
      staleTime: Infinity,
      gcTime: 300_000,
    })),
  });

async function tableAt({ owner: asked, path }: Place, signal: AbortSignal, deep = 0): Promise<GridTable> {
  if (deep > DEEPEST) throw new Error(`The table ${path} is made of tables that are made of others, more than ${DEEPEST} levels deep.`);
  const { bytes, owner } = await fetchHeld(asked, path, signal);
  const at = (inner: string) => tableAt({ owner, path: inner }, signal, deep + 1);
  if (path.endsWith(".joined-table.json")) {
    const { table1, table2, join_key: key } = JSON.parse(new TextDecoder().decode(bytes)) as { table1: string; table2: string; join_key: string | [string, string] };
    const [left, right] = await Promise.all([at(table1), at(table2)]);
    const source = (table: GridTable, label: string, index: number): Source => ({ table, mark: { label, index } });
    return joinedTables(source(left, table1, 0), source(right, table2, 4), typeof key === "string" ? [key, key] : key);
  }
  if (path.endsWith(".partitioned-table.json")) {
    const { parts_path: folder } = JSON.parse(new TextDecoder().decode(bytes)) as { parts_path: string };
    const parts = (await pathsBelow(owner, folder, signal)).filter((one) => one.endsWith(".table.json"));
    if (parts.length === 0) throw new Error(`The folder ${folder} of this version has no tables, so ${path} has no rows.`);
    return below(await Promise.all(parts.map(at)));
  }
  return columnise(bytes, mediaAddress(owner.kind, owner.id, ""));
}
