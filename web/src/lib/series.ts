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

/** The first and the last x of lines whose points are in order. */
export function extent(lines: readonly { x: ArrayLike<number> }[]): [number, number] {
  const shown = lines.filter((one) => one.x.length > 0);
  return [Math.min(...shown.map((one) => one.x[0] ?? 0)), Math.max(...shown.map((one) => one.x[one.x.length - 1] ?? 0))];
}

/** The part of an axis that follows by a key, for those who do not drag: `+` its middle half, `-` twice as much, `<`
 * and `>` half of it further. Null is the whole axis; undefined: not such a key, or nothing to choose from. */
export function rangeByKey(key: string, [from, to]: readonly [number, number], whole: readonly [number, number]): [number, number] | null | undefined {
  const width = to - from;
  if (!(width > 0)) return undefined;
  if (key === "+") return [from + width / 4, to - width / 4];
  if (key === "-") return from - width / 2 <= whole[0] && to + width / 2 >= whole[1] ? null : [Math.max(whole[0], from - width / 2), Math.min(whole[1], to + width / 2)];
  const by = key === ">" ? Math.min(width / 2, whole[1] - to) : key === "<" ? Math.max(-width / 2, whole[0] - from) : undefined;
  return by === undefined ? undefined : [from + by, to + by];
}
