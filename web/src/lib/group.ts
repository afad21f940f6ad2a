/** Lines of several runs as one: its middle, and a band that says how far they are apart. Pure. */

export type Aggregate = "mean" | "median";
export type Band = "range" | "std" | "err" | "none";

export interface Points {
  x: ArrayLike<number>;
  y: ArrayLike<number | null>;
  low: ArrayLike<number | null> | null;
  high: ArrayLike<number | null> | null;
  /** Every row is here; otherwise each point stands for several. */
  exact: boolean;
}

export interface GroupLine {
  x: number[];
  y: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  /** How many runs each point is of. */
  n: number[];
}

const BUCKETS = 400;

interface Cell {
  values: number[];
  low: number;
  high: number;
}

/** At each x, over the runs that have a value there. Runs whose points are buckets are put into common ones first,
 * each run counting once in each. */
export function groupLines(lines: readonly Points[], aggregate: Aggregate, band: Band): GroupLine {
  const cells = lines.every((line) => line.exact) ? exactCells(lines) : bucketCells(lines);
  const xs = [...cells.keys()].sort((a, b) => a - b);
  const out: GroupLine = { x: xs, y: [], low: [], high: [], n: [] };
  for (const x of xs) {
    const cell = cells.get(x);
    const values = cell?.values ?? [];
    const mean = values.reduce((sum, y) => sum + y, 0) / values.length;
    const spread = values.length < 2 ? 0 : Math.sqrt(values.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (values.length - 1));
    const half = band === "std" ? spread : spread / Math.sqrt(values.length);
    out.y.push(aggregate === "mean" ? mean : median(values));
    out.low.push(band === "range" ? (cell?.low ?? null) : mean - half);
    out.high.push(band === "range" ? (cell?.high ?? null) : mean + half);
    out.n.push(values.length);
  }
  return out;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? Number.NaN) : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}

function add(cells: Map<number, Cell>, x: number, y: number, low: number, high: number): void {
  const cell = cells.get(x);
  if (cell === undefined) cells.set(x, { values: [y], low, high });
  else {
    cell.values.push(y);
    cell.low = Math.min(cell.low, low);
    cell.high = Math.max(cell.high, high);
  }
}

function exactCells(lines: readonly Points[]): Map<number, Cell> {
  const cells = new Map<number, Cell>();
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i += 1) {
      const y = line.y[i];
      if (y !== null && y !== undefined && Number.isFinite(y)) add(cells, line.x[i] ?? 0, y, y, y);
    }
  }
  return cells;
}

function bucketCells(lines: readonly Points[]): Map<number, Cell> {
  let lo = Infinity;
  let hi = -Infinity;
  for (const line of lines) {
    lo = Math.min(lo, line.x[0] ?? Infinity);
    hi = Math.max(hi, line.x[line.x.length - 1] ?? -Infinity);
  }
  const cells = new Map<number, Cell>();
  const step = (hi - lo) / BUCKETS || 1;
  for (const line of lines) {
    const own = new Map<number, { sum: number; n: number; low: number; high: number }>();
    for (let i = 0; i < line.x.length; i += 1) {
      const y = line.y[i];
      if (y === null || y === undefined || !Number.isFinite(y)) continue;
      const at = Math.min(BUCKETS - 1, Math.floor(((line.x[i] ?? 0) - lo) / step));
      const one = own.get(at) ?? { sum: 0, n: 0, low: Infinity, high: -Infinity };
      own.set(at, { sum: one.sum + y, n: one.n + 1, low: Math.min(one.low, line.low?.[i] ?? y), high: Math.max(one.high, line.high?.[i] ?? y) });
    }
    for (const [at, one] of own) add(cells, lo + (at + 0.5) * step, one.sum / one.n, one.low, one.high);
  }
  return cells;
}

/** The range that holds all but the outer hundredth of the values on each side. */
export function innerRange(values: readonly number[]): [number, number] | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length < 20) return null;
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  const [lo, hi] = [at(0.01), at(0.99)];
  return hi > lo ? [lo - (hi - lo) * 0.05, hi + (hi - lo) * 0.05] : null;
}
