/** Smoothing of a drawn line; the raw values stay beside it. */

/**
 * Exponential moving average without the bias of its start (as in Adam's moment estimates,
 * Kingma & Ba 2015, section 3). `weight` in [0, 1); gaps (NaN) stay gaps.
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
