import { describe, expect, it } from "vitest";
import { numbersIn } from "./ranges";

describe("numbers in ranges", () => {
  const cases: [number, number][][] = [[], [[0, 3]], [[2, 1], [5, 3], [8, 2], [20, 1]]];
  it.each(cases.map((one) => [one]))("%j", (ranges) => {
    const all = ranges.flatMap(([first, length]) => Array.from({ length }, (_, i) => first + i));
    const found = numbersIn(ranges);
    expect(found.count).toBe(all.length);
    expect(Array.from({ length: all.length + 1 }, (_, i) => found.at(i))).toEqual([...all, undefined]);
    expect(found.at(-1)).toBeUndefined();
    for (let number = 0; number < 25; number += 1) expect(found.placeOf(number)).toBe(all.indexOf(number));
  });
});
