/** Lines of runs as they come from the server. Pure. */

/** One run's line: arrays as they came, NaN where nothing can be drawn; `low` and `high` where a point is a bucket. */
export interface SeriesArrays {
  run: number;
  key: string;
  n: number;
  exact: boolean;
  nonfinite: number;
  x: Float64Array;
  mean: Float32Array;
  low?: Float32Array;
  high?: Float32Array;
}

/** What was there with the lines of changed runs in their places; the same array when none of them differs. Pure. */
export function merged(before: SeriesArrays[], fresh: readonly SeriesArrays[], runs: readonly number[], changed: ReadonlySet<number>): SeriesArrays[] {
  const old = new Map(before.map((one) => [one.run, one]));
  const news = new Map(fresh.map((one) => [one.run, one]));
  const next = runs.flatMap((run) => {
    const was = old.get(run);
    const is = changed.has(run) ? news.get(run) : was;
    if (is === undefined) return [];
    return [was !== undefined && sameSeries(was, is) ? was : is];
  });
  return next.length === before.length && next.every((one, i) => one === before[i]) ? before : next;
}

function sameSeries(a: SeriesArrays, b: SeriesArrays): boolean {
  if (a === b) return true;
  const same = (one: Float64Array | Float32Array | undefined, other: Float64Array | Float32Array | undefined) =>
    one?.length === other?.length && (one === undefined || one.every((v, i) => Object.is(v, other?.[i])));
  return a.n === b.n && a.nonfinite === b.nonfinite && a.exact === b.exact && same(a.x, b.x) && same(a.mean, b.mean) && same(a.low, b.low) && same(a.high, b.high);
}
