import { describe, expect, it } from "vitest";
import type { SweepParameter, Trial } from "@/api/types";
import { logarithmic, named } from "./trials";

const trials = (...values: unknown[]) => values.map((x) => ({ params: { x } }) as unknown as Trial);
const wide = trials(0.001, 0.1, 0.9);

describe("a logarithmic axis", () => {
  it.each([
    ["searched on a logarithm, however near the values", "log", trials(1, 1.5, 2), true],
    ["searched evenly, however far apart", "linear", wide, false],
    ["a choice of numbers far apart", null, wide, true],
    ["a choice of near numbers", null, trials(16, 32, 64), false],
    ["words", null, trials("a", "b", "a"), false],
  ] as const)("%s", (_, scale, all, expected) => {
    expect(logarithmic({ name: "x", path: ["x"], scale }, all)).toBe(expected);
  });
});

describe("named parameters", () => {
  const parameters: SweepParameter[] = [
    { name: "lr", path: ["lr"], scale: "log" },
    { name: "optim.decay", path: ["optim", "decay"], scale: "linear" },
    { name: "a\\.b", path: ["a.b"], scale: null },
  ];
  it.each([
    ["nested ones, and dots in a name", { lr: 1, optim: { decay: 2, fixed: 3 }, "a.b": [4] }, { lr: 1, "optim.decay": 2, "a\\.b": [4] }],
    ["what does not apply is left out", { optim: null }, {}],
    ["a text where a group is expected", { optim: "adam", lr: 0 }, { lr: 0 }],
    ["no point yet", null, null],
  ])("%s", (_, params, expected) => {
    expect(named([{ params } as unknown as Trial], parameters)[0]?.params).toEqual(expected);
  });
});
