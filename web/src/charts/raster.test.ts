import { describe, expect, it } from "vitest";
import type { Line } from "./lines";
import { type Pixels, places, rastered } from "./raster";

const scale = { min: 0, max: 10, log: false };
const line = (colour: string, x: number[], y: (number | null)[], low: number[] | null = null, high: number[] | null = null): Line => ({ id: colour, label: "", colour, dash: [], x, y, low, high, raw: null });
const pixel = (image: Pixels, column: number, row: number) => Array.from(image.data.slice((row * image.width + column) * 4, (row * image.width + column) * 4 + 4));
/** Rows of a column that anything covers. */
const rows = (image: Pixels, column: number) => Array.from({ length: image.height }, (_, row) => row).filter((row) => (pixel(image, column, row)[3] ?? 0) > 0);

describe("many lines as one picture", () => {
  it("has every spike in its column, from the lowest to the highest value", () => {
    const image = rastered([line("#ff0000", [0, 5, 5.01, 5.02, 10], [2, 2, 9, 2, 2])], scale, scale, 100, 100);
    expect(rows(image, 20)).toEqual([80]);
    expect(Math.min(...rows(image, 50))).toBe(10);
    expect(Math.max(...rows(image, 50))).toBe(80);
    expect(pixel(image, 20, 80)[0]).toBe(255);
  });

  it("is denser where more lines lie, whatever their order", () => {
    const [a, b] = [line("#ff0000", [0, 10], [5, 5]), line("#0000ff", [0, 10], [5, 5])];
    const both = pixel(rastered([a, b], scale, scale, 10, 10), 5, 5);
    expect(both).toEqual(pixel(rastered([b, a], scale, scale, 10, 10), 5, 5));
    expect(both[3]).toBeGreaterThan(pixel(rastered([a], scale, scale, 10, 10), 5, 5)[3] ?? 255);
    expect(Math.abs((both[0] ?? 0) - (both[2] ?? 0))).toBeLessThan(2);
  });

  it("draws a bucket's lowest and highest value faintly behind its mean, and steps over gaps", () => {
    const image = rastered([line("#00ff00", [0, 10], [5, 5], [2, 2], [8, 8])], scale, scale, 10, 100);
    expect(rows(image, 5)[0]).toBe(20);
    expect(rows(image, 5).at(-1)).toBe(80);
    expect(pixel(image, 5, 50)[3]).toBeGreaterThan(5 * (pixel(image, 5, 30)[3] ?? 255));
    expect(rows(rastered([line("#00ff00", [0, 5, 10], [5, null, 5])], scale, scale, 10, 100), 5)).toEqual([50]);
  });

  it("leaves out what lies outside, and what a logarithm does not know", () => {
    expect(rows(rastered([line("#00ff00", [0, 10], [50, 50])], scale, scale, 10, 10), 5)).toEqual([]);
    const log = { min: 1, max: 100, log: true };
    expect(Array.from(places([1, 10, 100, 0, null], log, 100, false))).toEqual([0, 50, 100, Number.NaN, Number.NaN]);
  });
});
