import { describe, expect, it } from "vitest";
import { arranged, fitted, stepped } from "./grid_layout";

const left = { x: 0, y: 0, w: 12, h: 8 };
const right = { x: 12, y: 0, w: 12, h: 8 };
const below = { x: 0, y: 8, w: 24, h: 6 };

describe("arranged", () => {
  it("moves those in the way down and closes what is left empty", () => {
    expect(arranged([left, right, below], 2, { ...below, y: 0 })).toEqual([{ ...left, y: 6 }, { ...right, y: 6 }, { ...below, y: 0 }]);
  });
  it("swaps neighbours of one row", () => {
    expect(arranged([left, right], 1, { ...right, x: 0 })).toEqual([{ ...left, y: 8 }, { ...right, x: 0 }]);
  });
  it("makes room for one that grows", () => {
    expect(arranged([left, right, below], 0, { ...left, w: 20 })).toEqual([{ ...left, w: 20 }, { ...right, y: 8 }, { ...below, y: 16 }]);
  });
  it("leaves a place that is no other as it is", () => {
    expect(arranged([left, right, below], 1, right)).toEqual([left, right, below]);
  });
});

describe("stepped", () => {
  const all = [left, right, below];
  it("goes past the neighbour below, and back above it", () => {
    const down = arranged(all, 0, stepped(all, 0, 0, 1));
    expect(down).toEqual([{ ...left, y: 14 }, right, below]);
    expect(arranged(down, 0, stepped(down, 0, 0, -1))).toEqual(all);
  });
  it("stays where there is nobody to pass", () => {
    expect(stepped(all, 2, 0, 1)).toEqual(below);
  });
});

describe("fitted", () => {
  it("keeps a place within the grid and readable", () => {
    expect(fitted({ x: 30, y: -2, w: 1, h: 1 })).toEqual({ x: 20, y: 0, w: 4, h: 4 });
    expect(fitted({ x: 3, y: 1, w: 99, h: 9 })).toEqual({ x: 0, y: 1, w: 24, h: 9 });
  });
});
