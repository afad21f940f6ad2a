/** Lines over one x, by uPlot: arrays in, pixels out. Never fetches. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { axisTexts, span } from "@/lib/format";
import type { Line } from "./lines";
import { type Pixels, type RasterScale, rastered, rasteredBands } from "./raster";

export type { Line } from "./lines";

export interface Readout {
  x: string;
  rows: { label: string; colour: string; value: number; hot: boolean }[];
  left: number;
  top: number;
}

export type XKind = "number" | "seconds" | "instant";

export interface LineChartOptions {
  width: number;
  height: number;
  logX: boolean;
  logY: boolean;
  /** How a value is told beside the vertical axis; null for a plain number. */
  yText: ((y: number) => string) | null;
  /** Limits of the vertical axis; null follows the values. */
  yRange: [number | null, number | null];
  xKind: XKind;
  xLabel: string;
  /** Charts of the same name show their cursors together. */
  sync: string;
  colours: { surface: string; grid: string; text: string; font: string };
  /** The horizontal part to begin with, null for all. */
  range: [number, number] | null;
  onHover: (id: string | null) => void;
  onPick: (id: string, x: number) => void;
  onRange: (range: [number, number] | null) => void;
  onReadout: (readout: Readout | null) => void;
}

const NEAREST = 6;
/** How much of the other lines goes while one is lit. */
const VEIL = 0.75;
/** More lines than these are thin: so one sees between them, and a processor draws them ten times as fast. */
const MOST_BOLD = 12;
/** From so many on lines are one picture. */
const MANY = 200;
/** From here on an axis counts in powers of ten; steps are read as they are for longer. */
const LONG = { x: 1e8, y: 1e6 };
const END = 12;
/** How much of what lies behind a band covers. */
const BAND = 0.14;
const pathOf = uPlot.paths.linear?.();

/** All x of all lines, and each line's y on them (undefined: no point there, null: a gap). */
export function align(lines: readonly Line[]): uPlot.AlignedData {
  if (lines.length === 0) return [[]];
  const finite = (ys: ArrayLike<number | null>) => {
    const out: (number | null)[] = Array.from({ length: ys.length });
    for (let i = 0; i < out.length; i += 1) {
      const y = ys[i];
      out[i] = y === null || y === undefined || !Number.isFinite(y) ? null : y;
    }
    return out;
  };
  const columns = (line: Line) => (line.raw === null ? [finite(line.y)] : [finite(line.y), finite(line.raw)]);
  // Runs of one project mostly share their steps: then nothing needs to be joined.
  const first = lines[0];
  if (first !== undefined && lines.every((line) => sameX(line.x, first.x))) {
    return [Array.from(first.x), ...lines.flatMap(columns)] as uPlot.AlignedData;
  }
  return uPlot.join(lines.map((line) => [Array.from(line.x), ...columns(line)] as uPlot.AlignedData));
}

