import { describe, expect, it } from "vitest";
import { merged, rangeByKey, type SeriesArrays } from "./series";

const line = (run: number, ...ys: number[]): SeriesArrays => ({ run, key: "loss", n: ys.length, exact: true, nonfinite: 0, x: Float64Array.from(ys, (_, i) => i), mean: Float32Array.from(ys) });

describe("merged", () => {
  it("puts the new line of a changed run in its place and keeps the others as they are", () => {
    const before = [line(1, 5), line(2, 7, 6)];
    const fresh = line(2, 7, 6, 4);
    const after = merged(before, [fresh], [1, 2], new Set([2]));
    expect(after).toEqual([before[0], fresh]);
    expect(after[0]).toBe(before[0]);
  });
  it("is the same array when a changed run has the same line", () => {
    const before = [line(1, 5), line(2, Number.NaN, 6)];
    expect(merged(before, [line(2, Number.NaN, 6)], [1, 2], new Set([2]))).toBe(before);
  });
  it("takes in a run's first line, in the order of the runs, and drops one that is gone", () => {
    const before = [line(1, 5), line(3, 1)];
    const after = merged(before, [line(2, 9)], [1, 2, 3], new Set([2, 3]));
    expect(after.map((one) => one.run)).toEqual([1, 2]);
  });
});

it.each<[string, [number, number], [number, number] | null | undefined]>([
  ["+", [0, 100], [25, 75]],
  ["-", [25, 75], null],
  ["-", [0, 20], [0, 30]],
  [">", [40, 60], [50, 70]],
  [">", [80, 95], [85, 100]],
  ["<", [5, 45], [0, 40]],
  ["x", [0, 100], undefined],
  ["+", [7, 7], undefined],
])("the key %s leads from %j of an axis to 100 to %j", (key, from, to) => {
  expect(rangeByKey(key, from, [0, 100])).toEqual(to);
});
