import { describe, expect, it } from "vitest";
import { brushed, place, valueAt } from "./parallel";

const axis = (values: (number | string | null)[], log = false, flip = false) => place({ name: "a", values, log, flip });

describe("axes", () => {
  it("puts the least at the bottom, and turns when flipped", () => {
    expect([...axis([1, 3, 2]).at]).toEqual([0, 1, 0.5]);
    expect([...axis([1, 3, 2], false, true).at]).toEqual([1, 0, 0.5]);
  });

  it("reads back the value of a place", () => {
    for (const placed of [axis([1, 100]), axis([1, 100], true), axis([1, 100], true, true)]) {
      placed.at.forEach((t, i) => expect(valueAt(placed, t)).toBeCloseTo([1, 100][i] ?? 0, 4));
    }
  });

  it("leaves out what a log axis can't show", () => {
    expect([...axis([0, -1, 10, 100], true).at].map(Number.isNaN)).toEqual([true, true, false, false]);
  });

  it("takes words as categories in their natural order", () => {
    expect(axis(["10", "9", null, "adam"]).categories).toEqual(["9", "10", "adam"]);
  });

  it("keeps what is inside every brush", () => {
    const one = { ...axis([1, 2, 3, null]), axis: { name: "x", values: [], log: false, flip: false } };
    expect([...brushed([one], new Map([["x", [0.4, 1]]]), 4)]).toEqual([0, 1, 1, 0]);
    expect([...brushed([one], new Map(), 4)]).toEqual([1, 1, 1, 1]);
  });
});