function sameX(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** An x as a person reads it. */
export function xText(x: number, kind: XKind): string {
  if (kind === "instant") return new Date(x * 1000).toLocaleString("en-GB");
  if (kind === "seconds") return span(x);
  return Number.isInteger(x) ? x.toLocaleString("en-US") : String(Number(x.toPrecision(6)));
}

/** Draw lines into an element; the returned handle lights one line and ends the chart. */
export function drawLines(target: HTMLElement, lines: readonly Line[], options: LineChartOptions) {
  let lit: string | null = null;
  let inside = false;
  const axis = { stroke: options.colours.text, grid: { stroke: options.colours.grid, width: 1 }, ticks: { show: false }, font: options.colours.font };
  // Each line has one series, or two with its raw values behind it.
  const seriesOf: { line: Line; raw: boolean }[] = lines.flatMap((line) => (line.raw === null ? [{ line, raw: false }] : [{ line, raw: false }, { line, raw: true }]));
  const [yLow, yHigh] = options.yRange.map((y) => onAxis(y, options.logY));
  const [from, to] = (options.range ?? []).map((x) => onAxis(x, options.logX) ?? null);
  const many = lines.length > MANY;
  const chart = new uPlot(
    {
      width: options.width,
      height: options.height,
      padding: [8, atTheEnd, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: options.xKind === "instant", distr: options.logX ? 3 : 1, ...(from == null || to == null || !(to > from) ? {} : { min: from, max: to }) },
        y: {
          distr: options.logY ? 3 : 1,
          ...(yLow == null && yHigh == null ? {} : { range: (_u: uPlot, low: number | null, high: number | null) => spread(yLow ?? low, yHigh ?? high, options.logY) }),
        },
      },
      axes: [
        { ...axis, size: 26, space: 64, ...(options.xKind === "instant" ? {} : { values: (_u: uPlot, splits: (number | null)[]) => (options.xKind === "seconds" ? splits.map((x) => (x === null ? "" : span(x).replace(".0s", "s"))) : axisTexts(splits, { log: options.logX, long: LONG.x })) }) },
        { ...axis, values: (_u: uPlot, splits: (number | null)[]) => (options.yText === null ? axisTexts(splits, { log: options.logY, long: LONG.y }) : splits.map((y) => (y === null ? "" : (options.yText?.(y) ?? "")))), size: (_u, values) => Math.max(34, 14 + 6.6 * Math.max(0, ...(values ?? []).map((v) => String(v ?? "").length))), space: 34 },
      ],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        // Beside the chart under the pointer only the lit line has a point.
        focus: { prox: 28, dist: (_u, index, _at, there, pointer) => (inside ? Math.abs(there - pointer) : seriesOf[index - 1]?.line.id === lit ? 0 : Infinity) },
        points: { size: 7, one: true },
        sync: { key: options.sync, scales: ["x", null], setSeries: false, filters: { pub: (type) => type === "mousemove" || type === "mouseleave", sub: () => true } },
        bind: {
          dblclick: () => () => {
            options.onRange(null);
            return null;
          },
        },
      },
      // A veil with one line on it lights that line: nothing else is drawn anew, in none of the charts.
      focus: { alpha: 1 },
      series: [
        {},
        ...seriesOf.map(({ line, raw }) => ({
          label: line.label,
          stroke: raw ? faint(line.colour) : line.colour,
          width: raw || lines.length > MOST_BOLD ? 1 : 1.6,
          dash: raw ? [] : line.dash,
          spanGaps: true,
          ...(many ? { paths: () => null } : {}),
          points: { show: !raw && line.x.length === 1, size: 6, fill: line.colour },
        })),
      ],
      hooks: {
        setSeries: [
          (_u, index) => {
            if (!inside) return;
            show(index === null ? null : (seriesOf[index - 1]?.line.id ?? null));
            options.onHover(lit);
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width > 4) {
              options.onRange([u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")]);
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            }
          },
        ],
        setCursor: [(u) => options.onReadout(inside ? readout(u) : null)],
        drawAxes: [(u) => drawBehind(u, lines)],
        draw: [
          (u) => {
            plain = null;
            drawLit();
            for (const axis of ["x", "y"] as const) u.over.dataset[axis] = `${u.scales[axis]?.min} ${u.scales[axis]?.max}`;
          },
        ],
      },
    },
    align(lines),
    target,
  );
  /** The drawing without a lit line, kept from when a first one is lit to when all is drawn anew. */
  let plain: OffscreenCanvas | null = null;

  /** The lit line above all others, which shine through. All are on one canvas: where nothing but the processor joins
   * the layers of a page, a second one over each chart takes as long as the drawing. */
  function drawLit(): void {
    const { ctx } = chart;
    const { canvas } = ctx;
    if (plain === null) {
      if (lit === null || canvas.width === 0 || canvas.height === 0) return;
      plain = new OffscreenCanvas(canvas.width, canvas.height);
      plain.getContext("2d")?.drawImage(canvas, 0, 0);
    }
    ctx.save();
    ctx.globalCompositeOperation = "copy";
    ctx.drawImage(plain, 0, 0);
    ctx.restore();
    const line = lines.find((one) => one.id === lit);
    const [from, to] = chart.series[0]?.idxs ?? [];
    if (line === undefined || from === undefined || to === undefined) return;
    const { left, top, width, height } = chart.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.globalAlpha = VEIL;
    ctx.fillStyle = options.colours.surface;
    ctx.fillRect(left, top, width, height);
    drawBands(chart, ctx, [line]);
    ctx.globalAlpha = 1;
    seriesOf.forEach((one, i) => {
      if (one.line !== line) return;
      const path = pathOf?.(chart, i + 1, from, to)?.stroke;
      if (!(path instanceof Path2D)) return;
      ctx.strokeStyle = one.raw ? faint(line.colour) : line.colour;
      ctx.lineWidth = (one.raw ? 1 : 2) * devicePixelRatio;
      ctx.setLineDash(one.raw ? [] : line.dash.map((part) => part * devicePixelRatio));
      ctx.stroke(path);
    });
    ctx.restore();
  }

  function show(id: string | null): void {
    if (lit === id) return;
    lit = id;
    if (inside) drawLit();
    else soon(drawLit);
  }

  function readout(u: uPlot): Readout | null {
    const at = u.cursor.idx;
    const { left = -1, top = -1 } = u.cursor;
    if (at === null || at === undefined || left < 0) return null;
    const x = u.data[0]?.[at] ?? 0;
    const rows = seriesOf
      .flatMap(({ line, raw }, i) => {
        if (raw) return [];
        const value = nearestValue(u.data[i + 1], u.data[0], at, x);
        return value === null ? [] : [{ label: line.label, colour: line.colour, value, hot: line.id === lit, far: Math.abs(u.valToPos(value, "y") - top) }];
      })
      .sort((a, b) => a.far - b.far)
      .slice(0, NEAREST);
    return rows.length === 0 ? null : { x: `${options.xLabel} ${xText(x, options.xKind)}`, rows, left: left + u.bbox.left / devicePixelRatio, top };
  }

  chart.over.addEventListener("mouseenter", () => {
    inside = true;
    chart.over.dataset.inside = "";
  });
  chart.over.addEventListener("mouseleave", () => {
    inside = false;
    delete chart.over.dataset.inside;
    show(null);
    options.onHover(null);
    options.onReadout(null);
  });
  let down = 0;
  chart.over.addEventListener("mousedown", (event) => {
    down = event.clientX;
  });
  chart.over.addEventListener("click", (event) => {
    const at = chart.cursor.idx;
    if (Math.abs(event.clientX - down) < 4 && lit !== null && at !== null && at !== undefined) options.onPick(lit, chart.data[0]?.[at] ?? 0);
  });
  return {
    /** Lift one line by its id, null for none. */
    light: show,
    /** Show a part of x; null for all. */
    range(range: [number, number] | null) {
      const xs = chart.data[0];
      chart.setScale("x", range === null ? { min: xs?.[0] ?? 0, max: xs?.[xs.length - 1] ?? 1 } : { min: range[0], max: range[1] });
    },
    resize(width: number, height: number) {
      chart.setSize({ width, height });
    },
    end() {
      due.delete(drawLit);
      chart.destroy();
    },
  };
}

