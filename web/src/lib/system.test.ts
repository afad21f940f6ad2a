import { describe, expect, it } from "vitest";
import { figure, figureLabel, inBytes } from "./figure";
import { systemSections } from "./system";

const key = (name: string) => ({ name, kinds: ["number"], runs: 1, step_key: null });

describe("figures of a machine", () => {
  it.each([
    ["system.gpu.0.temp", "gpu.temp", "0", "GPU 0", null],
    ["system.gpu.0.temp/l:rank 1", "gpu.temp", "0", "rank 1 GPU 0", "rank 1"],
    ["system.disk./mnt/l.v2.usagePercent/l:node/7", "disk.usagePercent", "/mnt/l.v2", "node/7 /mnt/l.v2", "node/7"],
    ["system.network.sent/l:rank 1", "network.sent", null, "rank 1", "rank 1"],
    ["system.gpu.process.1.powerWatts", "gpu.process.powerWatts", "1", "GPU 1", null],
    ["system.cpu.12.cpu_percent", "cpu.cpu_percent", "12", "core 12", null],
    ["system.disk./mnt/data.v2.usagePercent", "disk.usagePercent", "/mnt/data.v2", "/mnt/data.v2", null],
    ["system.disk.vda.in", "disk.in", "vda", "vda", null],
    ["system.memory_percent", "memory_percent", null, "memory_percent", null],
    ["system.from.the.future", "from.the.future", null, "from.the.future", null],
  ])("%s", (name, measure, which, label, process) => {
    expect(figure(name)).toEqual({ measure, which, process });
    expect(figureLabel(name)).toBe(label);
  });

  it("draws what several processes measure in one chart", () => {
    const found = systemSections(["system.cpu/l:rank 10", "system.cpu/l:rank 2", "system.cpu/l:rank 0"].map(key));
    expect(found.map((one) => one.charts.map((chart) => chart.keys))).toEqual([[["system.cpu/l:rank 0", "system.cpu/l:rank 2", "system.cpu/l:rank 10"]]]);
    expect(inBytes("system.network.sent/l:rank 0")).toBe(true);
  });

  it("draws what eight GPUs measure in one chart, in their order, GPUs first", () => {
    const names = ["system.cpu", "system.from.the.future", ...Array.from({ length: 11 }, (_, i) => [`system.gpu.${10 - i}.temp`, `system.gpu.${10 - i}.gpu`]).flat()];
    const found = systemSections(names.map(key));
    expect(found.map((one) => [one.name, one.charts.length])).toEqual([["GPU", 2], ["CPU", 1], ["Other figures", 1]]);
    expect(found[0]?.charts[0]?.title).toBe("GPU utilisation (%)");
    expect(found[0]?.charts[0]?.keys).toEqual(Array.from({ length: 11 }, (_, i) => `system.gpu.${i}.gpu`));
    expect(found.flatMap((one) => one.charts.flatMap((chart) => chart.keys)).length).toBe(names.length);
  });
});
