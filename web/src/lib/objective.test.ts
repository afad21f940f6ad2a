import { expect, test } from "vitest";
import { objectiveScale, offScale } from "./objective";

const trials = [0.5, 0.4, 9, 0.3, 0.45, 0.6, 0.35, 0.42, 0.38];

test("a far outlier on the bad side is off the scale, every other value on it", () => {
  const scale = objectiveScale(trials, true);
  expect(trials.filter((v) => offScale(v, scale) === 1)).toEqual([9]);
  expect(trials.filter((v) => offScale(v, scale) === -1)).toEqual([]);
  const mirrored = trials.map((v) => -v);
  expect(mirrored.filter((v) => offScale(v, objectiveScale(mirrored, false)) !== 0)).toEqual([-9]);
});

test("few values are all on the scale, and equal ones have one", () => {
  const few = trials.slice(0, 8);
  expect(few.filter((v) => offScale(v, objectiveScale(few, true)) !== 0)).toEqual([]);
  expect(objectiveScale([3, 3], true)).toEqual({ lo: 3, range: 3 });
});
