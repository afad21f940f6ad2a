import { describe, expect, it } from "vitest";
import { fromFile } from "./columns";
import { compile, ExpressionError } from "./expression";

const table = fromFile({
  columns: ["label", "guess", "p", "note"],
  data: [
    [7, 7, 0.99, "clean"],
    [4, 9, 0.55, "open top"],
    [3, 5, 0.4, null],
    [9, 4, 0.91, "it's"],
  ],
});
const rows = (source: string) => [0, 1, 2, 3].filter(compile(source, table));

describe("expressions", () => {
  it.each([
    ['row["label"] != row["guess"]', [1, 2, 3]],
    ["label == guess", [0]],
    ["label != guess and p > 0.5", [1, 3]],
    ["label != guess && not (p > 0.9)", [1, 2]],
    ["p >= 0.91 or p < 0.5", [0, 2, 3]],
    ["label in [3, 4]", [1, 2]],
    ['note contains "top"', [1]],
    ["note == 'it\\'s'", [3]],
    ["note == None", [2]],
    ["guess - label == 5", [1]],
    ["-p * 2 < -1.9", [0]],
    ["1 + 2 * 3 == 7", [0, 1, 2, 3]],
    ["(1 + 2) * 3 == 7", []],
    ["not label == 7", [1, 2, 3]],
  ])("%s", (source, expected) => {
    expect(rows(source)).toEqual(expected);
  });

  it.each([
    ["lable == 7", 'there is no column "lable"'],
    ["label ==", "expected a value, got the end"],
    ["label == 7 7", "expected an operator or the end"],
    ["row[label] == 1", "expected a column name in quotes"],
    ["label in [1 2]", "expected , or ]"],
    ["label # 2", "unexpected"],
    ["constructor('x')", "there is no column"],
  ])("refuses %s", (source, message) => {
    expect(() => compile(source, table)).toThrow(ExpressionError);
    expect(() => compile(source, table)).toThrow(message);
  });
});
