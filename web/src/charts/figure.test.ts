import { describe, expect, it } from "vitest";
import { figureCsv, figureOf, notDrawn, themed } from "./figure";

const look = { text: "#111111", faint: "#555555", grid: "#eeeeee", hues: ["#aa0000"] };
const row = (cells: readonly (string | number | null)[]) => cells.map((cell) => cell ?? "").join(",");

describe("figures", () => {
  it("draws on the processor what was made for the graphics card, and names what it can't", () => {
    const figure = figureOf('{"data": [{"type": "scattergl", "y": [1, NaN]}, {"y": [2]}, {"type": "scatter3d"}], "layout": {}}');
    expect(figure.data.map((trace) => trace.type)).toEqual(["scatter", "scatter", "scatter3d"]);
    expect(figure.data[0]?.y).toEqual([1, null]);
    expect(notDrawn(figure)).toEqual(["scatter3d"]);
  });

  it("keeps texts that look like numbers Python has a word for", () => {
    expect(figureOf('{"data": [{"text": ["a, NaN]", "b"]}]}').data[0]?.text).toEqual(["a, NaN]", "b"]);
  });

  it("says what is no figure", () => {
    expect(() => figureOf("[1, 2]")).toThrow(/no list `data`/);
  });

  it("puts the page's colours under the figure's own, and leaves a figure with a background alone", () => {
    const layout = { width: 300, template: { layout: { paper_bgcolor: "white", xaxis: { ticks: "" } } }, title: { text: "t" } };
    const shown = themed({ data: [], layout }, look) as { width?: number; template: { layout: Record<string, unknown> } };
    expect(shown.width).toBeUndefined();
    expect(shown.template.layout).toMatchObject({ paper_bgcolor: "rgba(0,0,0,0)", colorway: ["#aa0000"], xaxis: { ticks: "", gridcolor: "#eeeeee" } });
    expect(themed({ data: [], layout: { ...layout, paper_bgcolor: "#fff" } }, look).template).toBe(layout.template);
  });

  it("gives numbers of lists and of packed arrays", () => {
    const packed = { dtype: "i2", bdata: btoa(String.fromCharCode(5, 0, 255, 255)) };
    expect(figureCsv({ data: [{ name: "a", x: ["u", "v"], y: packed }, { y: [1] }], layout: {} }, row).split("\r\n")).toEqual(["trace,x,y", "a,u,5", "a,v,-1", "trace 1,,1"]);
  });
});
