/** Numbers in ranges of first and length, as a list that is never written out. Pure. */

export interface Numbers {
  count: number;
  /** The number at a place of the list, undefined behind its end. */
  at: (index: number) => number | undefined;
  /** The place of a number, -1 where it is in no range. */
  placeOf: (number: number) => number;
}

/** Ranges must be in order and not overlap. */
export function numbersIn(ranges: readonly (readonly [number, number])[]): Numbers {
  const before: number[] = [];
  let count = 0;
  for (const [, length] of ranges) {
    before.push(count);
    count += length;
  }
  const last = (is: (i: number) => boolean): number => {
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (is(middle)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  return {
    count,
    at: (index) => {
      if (index < 0 || index >= count) return undefined;
      const i = last((one) => (before[one] ?? 0) <= index);
      return (ranges[i]?.[0] ?? 0) + index - (before[i] ?? 0);
    },
    placeOf: (number) => {
      const i = last((one) => (ranges[one]?.[0] ?? 0) <= number);
      const [first, length] = ranges[i] ?? [0, 0];
      return number < first + length ? (before[i] ?? 0) + number - first : -1;
    },
  };
}
