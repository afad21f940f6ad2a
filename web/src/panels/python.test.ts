import { describe, expect, it } from "vitest";
import type { PanelSpec } from "@/lib/panel_spec";
import { linePython, valuesPython } from "./python";

const at = { entity: "lab", project: "digits" };
const runs = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ run_id: `r${from + i}` }));
const line: PanelSpec = { id: "a", kind: "line", title: "Loss", keys: ["loss"], x: "epoch", stream: "history", settings: {} };

describe("lines of Python", () => {
  it("ask for exactly the runs that are shown", () => {
    expect(linePython(at, runs(0, 2), line, "epoch")).toContain('runs = [api.run(f"lab/digits/{name}") for name in ["r0", "r1"]]\n');
    const many = valuesPython(at, runs(0, 31), ["summary.loss"]);
    expect(many).toContain('runs = list(api.runs("lab/digits", filters={"name": {"$in": ["r0", "r1",');
    expect(many).toContain('"r30"]}}))\n');
  });

  it("ask each project for its own runs", () => {
    const homeOf = (run: { run_id: string }) => (run.run_id === "r1" ? { entity: "lab", project: "letters" } : at);
    expect(valuesPython({ ...at, homeOf }, runs(0, 3), ["config.lr"])).toContain('runs = [api.run(f"lab/digits/{name}") for name in ["r0", "r2"]] + [api.run(f"lab/letters/{name}") for name in ["r1"]]\n');
  });

  it("read keys that were not logged together one by one", () => {
    const two = linePython(at, runs(0, 1), { ...line, keys: ["loss", "acc"] }, "epoch");
    expect(two).toContain('    for key in ["loss", "acc"]:\n        for row in run.scan_history(keys=["epoch", key]):');
  });
});
