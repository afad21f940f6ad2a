/** A table of a run or a version as columns with types, ready to filter, sort and draw. Pure. */

export type Kind = "number" | "text" | "boolean" | "media" | "mixed";

export interface Media {
  _type: string;
  path?: string;
  caption?: string;
  width?: number;
  height?: number;
  sha256?: string;
  /** The whole address of its bytes, known once the owner of the table is. */
  src?: string;
}

/** One of several tables that are looked at together: which, and the run's place in the palette. */
export interface Mark {
  label: string;
  index: number;
}

export interface GridColumn {
  name: string;
  kind: Kind;
  values: ArrayLike<unknown>;
  /** Set where tables were joined: whose column this is. */
  of?: Mark;
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

export const isMedia = (v: unknown): v is Media => typeof v === "object" && v !== null && "_type" in v && typeof v._type === "string";

export function kindOf(values: readonly unknown[]): Kind {
  let kind: Kind | null = null;
  for (const v of values) {
    if (v === null || v === undefined) continue;
    const one: Kind = typeof v === "number" ? "number" : typeof v === "string" ? "text" : typeof v === "boolean" ? "boolean" : isMedia(v) ? "media" : "mixed";
    if (kind === null) kind = one;
    else if (kind !== one) return "mixed";
  }
  return kind ?? "text";
}

/** Rows turned into typed columns; short rows end in nulls. Media get their address: `base` with their path
 * before its question mark. */
export function fromFile(file: TableFile, base = ""): GridTable {
  const columns = file.columns.map((name, i): GridColumn => {
    const values = file.data.map((row) => addressed(row[i] ?? null, base));
    const kind = kindOf(values);
    const whole = kind === "number" && values.every((v) => v !== null);
    return { name: String(name), kind, values: whole ? Float64Array.from(values as number[]) : values };
  });
  return { columns, rows: file.data.length };
}

function addressed(v: unknown, base: string): unknown {
  if (!isMedia(v) || v.path === undefined) return v;
  const [front = "", query] = base.split("?");
  return { ...v, src: `${front}${v.path.split("/").map(encodeURIComponent).join("/")}${query === undefined ? "" : `?${query}`}` };
}

/** What makes two cells the same: the digest of a picture, the text of anything else. */
export function cellKey(v: unknown): string {
  if (isMedia(v)) return v.sha256 ?? v.path ?? JSON.stringify(v);
  return typeof v === "object" && v !== null ? JSON.stringify(v) : String(v);
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

/** How many of the rows fall into each bin of another histogram of the same column. */
export function countInto(column: GridColumn, rows: ArrayLike<number>, bins: readonly Bin[]): number[] {
  const counts = bins.map(() => 0);
  const byValue = new Map(bins.map((bin, i) => [bin.value, i]));
  const [first, last] = [bins[0], bins[bins.length - 1]];
  const lo = first?.lo ?? 0;
  const width = first?.lo === null || first?.hi === null || first === undefined ? 1 : first.hi - first.lo || 1;
  for (let i = 0; i < rows.length; i += 1) {
    const v = column.values[rows[i] ?? 0];
    if (v === null || v === undefined) continue;
    const at = last?.value !== null ? byValue.get(String(v)) : typeof v === "number" ? Math.min(bins.length - 1, Math.max(0, Math.floor((v - lo) / width))) : undefined;
    if (at !== undefined) counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** Row numbers in the order of one column; nulls last both ways, equal cells in their old order. */
export function sorted(column: GridColumn, rows: Uint32Array, down: boolean): Uint32Array {
  const ranks = rankOf(column);
  const sign = down ? -1 : 1;
  return rows.slice().sort((a, b) => {
    const x = ranks[a] ?? Number.NaN;
    const y = ranks[b] ?? Number.NaN;
    if (x === y) return a - b;
    if (Number.isNaN(x)) return Number.isNaN(y) ? a - b : 1;
    if (Number.isNaN(y)) return -1;
    return (x - y) * sign;
  });
}

/** A number for each cell that sorts as the cells do, NaN where there is none: texts are compared once each. */
function rankOf(column: GridColumn): ArrayLike<number> {
  if (column.values instanceof Float64Array) return column.values;
  const { values } = column;
  const ranks = new Float64Array(values.length).fill(Number.NaN);
  if (column.kind === "number" || column.kind === "boolean") {
    for (let i = 0; i < values.length; i += 1) if (values[i] !== null && values[i] !== undefined) ranks[i] = Number(values[i]);
    return ranks;
  }
  const texts = new Map<string, number>();
  for (let i = 0; i < values.length; i += 1) if (values[i] !== null && values[i] !== undefined) texts.set(cellKey(values[i]), 0);
  const collator = new Intl.Collator("en", { numeric: true });
  [...texts.keys()].sort(collator.compare).forEach((text, rank) => texts.set(text, rank));
  for (let i = 0; i < values.length; i += 1) if (values[i] !== null && values[i] !== undefined) ranks[i] = texts.get(cellKey(values[i])) ?? Number.NaN;
  return ranks;
}

/** Count, mean, least and greatest of a numeric column over some rows. */
export function summary(column: GridColumn, rows: ArrayLike<number>): { n: number; mean: number; lo: number; hi: number } {
  let [n, sum, lo, hi] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < rows.length; i += 1) {
    const v = column.values[rows[i] ?? 0];
    if (typeof v !== "number" || !Number.isFinite(v)) continue;
    n += 1;
    sum += v;
    lo = Math.min(lo, v);
    hi = Math.max(hi, v);
  }
  return { n, mean: n === 0 ? Number.NaN : sum / n, lo, hi };
}
