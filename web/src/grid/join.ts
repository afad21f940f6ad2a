/** Several tables as one: rows below each other, or rows that belong together side by side. Pure. */
import { cellKey, type GridColumn, type GridTable, kindOf, type Mark } from "./columns";

export interface Source {
  mark: Mark;
  table: GridTable;
}

/** The way to say that rows belong together by their place. */
export const BY_PLACE = "";

/** All rows of all tables; the column `source` says whose each row is. Columns are joined by name. */
export function stacked(sources: readonly Source[]): GridTable {
  const { rows, columns } = below(sources.map((one) => one.table));
  const source = sources.flatMap((one) => Array.from({ length: one.table.rows }, () => one.mark.label));
  return { rows, columns: [{ name: "source", kind: "text", values: source }, ...columns] };
}

/** The rows of all tables below each other. Columns are joined by name; where a table has none, cells are empty. */
export function below(tables: readonly GridTable[]): GridTable {
  const names = [...new Set(tables.flatMap((table) => table.columns.map((column) => column.name)))];
  const columns = names.map((name): GridColumn => {
    const values: unknown[] = [];
    for (const table of tables) {
      const found = table.columns.find((column) => column.name === name);
      for (let row = 0; row < table.rows; row += 1) values.push(found?.values[row] ?? null);
    }
    return { name, kind: kindOf(values), values };
  });
  return { rows: tables.reduce((sum, table) => sum + table.rows, 0), columns };
}

/**
 * Two tables as `wandb.JoinedTable` names them: rows with equal keys side by side. Where a key is there once in one
 * table and several times in the other, its one row stands beside each of them. Throws when a key column is absent.
 */
export function joinedTables(left: Source, right: Source, keys: readonly [string, string]): GridTable {
  const [on, other] = keys;
  for (const [side, key] of [[left, on], [right, other]] as const) {
    if (!side.table.columns.some((column) => column.name === key)) throw new Error(`The table ${side.mark.label} has no column ${key} to join on. It has: ${side.table.columns.map((column) => column.name).join(", ")}.`);
  }
  const named: Source = on === other ? right : { ...right, table: { ...right.table, columns: right.table.columns.map((column) => (column.name === other ? { ...column, name: on } : column)) } };
  const counts = [left, named].map(({ table }) => occurrences(table, on)) as [Map<string, number>, Map<string, number>];
  return joined([{ ...left, table: repeated(left.table, on, counts[0], counts[1]) }, { ...named, table: repeated(named.table, on, counts[1], counts[0]) }], on);
}

function occurrences(table: GridTable, on: string): Map<string, number> {
  const key = table.columns.find((column) => column.name === on);
  const found = new Map<string, number>();
  for (let row = 0; row < table.rows; row += 1) {
    const text = cellKey(key?.values[row]);
    found.set(text, (found.get(text) ?? 0) + 1);
  }
  return found;
}

/** Rows whose key is there once, as often as the other table has it. */
function repeated(table: GridTable, on: string, own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): GridTable {
  const key = table.columns.find((column) => column.name === on);
  const rows: number[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    const text = cellKey(key?.values[row]);
    const times = own.get(text) === 1 ? Math.max(1, other.get(text) ?? 1) : 1;
    for (let i = 0; i < times; i += 1) rows.push(row);
  }
  if (rows.length === table.rows) return table;
  return { rows: rows.length, columns: table.columns.map((column) => ({ ...column, values: rows.map((row) => column.values[row] ?? null) })) };
}

/**
 * Rows with the same key side by side. A key that occurs several times pairs its first with the
 * other's first, its second with its second; rows without a partner stay, their other side empty.
 * A column that is the same in all tables appears once; the others are numbered `name.0`, `name.1`.
 */
export function joined(sources: readonly Source[], on: string): GridTable {
  const places = new Map<string, (number | null)[]>();
  sources.forEach(({ table }, i) => {
    const key = table.columns.find((column) => column.name === on);
    const seen = new Map<string, number>();
    for (let row = 0; row < table.rows; row += 1) {
      const text = key === undefined ? String(row) : cellKey(key.values[row]);
      const nth = seen.get(text) ?? 0;
      seen.set(text, nth + 1);
      const full = `${text}\u0000${nth}`;
      const place = places.get(full) ?? sources.map(() => null);
      place[i] = row;
      places.set(full, place);
    }
  });
  const pairs = [...places.values()];
  const names = [...new Set(sources.flatMap((one) => one.table.columns.map((column) => column.name)))];
  return { rows: pairs.length, columns: names.flatMap((name) => columnsOf(name, sources, pairs, name === on)) };
}

function columnsOf(name: string, sources: readonly Source[], pairs: readonly (number | null)[][], once: boolean): GridColumn[] {
  const sides = sources.map(({ table }) => table.columns.find((column) => column.name === name));
  const values = sides.map((side, i) => pairs.map((pair) => (pair[i] === null ? null : (side?.values[pair[i] ?? 0] ?? null))));
  const owners = sides.map((side, i) => (side === undefined ? -1 : i)).filter((i) => i !== -1);
  const same = once || pairs.every((_, row) => {
    const known = values.map((list) => list[row]).filter((v) => v !== null && v !== undefined).map(cellKey);
    return known.every((v) => v === known[0]);
  });
  if (owners.length === 1 || same) {
    const merged = pairs.map((_, row) => values.map((list) => list[row]).find((v) => v !== null && v !== undefined) ?? null);
    return [{ name, kind: kindOf(merged), values: merged }];
  }
  return owners.map((i) => ({ name: `${name}.${i}`, kind: kindOf(values[i] ?? []), values: values[i] ?? [], of: (sources[i] as Source).mark }));
}

/** Columns that could be a key, best first: unique in each table and shared by all of them. */
export function keysFor(sources: readonly Source[]): string[] {
  const [first] = sources;
  if (first === undefined) return [];
  const scored = first.table.columns.map(({ name }) => {
    let share = 1;
    let overlap = 1;
    let known: Set<string> | null = null;
    for (const { table } of sources) {
      const column = table.columns.find((one) => one.name === name);
      if (column === undefined) return { name, score: -1 };
      const distinct = new Set<string>();
      for (let row = 0; row < table.rows; row += 1) distinct.add(cellKey(column.values[row]));
      share = Math.min(share, distinct.size / Math.max(1, table.rows));
      if (known !== null) {
        let common = 0;
        for (const one of distinct) if (known.has(one)) common += 1;
        overlap = Math.min(overlap, common / Math.max(1, Math.min(known.size, distinct.size)));
      }
      known ??= distinct;
    }
    return { name, score: share * overlap };
  });
  return scored.filter((one) => one.score > 0.5).sort((a, b) => b.score - a.score).map((one) => one.name);
}
