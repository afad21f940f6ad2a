/** The vertical scale of a sweep's objective. Pure. */

export interface Scale {
  lo: number;
  /** Above zero. */
  range: number;
}

/** Of more values than these the worst tenth may be far off: the scale follows the others. */
const ROBUST_FROM = 8;

/** From the best value to the worst, or to the worst of most. `values` is not empty. */
export function objectiveScale(values: readonly number[], minimise: boolean): Scale {
  const sorted = values.toSorted((a, b) => a - b);
  const cut = sorted.length > ROBUST_FROM ? Math.max(1, Math.floor(sorted.length * 0.1)) : 0;
  const kept = minimise ? sorted.slice(0, sorted.length - cut) : sorted.slice(cut);
  const [lo = 0, hi = 1] = [kept[0], kept.at(-1)];
  return { lo, range: hi > lo ? hi - lo : Math.abs(hi) || 1 };
}

/** Whether a value is above the scale (1), below it (-1) or on it (0). */
export const offScale = (v: number, { lo, range }: Scale): -1 | 0 | 1 => (v < lo ? -1 : v > lo + range ? 1 : 0);
