import { describe, expect, it } from "vitest";
import { difference } from "./difference";
import { direction, folded, type GraphNode } from "./lineage";

const run = (id: string, detail = "train"): GraphNode => ({ id, kind: "run", label: id, detail, focus: false });
const version = (id: string, detail = "model", focus = false): GraphNode => ({ id, kind: "version", label: id, detail, focus });

describe("lineage", () => {
  const sweep = Array.from({ length: 8 }, (_, i) => i);
  const graph = {
    nodes: [version("data", "dataset", true), ...sweep.map((i) => run(`r${i}`)), ...sweep.map((i) => version(`m${i}`)), run("retrain", "retrain")],
    edges: [...sweep.flatMap((i): [string, string][] => [["data", `r${i}`], [`r${i}`, `m${i}`]]), ["m3", "retrain"] as [string, string]],
  };
  it("folds runs whose models nobody used, and keeps the one that went on", () => {
    const shown = folded(graph, new Set());
    expect(shown.stacks.map((stack) => [stack.kind, stack.members.length])).toEqual([["run", 7], ["version", 7]]);
    expect(shown.nodes.map((node) => node.id)).toEqual(["data", "r3", "m3", "retrain"]);
    expect(shown.edges).toHaveLength(5);
  });
  it("opens a stack", () => {
    const [stack] = folded(graph, new Set()).stacks;
    expect(folded(graph, new Set([stack?.id ?? ""])).nodes).toHaveLength(18);
  });
  it("goes one way", () => {
    expect(direction(graph, "m3", "down").nodes.map((node) => node.id)).toEqual(["m3", "retrain"]);
    expect(direction(graph, "m3", "up").nodes.map((node) => node.id)).toEqual(["data", "r3", "m3"]);
  });
});

describe("difference", () => {
  it("names every leaf once", () => {
    expect(difference({ a: 1, b: { c: [1], d: 2 }, e: 0 }, { a: 1, b: { c: [1, 2], d: 2 }, f: null }).map((line) => [line.path, line.kind])).toEqual([
      ["a", "same"], ["b.c", "changed"], ["b.d", "same"], ["e", "removed"], ["f", "added"],
    ]);
  });
});
