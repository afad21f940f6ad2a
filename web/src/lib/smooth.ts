/** Smoothing of a drawn line; the raw values stay beside it. Pure: gaps (NaN) stay gaps. */

export type SmoothKind = "ema" | "twema" | "average" | "gaussian";
export interface Smoothing {
  kind: SmoothKind;
  /** 0 is none; towards 1 is more. */
  weight: number;
}

export const smoothKinds: readonly { kind: SmoothKind; label: string }[] = [
  { kind: "ema", label: "Exponential moving average" },
  { kind: "twema", label: "Time-weighted average" },
  { kind: "average", label: "Running average" },
  { kind: "gaussian", label: "Gaussian" },
];

/** How many points a weight spans, for the kinds with a window. */
export function windowOf(weight: number): number {
  return Math.max(1, Math.round(1 / (1 - Math.min(weight, 0.995))));
}

/** Values of `ys` at ascending `xs`, smoothed. */
export function smooth(xs: ArrayLike<number>, ys: ArrayLike<number>, { kind, weight }: Smoothing): Float64Array {
  if (weight <= 0) return Float64Array.from(ys);
  if (kind === "ema") return debiasedEma(ys, weight);
  if (kind === "twema") return timeWeighted(xs, ys, weight);
  if (kind === "average") return runningAverage(ys, windowOf(weight));
  return gaussian(ys, windowOf(weight));
}

/**
 * Exponential moving average without the bias of its start (as in Adam's moment estimates,
 * Kingma & Ba 2015, section 3). `weight` in [0, 1).
 */
export function debiasedEma(ys: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(ys.length);
  let mean = 0;
  let bias = 1;
  for (let i = 0; i < ys.length; i += 1) {
    const y = ys[i] ?? Number.NaN;
    if (!Number.isFinite(y)) {
      out[i] = Number.NaN;
      continue;
    }
    mean = weight * mean + (1 - weight) * y;
    bias *= weight;
    out[i] = weight === 0 ? y : mean / (1 - bias);
  }
  return out;
}

/** The same where points are not evenly spaced: a gap twice as long as the usual forgets as much as two points, and
 * where all are alike it is the same. */
export function timeWeighted(xs: ArrayLike<number>, ys: ArrayLike<number>, weight: number): Float64Array {
  const n = ys.length;
  const out = new Float64Array(n);
  const usual = n > 1 ? ((xs[n - 1] ?? 0) - (xs[0] ?? 0)) / (n - 1) || 1 : 1;
  let sum = 0;
  let seen = 0;
  let last: number | null = null;
  for (let i = 0; i < n; i += 1) {
    const y = ys[i] ?? Number.NaN;
    if (!Number.isFinite(y)) {
      out[i] = Number.NaN;
      continue;
    }
    const x = xs[i] ?? 0;
    const keep = last === null ? 0 : weight ** Math.max(0, (x - last) / usual);
    last = x;
    sum = keep * sum + y;
    seen = keep * seen + 1;
    out[i] = sum / seen;
  }
  return out;
}

/** Mean of the `size` points around each (fewer at the ends). */
export function runningAverage(ys: ArrayLike<number>, size: number): Float64Array {
  const n = ys.length;
  const half = Math.floor(size / 2);
  const sums = new Float64Array(n + 1);
  const counts = new Float64Array(n + 1);
  for (let i = 0; i < n; i += 1) {
    const y = ys[i] ?? Number.NaN;
    const is = Number.isFinite(y);
    sums[i + 1] = (sums[i] ?? 0) + (is ? y : 0);
    counts[i + 1] = (counts[i] ?? 0) + (is ? 1 : 0);
  }
  return Float64Array.from({ length: n }, (_, i) => {
    if (!Number.isFinite(ys[i] ?? Number.NaN)) return Number.NaN;
    const from = Math.max(0, i - half);
    const to = Math.min(n, i + half + 1);
    return ((sums[to] ?? 0) - (sums[from] ?? 0)) / ((counts[to] ?? 0) - (counts[from] ?? 0));
  });
}

/** Weighted by a bell of `sigma` points, cut at three of them. */
export function gaussian(ys: ArrayLike<number>, sigma: number): Float64Array {
  const n = ys.length;
  const reach = Math.ceil(sigma * 3);
  const bell = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2));
  return Float64Array.from({ length: n }, (_, i) => {
    if (!Number.isFinite(ys[i] ?? Number.NaN)) return Number.NaN;
    let sum = 0;
    let weights = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(n - 1, i + reach); j += 1) {
      const y = ys[j] ?? Number.NaN;
      if (!Number.isFinite(y)) continue;
      const w = bell[Math.abs(i - j)] ?? 0;
      sum += w * y;
      weights += w;
    }
    return sum / weights;
  });
}
