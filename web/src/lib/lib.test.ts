import { describe, expect, it } from "vitest";
import { ansi } from "./ansi";
import { inBytes } from "./figure";
import { axisTexts, bytes, metric, span } from "./format";
import { mediaKeys, partner, sections } from "./panels";
import { differing, loggedMetric, lowerIsBetter, mainMetric } from "./runs";
import { numberOf } from "./values";
import { debiasedEma, timeWeighted } from "./smooth";

describe("format", () => {
  it.each([[0, "0"], [0.123456789, "0.12346"], [1e-9, "1e-9"], [3.1604e-4, "3.16e-4"], [12345678.9, "1.235e7"], [123456, "123,456"], [Number.NaN, "NaN"], [-Infinity, "−∞"], [0.5, "0.5"]])("metric %s", (v, text) => expect(metric(v)).toBe(text));
  it.each([[0, "0 B"], [999, "999 B"], [1210, "1.21 KB"], [1.5e9, "1.50 GB"]])("bytes %s", (v, text) => expect(bytes(v)).toBe(text));
  it.each([[4.21, "4.2s"], [200, "3m 20s"], [3723, "1h 02m"], [90000, "1d 01h"]])("span %s", (v, text) => expect(span(v)).toBe(text));
});

describe("marks of an axis", () => {
  it.each([
    [[0, 0.25, 0.5], false, ["0", "0.25", "0.5"]],
    [[0, 0.00002, 0.00004], false, ["0", "2e-5", "4e-5"]],
    [[0, 500_000, 1_500_000], false, ["0", "5e5", "1.5e6"]],
    [[0, 1000, 250_000], false, ["0", "1,000", "250,000"]],
    [[0.00001, null, 0.1, 100, 1e7], true, ["1e-5", "", "0.1", "100", "1e7"]],
  ])("%j", (marks, log, texts) => expect(axisTexts(marks, { log, long: 1e6 })).toEqual(texts));
  it.each([["system.gpu.0.memoryAllocatedBytes", true], ["system.network.sent", true], ["system.gpu.0.memoryAllocated", false], ["BytesPerBatchBytes", false]])("%s in bytes: %s", (key, is) => expect(inBytes(key)).toBe(is));
});

describe("smoothing", () => {
  it("keeps a constant, whatever the weight", () => {
    for (const weight of [0, 0.3, 0.9, 0.99]) for (const y of debiasedEma([5, 5, 5, 5], weight)) expect(y).toBeCloseTo(5, 9);
  });
  it("weighs by time, and is the plain one where no gap differs", () => {
    const ys = [3, 1, 4, 1, 5];
    const [even, plain] = [timeWeighted([0, 2, 4, 6, 8], ys, 0.7), debiasedEma(ys, 0.7)];
    even.forEach((y, i) => expect(y).toBeCloseTo(plain[i] ?? 0, 9));
    expect(timeWeighted([0, 1, 4], [1, 1, 5], 0.5)[2]).toBeCloseTo((5 + 2 ** -1.5 * (1 + 2 ** -0.5)) / (1 + 2 ** -1.5 * (1 + 2 ** -0.5)), 9);
  });
  it("leaves gaps gaps and goes on behind them", () => {
    const out = debiasedEma([1, Number.NaN, 1], 0.5);
    expect(Number.isNaN(out[1])).toBe(true);
    expect(out[2]).toBeCloseTo(1, 9);
  });
});

describe("panels", () => {
  const key = (name: string, step_key: string | null = null) => ({ name, kinds: ["number"], runs: 1, step_key });
  it("draws training and validation of a metric together", () => {
    expect(partner("epoch/val_loss")).toBe("epoch/loss");
    const [section] = sections([key("epoch/val_loss", "epoch/epoch"), key("epoch/loss", "epoch/epoch")]);
    expect(section?.charts).toEqual([{ title: "epoch/loss, val_loss", keys: ["epoch/loss", "epoch/val_loss"], x: "epoch/epoch" }]);
    expect(sections([key("acc"), key("val/acc")])[0]?.charts[0]?.title).toBe("acc, val/acc");
  });
  it("puts losses before counters, never the alphabet first", () => {
    expect(sections([key("a_counter/epoch"), key("zeta_loss"), key("accuracy")]).map((one) => one.charts.map((chart) => chart.title))).toEqual([["zeta_loss", "accuracy"], ["a_counter/epoch"]]);
  });
  it("puts pictures before tables, by name, whatever order they come in", () => {
    const of = (name: string, ...kinds: string[]) => ({ ...key(name), kinds });
    expect(mediaKeys([of("b_table", "table"), key("loss"), of("z", "media"), of("a", "histogram")]).map((one) => one.name)).toEqual(["a", "z", "b_table"]);
  });
});

describe("runs", () => {
  const run = (config: Record<string, unknown>, summary: Record<string, unknown> = {}) => ({ config, summary });
  it("shows only what differs", () => expect(differing([run({ lr: 1, seed: 0, x: [1] }), run({ lr: 2, seed: 0, x: [1] })])).toEqual(["lr"]));
  it("asks for the validation loss first", () => expect(mainMetric([run({}, { loss: 1, "epoch/val_loss": 2, acc: 3 })])).toBe("epoch/val_loss"));
  it("finds what define_metric made of one", () => {
    const runs = [run({}, { val_loss: { min: 0.5, last: 0.7 }, steps: 9 }), run({}, { val_loss: { min: "NaN" } })];
    expect(mainMetric(runs)).toBe("val_loss.min");
    expect(runs.map((one) => numberOf(one, "val_loss.min"))).toEqual([0.5, null]);
    expect(mainMetric([run({}, { val_acc: { max: 0.5, min: 0.1 }, image: { _type: "image-file", size: 3 } })])).toBe("val_acc.max");
    expect([loggedMetric("val_loss.min", new Set(["val_loss"])), loggedMetric("a.max", new Set(["a.max"]))]).toEqual(["val_loss", "a.max"]);
  });
  it("knows which way is up", () => {
    expect(lowerIsBetter("val_loss")).toBe(true);
    expect(lowerIsBetter("test_accuracy")).toBe(false);
  });
});

describe("console", () => {
  it("keeps colours and drops other sequences", () => {
    expect(ansi("a\u001b[31;1mred\u001b[0m b\u001b[2K")).toEqual([
      { text: "a", colour: null, bold: false, dim: false },
      { text: "red", colour: "red", bold: true, dim: false },
      { text: " b", colour: null, bold: false, dim: false },
    ]);
  });
});
