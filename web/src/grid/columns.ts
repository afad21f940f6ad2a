/** A table of a run or a version as columns with types, ready to filter, sort and draw. Pure. */

export type Kind = "number" | "text" | "boolean" | "media" | "mixed";

export interface Media {
  _type: string;
  path?: string;
  caption?: string;
  width?: number;
  height?: number;
}

export interface GridColumn {
  name: string;
  kind: Kind;
  values: unknown[];
}

export interface GridTable {
  columns: GridColumn[];
  rows: number;
}

/** What `wandb.Table` writes: names and rows. */
export interface TableFile {
  columns: (string | number)[];
  data: unknown[][];
}

const isMedia = (v: unknown): v is Media => typeof v === "object" && v !== null && "_type" in v && typeof v._type === "string";

function kindOf(values: readonly unknown[]): Kind {
  let kind: Kind | null = null;
  for (const v of values) {
    if (v === null || v === undefined) continue;
    const one: Kind = typeof v === "number" ? "number" : typeof v === "string" ? "text" : typeof v === "boolean" ? "boolean" : isMedia(v) ? "media" : "mixed";
    if (kind === null) kind = one;
    else if (kind !== one) return "mixed";
  }
  return kind ?? "text";
}

/** Rows turned into typed columns; short rows end in nulls. */
export function fromFile(file: TableFile): GridTable {
  const columns = file.columns.map((name, i): GridColumn => {
    const values = file.data.map((row) => row[i] ?? null);
    return { name: String(name), kind: kindOf(values), values };
  });
  return { columns, rows: file.data.length };
}

export interface Bin {
  label: string;
  lo: number | null;
  hi: number | null;
  value: string | null;
  n: number;
}

/** How a column is spread over the given rows: 24 bins of numbers, or the most frequent values. */
export function histogram(column: GridColumn, rows: ArrayLike<number>, most = 24): Bin[] {
  if (column.kind === "media" || column.kind === "mixed") return [];
  const distinct = new Map<string, number>();
  let lo = Infinity;
  let hi = -Infinity;
  for (let i = 0; i < rows.length; i += 1) {
    const v = column.values[rows[i] ?? 0];
    if (v === null || v === undefined) continue;
    if (distinct.size <= most) distinct.set(String(v), (distinct.get(String(v)) ?? 0) + 1);
    if (typeof v === "number" && Number.isFinite(v)) {
      lo = Math.min(lo, v);
      hi = Math.max(hi, v);
    }
  }
  if (distinct.size <= most || column.kind !== "number") {
    const all = new Map<string, number>();
    for (let i = 0; i < rows.length; i += 1) {
      const v = column.values[rows[i] ?? 0];
      if (v !== null && v !== undefined) all.set(String(v), (all.get(String(v)) ?? 0) + 1);
    }
    const sorted = [...all].sort(column.kind === "number" ? (a, b) => Number(a[0]) - Number(b[0]) : (a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    return sorted.slice(0, most).map(([value, n]) => ({ label: value, lo: null, hi: null, value, n }));
  }
  const width = (hi - lo) / most || 1;
  const bins = Array.from({ length: most }, (_, i): Bin => ({ label: "", lo: lo + i * width, hi: lo + (i + 1) * width, value: null, n: 0 }));
  for (let i = 0; i < rows.length; i += 1) {
    const v = column.values[rows[i] ?? 0];
    if (typeof v !== "number" || !Number.isFinite(v)) continue;
    const bin = bins[Math.min(most - 1, Math.floor((v - lo) / width))];
    if (bin !== undefined) bin.n += 1;
  }
  return bins;
}

/** Row numbers in the order of one column; nulls last both ways. */
export function sorted(column: GridColumn, rows: Uint32Array, down: boolean): Uint32Array {
  const { values } = column;
  const sign = down ? -1 : 1;
  return rows.slice().sort((a, b) => {
    const x = values[a];
    const y = values[b];
    if (x === null || x === undefined) return y === null || y === undefined ? a - b : 1;
    if (y === null || y === undefined) return -1;
    if (typeof x === "number" && typeof y === "number") return (x - y) * sign || a - b;
    return String(x).localeCompare(String(y)) * sign || a - b;
  });
}
