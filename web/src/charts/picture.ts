/** Very many lines on a chart: loaded when one first has them. */
import type uPlot from "uplot";
import type { Line } from "./lines";
import { rastered, type RasterScale } from "./raster";

/** Draws all lines as one picture where the chart draws what lies behind its own. */
export function pictureOf(lines: readonly Line[]): (u: uPlot) => void {
  const scaleOf = (u: uPlot, name: "x" | "y"): RasterScale => ({ min: u.scales[name]?.min ?? 0, max: u.scales[name]?.max ?? 1, log: u.scales[name]?.distr === 3 });
  return (u) => {
    const { left, top } = u.bbox;
    const [width, height] = [Math.round(u.bbox.width), Math.round(u.bbox.height)];
    if (width < 1 || height < 1) return;
    const { data } = rastered(lines, scaleOf(u, "x"), scaleOf(u, "y"), width, height);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    u.ctx.drawImage(canvas, left, top);
  };
}
