import { describe, expect, it } from "vitest";
import { fromFile, histogram, sorted } from "./columns";

const all = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

describe("columns", () => {
  it("names the kind of each column", () => {
    const table = fromFile({ columns: ["n", "t", "b", "m", "x", 5], data: [[1, "a", true, { _type: "image-file", path: "p" }, 1, null], [null, "b", false, null, "s"]] });
    expect(table.columns.map((column) => column.kind)).toEqual(["number", "text", "boolean", "media", "mixed", "text"]);
    expect(table.columns[5]?.name).toBe("5");
  });

  it("loses no row in a histogram", () => {
    const values = Array.from({ length: 1000 }, (_, i) => [Math.sin(i * 12.9898) * 43758.5453, `c${i % 9}`]);
    const table = fromFile({ columns: ["x", "c"], data: values });
    for (const column of table.columns) {
      expect(histogram(column, all(1000)).reduce((sum, bin) => sum + bin.n, 0)).toBe(1000);
    }
  });

  it("sorts numbers as numbers, and nulls last both ways", () => {
    const table = fromFile({ columns: ["x"], data: [[10], [null], [9], [-1]] });
    const column = table.columns[0];
    if (column === undefined) throw new Error("no column");
    expect([...sorted(column, all(4), false)]).toEqual([3, 2, 0, 1]);
    expect([...sorted(column, all(4), true)]).toEqual([0, 2, 3, 1]);
  });
});
