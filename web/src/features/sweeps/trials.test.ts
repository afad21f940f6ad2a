import { describe, expect, it } from "vitest";
import type { Trial } from "@/api/types";
import { logarithmic } from "./trials";

const trials = (...values: unknown[]) => values.map((x) => ({ params: { x } }) as unknown as Trial);
const wide = trials(0.001, 0.1, 0.9);

describe("a logarithmic axis", () => {
  it.each([
    ["searched on a logarithm, however near the values", { distribution: "log_uniform_values", min: 1, max: 2 }, trials(1, 1.5, 2), true],
    ["inverse logarithm", { distribution: "inv_log_uniform_values", min: 1, max: 2 }, trials(1, 1.5, 2), true],
    ["searched evenly, however far apart", { min: 0, max: 0.9 }, wide, false],
    ["searched by a normal", { distribution: "normal", mu: 0, sigma: 1 }, wide, false],
    ["a choice of numbers far apart", { values: [0.001, 0.1, 0.9] }, wide, true],
    ["a choice of near numbers", { values: [16, 32, 64] }, trials(16, 32, 64), false],
    ["nested, so not known", undefined, wide, true],
    ["words", { values: ["a", "b"] }, trials("a", "b", "a"), false],
  ])("%s", (_, searched, all, expected) => {
    expect(logarithmic({ parameters: searched === undefined ? {} : { x: searched } }, all, "x")).toBe(expected);
  });

  it("needs no configuration", () => expect(logarithmic({}, wide, "x")).toBe(true));
});
