import { describe, expect, it } from "vitest";
import { passes } from "@/lib/parallel";
import { place, placesOf, spanOf, ticksOf, valueAt } from "./parallel";

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

  it("brushes values, whatever the scale and the direction", () => {
    for (const placed of [axis([1, 10, 100], true), axis([1, 10, 100], true, true)]) {
      const [low, high] = placesOf(placed, { lo: 1, hi: 10 });
      const span = spanOf(placed, low, high);
      if (!("lo" in span)) throw new Error("expected numbers");
      expect(span.lo).toBeCloseTo(1, 6);
      expect(span.hi).toBeCloseTo(10, 6);
    }
  });

  it("brushes words by their middle", () => {
    expect(spanOf(axis(["a", "b", "c"]), 0.3, 1)).toEqual({ values: ["b", "c"] });
  });

  it("keeps what lies inside every brush, and nothing without a value", () => {
    const brush = { x: { lo: 2, hi: 3 }, kind: { values: ["adam", "true"] } };
    const kept = [{ x: 2, kind: "adam" }, { x: 3, kind: true }, { x: 4, kind: "adam" }, { x: 2, kind: "sgd" }, { kind: "adam" }];
    expect(kept.map((values) => passes(values, brush))).toEqual([true, true, false, false, false]);
    expect(passes({}, undefined)).toBe(true);
  });
});

describe("numbers beside an axis", () => {
  const values = (...given: Parameters<typeof axis>) => ticksOf(axis(...given)).map((one) => one.value);
  it.each([
    ["few values", [64, 16, 128, 16, null, 32], false, [16, 32, 64, 128]],
    ["few on a logarithmic axis", [0.1, 0.001, 0.01], true, [0.001, 0.01, 0.1]],
    ["few that lie too near", [0, 1, 1.01, 100], false, [0, 25, 50, 75, 100]],
    ["one", [3, 3], false, [3]],
    ["many", [...Array(11).keys()], false, [0, 2.5, 5, 7.5, 10]],
  ])("%s", (_, given, log, expected) => expect(values(given, log)).toEqual(expected));

  it("stand where the lines are, turned too", () => {
    expect(ticksOf(axis([1, 2, 5])).map((one) => one.t)).toEqual([0, 0.25, 1]);
    expect(ticksOf(axis([1, 2, 5], false, true))).toEqual([{ t: 0, value: 5 }, { t: 0.75, value: 2 }, { t: 1, value: 1 }]);
  });
});
