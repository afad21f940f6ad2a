import { describe, expect, it } from "vitest";
import { fromFile } from "./columns";
import { csv } from "./csv";
import { computed, filtered, groups } from "./filter";
import { below, BY_PLACE, joined, joinedTables, keysFor, stacked } from "./join";
import { confusion, rates } from "./matrix";
import { questionsFor, rolesOf } from "./roles";

const image = (name: string) => ({ _type: "image-file", path: `media/${name}.png`, sha256: name });
const one = fromFile({ columns: ["image", "val_true", "val_pred"], data: [[image("a"), 3, 3], [image("b"), 5, 3], [image("c"), 8, 8]] }, "/m/");
const two = fromFile({ columns: ["image", "val_true", "val_pred"], data: [[image("c"), 8, 3], [image("b"), 5, 5], [image("a"), 3, 3]] }, "/m/");
const sources = [{ mark: { label: "candidate", index: 0 }, table: one }, { mark: { label: "retrained", index: 1 }, table: two }];
const names = (table: typeof one) => table.columns.map((column) => column.name);
const values = (table: typeof one, name: string) => Array.from(table.columns.find((column) => column.name === name)?.values ?? []);

describe("tables of tables", () => {
  const truth = fromFile({ columns: ["id", "class"], data: [[1, "cat"], [2, "dog"], [3, "owl"]] });
  const said = fromFile({ columns: ["example", "said"], data: [[2, "cat"], [1, "cat"], [2, "dog"]] });
  const [left, right] = [{ mark: { label: "truth", index: 0 }, table: truth }, { mark: { label: "said", index: 1 }, table: said }];

  it("repeats a row that several rows of the other table name, and keeps rows without a partner", () => {
    const table = joinedTables(left, right, ["id", "example"]);
    expect(names(table)).toEqual(["id", "class", "said"]);
    expect(table.rows).toBe(4);
    expect(values(table, "id").map((id, row) => [id, values(table, "class")[row], values(table, "said")[row]])).toEqual([[1, "cat", "cat"], [2, "dog", "cat"], [2, "dog", "dog"], [3, "owl", null]]);
  });

  it("says which table lacks the key", () => {
    expect(() => joinedTables(left, right, ["id", "id"])).toThrow(/said has no column id to join on. It has: example, said/);
  });

  it("puts parts below each other by the names of their columns", () => {
    const table = below([truth, fromFile({ columns: ["class", "note"], data: [["bat", "night"]] })]);
    expect(values(table, "class")).toEqual(["cat", "dog", "owl", "bat"]);
    expect(values(table, "id")).toEqual([1, 2, 3, null]);
    expect(values(table, "note")).toEqual([null, null, null, "night"]);
  });
});

describe("joining", () => {
  it("pairs rows by a picture's digest, whatever their order, and shows what agrees once", () => {
    const table = joined(sources, "image");
    expect(names(table)).toEqual(["image", "val_true", "val_pred.0", "val_pred.1"]);
    expect(values(table, "val_true")).toEqual([3, 5, 8]);
    expect(values(table, "val_pred.0")).toEqual([3, 3, 8]);
    expect(values(table, "val_pred.1")).toEqual([3, 5, 3]);
  });
  it("finds the key itself", () => expect(keysFor(sources)[0]).toBe("image"));
  it("pairs by place too, and keeps rows without a partner", () => {
    const short = fromFile({ columns: ["x"], data: [[1]] });
    const long = fromFile({ columns: ["x"], data: [[1], [2]] });
    const table = joined([{ mark: { label: "a", index: 0 }, table: short }, { mark: { label: "b", index: 1 }, table: long }], BY_PLACE);
    expect(values(table, "x")).toEqual([1, 2]);
  });
  it("pairs the nth of a repeated key with the nth", () => {
    const a = fromFile({ columns: ["k", "v"], data: [["x", 1], ["x", 2]] });
    const b = fromFile({ columns: ["k", "v"], data: [["x", 10], ["x", 20], ["x", 30]] });
    const table = joined([{ mark: { label: "a", index: 0 }, table: a }, { mark: { label: "b", index: 1 }, table: b }], "k");
    expect(values(table, "v.0")).toEqual([1, 2, null]);
    expect(values(table, "v.1")).toEqual([10, 20, 30]);
  });
  it("stacks with the source as a column", () => {
    const table = stacked(sources);
    expect(table.rows).toBe(6);
    expect(values(table, "source").slice(2, 4)).toEqual(["candidate", "retrained"]);
  });
});

describe("questions", () => {
  it("knows true and predicted classes", () => expect(rolesOf(one)).toEqual([{ actual: "val_true", predicted: "val_pred" }]));
  it("asks what got fixed between two models", () => {
    const table = joined(sources, "image");
    const answers = questionsFor(table).map((question) => [question.title, Array.from(filtered(table, question.q ?? "", []).rows)]);
    expect(answers).toEqual([["Fixed", [1]], ["Newly wrong", [2]], ["Wrong in both", []], ["Answers differ", [1, 2]]]);
  });
  it("offers the shares of a label in parts", () => {
    const split = fromFile({ columns: ["label", "stage"], data: [[1, "train"], [2, "val"], [1, "train"]] });
    expect(questionsFor(split).map((question) => question.group)).toEqual(["stage"]);
  });
});

describe("filter", () => {
  it("takes picks and expression together and says what is wrong with the latter", () => {
    expect(Array.from(filtered(one, 'row["val_true"] != row["val_pred"]', [{ column: "val_true", value: "5" }]).rows)).toEqual([1]);
    expect(Array.from(filtered(one, "", [{ column: "val_true", lo: 4, hi: 6 }]).rows)).toEqual([1]);
    const bad = filtered(one, "row[", []);
    expect(bad.error).toContain("column name");
    expect(bad.rows.length).toBe(3);
  });
  it("computes columns and groups", () => {
    const wrong = computed(one, "wrong", "val_true != val_pred");
    expect([wrong.kind, Array.from(wrong.values)]).toEqual(["boolean", [false, true, false]]);
    expect(groups(wrong, [0, 1, 2]).map((group) => [group.key, group.rows.length])).toEqual([["false", 2], ["true", 1]]);
  });
});

describe("matrix", () => {
  it("has true classes as rows", () => {
    const [, actual, predicted] = one.columns;
    if (actual === undefined || predicted === undefined) throw new Error("columns");
    const found = confusion(actual, predicted, [0, 1, 2]);
    expect(found.classes).toEqual(["3", "5", "8"]);
    expect(Array.from(found.counts)).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 1]);
    expect(rates(found).recall).toEqual([1, 0, 1]);
    expect(rates(found).precision[0]).toBe(0.5);
  });
});

it("writes CSV that other programs read", () => {
  const table = fromFile({ columns: ["a,b", "image"], data: [['say "hi"', image("x")]] });
  expect(csv(table, [0])).toBe('"a,b",image\r\n"say ""hi""",media/x.png\r\n');
});