/** A limit that an axis can have: a logarithmic one has none at zero or below, where its marks would never end. */
const onAxis = (limit: number | null, log: boolean) => (limit === null || (log && limit <= 0) ? null : limit);

/** Limits with room between them: those that were chosen may lie on the wrong sides of the values, or of each other. */
function spread(low: number | null, high: number | null, log: boolean): uPlot.Range.MinMax {
  if (low === null || high === null || high > low) return [low, high];
  return log ? [high / 2, low * 2] : [high - 1, low + 1];
}

/** A line's value at an x where it has none itself: that of its nearest point, if one is close. */
function nearestValue(ys: ArrayLike<number | null | undefined> | undefined, xs: ArrayLike<number> | undefined, at: number, x: number): number | null {
  if (ys === undefined || xs === undefined) return null;
  const reach = Math.max(2, Math.ceil(ys.length / 100));
  let best: number | null = null;
  let far = Infinity;
  for (let i = Math.max(0, at - reach); i <= Math.min(ys.length - 1, at + reach); i += 1) {
    const y = ys[i];
    if (y === null || y === undefined) continue;
    const d = Math.abs((xs[i] ?? 0) - x);
    if (d < far) [best, far] = [y, d];
  }
  return best;
}

function faint(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}2e` : colour;
}

/** What the chart under the pointer sets going in the others: as much of it in each frame as leaves the pointer free,
 * the rest in those that follow. */
const due = new Set<() => void>();
const SLICE_MS = 6;

function soon(draw: () => void): void {
  if (due.size === 0) requestAnimationFrame(slice);
  due.delete(draw);
  due.add(draw);
}

function slice(): void {
  const end = performance.now() + SLICE_MS;
  for (const draw of due) {
    due.delete(draw);
    draw();
    if (performance.now() > end) break;
  }
  if (due.size > 0) requestAnimationFrame(slice);
}

/** Room at the right for the half of the last mark's text that reaches over the edge. */
function atTheEnd(u: uPlot): number {
  const { _values: texts, _splits: marks } = (u.axes[0] ?? {}) as { _values?: (string | null)[]; _splits?: number[] };
  const [mark, text] = [marks?.at(-1), texts?.at(-1)];
  const { min, max, distr } = u.scales.x ?? {};
  if (mark === undefined || !text || min == null || max == null) return END;
  const beside = distr === 1 && max > min ? ((max - mark) / (max - min)) * (u.width - 60) : 0;
  return Math.max(END, Math.ceil(Math.max(...text.split("\n").map((row) => row.length)) * 3.3 + 2 - beside));
}

/** What lies behind the lines: their bands, or, of very many, all of them with their lines, as one picture. A
 * processor draws that in a tenth of the time that bar after bar takes. */
function drawBehind(u: uPlot, lines: readonly Line[]): void {
  if (lines.length <= MOST_BOLD) return drawBands(u, u.ctx, lines);
  const banded = lines.length > MANY || lines.some((line) => line.low !== null);
  const [width, height] = [Math.round(u.bbox.width), Math.round(u.bbox.height)];
  if (!banded || width < 1 || height < 1) return;
  const [x, y] = [scaleOf(u, "x"), scaleOf(u, "y")];
  const picture: Pixels = lines.length > MANY ? rastered(lines, x, y, width, height) : rasteredBands(lines, x, y, width, height, BAND);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(new ImageData(picture.data, width, height), 0, 0);
  u.ctx.drawImage(canvas, u.bbox.left, u.bbox.top);
}

function scaleOf(u: uPlot, name: "x" | "y"): RasterScale {
  const { min, max, distr } = u.scales[name] ?? {};
  return { min: min ?? 0, max: max ?? 1, log: distr === 3 };
}

/** What each point stands for, from its lowest value to its highest: one bar in each column of pixels. Filling one
 * shape with all its corners takes thirty times as long where nothing but the processor draws. */
function drawBands(u: uPlot, ctx: CanvasRenderingContext2D, lines: readonly Line[]): void {
  const across = placer(u, "x");
  const up = placer(u, "y");
  const { left, top, width, height } = u.bbox;
  const uppers = new Float64Array(Math.ceil(width) + 1);
  const lowers = new Float64Array(uppers.length);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.globalAlpha = BAND;
  for (const { x, low, high, colour } of lines) {
    if (low === null || high === null) continue;
    uppers.fill(Infinity);
    lowers.fill(-Infinity);
    const reach = (column: number, upper: number, lower: number) => {
      uppers[column] = Math.min(uppers[column] ?? Infinity, upper);
      lowers[column] = Math.max(lowers[column] ?? -Infinity, lower);
    };
    let before: [number, number, number] | null = null;
    for (let i = 0; i < x.length; i += 1) {
      const [yLow, yHigh] = [low[i] ?? Number.NaN, high[i] ?? Number.NaN];
      if (!Number.isFinite(yLow) || !Number.isFinite(yHigh)) continue;
      const here: [number, number, number] = [across(x[i] ?? 0) - left, up(yHigh), up(yLow)];
      if (before !== null) {
        const [from, upper, lower] = before;
        for (let column = Math.max(0, Math.floor(from) + 1); column < Math.min(uppers.length, here[0]); column += 1) {
          const part = (column - from) / (here[0] - from);
          reach(column, upper + part * (here[1] - upper), lower + part * (here[2] - lower));
        }
      }
      if (here[0] >= 0 && here[0] < uppers.length) reach(Math.floor(here[0]), here[1], here[2]);
      before = here;
    }
    ctx.fillStyle = colour;
    uppers.forEach((upper, column) => {
      const from = Math.round(upper);
      if (upper !== Infinity) ctx.fillRect(Math.round(left) + column, from, 1, Math.max(1, Math.round(lowers[column] ?? upper) - from));
    });
  }
  ctx.restore();
}

/** From a value to its pixel on a canvas; for linear axes without asking the chart each time. */
function placer(u: uPlot, axis: "x" | "y"): (value: number) => number {
  const { min, max, distr } = u.scales[axis] ?? {};
  if (distr !== 1 || min === undefined || max === undefined || min === null || max === null || min === max) return (value) => u.valToPos(value, axis, true);
  const from = u.valToPos(min, axis, true);
  const step = (u.valToPos(max, axis, true) - from) / (max - min);
  return (value) => from + (value - min) * step;
}
