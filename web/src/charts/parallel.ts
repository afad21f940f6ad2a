/** Parallel coordinates on a canvas: arrays in, pixels out. Never fetches, knows no React. */

import { byName } from "@/lib/format";
import type { Span } from "@/lib/parallel";

export interface Axis {
  name: string;
  /** One value per line: numbers, or category labels; null where a line has none. */
  values: (number | string | null)[];
  log: boolean;
  flip: boolean;
}

export interface Placed {
  axis: Axis;
  categories: string[] | null;
  lo: number;
  hi: number;
  /** Place on the axis per line, 0 at the bottom, 1 on top; NaN where the line has no value. */
  at: Float32Array;
}

/** Scale one axis over all lines. A logarithmic one drops values that are not positive. */
export function place(axis: Axis): Placed {
  const present = axis.values.filter((v): v is number | string => v !== null);
  const numeric = present.every((v) => typeof v === "number");
  const at = new Float32Array(axis.values.length).fill(Number.NaN);
  const turn = (t: number) => (axis.flip ? 1 - t : t);
  if (!numeric || present.length === 0) {
    const categories = [...new Set(present.map(String))].sort(byName);
    const index = new Map(categories.map((name, i) => [name, i]));
    axis.values.forEach((v, i) => {
      if (v !== null) at[i] = turn(((index.get(String(v)) ?? 0) + 0.5) / categories.length);
    });
    return { axis, categories, lo: 0, hi: categories.length, at };
  }
  const scale = (v: number) => (axis.log ? Math.log10(v) : v);
  const usable = (present as number[]).filter((v) => Number.isFinite(v) && (!axis.log || v > 0));
  let lo = Math.min(...usable.map(scale));
  let hi = Math.max(...usable.map(scale));
  if (!(hi > lo)) [lo, hi] = [lo - 0.5, lo + 0.5];
  axis.values.forEach((v, i) => {
    if (typeof v === "number" && Number.isFinite(v) && (!axis.log || v > 0)) at[i] = turn((scale(v) - lo) / (hi - lo));
  });
  return { axis, categories: null, lo: axis.log ? 10 ** lo : lo, hi: axis.log ? 10 ** hi : hi, at };
}

/** The value at a place of a numeric axis. */
export function valueAt(placed: Placed, t: number): number {
  const turned = placed.axis.flip ? 1 - t : t;
  if (placed.axis.log) return 10 ** (Math.log10(placed.lo) + turned * (Math.log10(placed.hi) - Math.log10(placed.lo)));
  return placed.lo + turned * (placed.hi - placed.lo);
}

const FEW = 9;
const APART = 0.06;

/** Where a numeric axis has its numbers: at the values themselves where they are few, else evenly. */
export function ticksOf(placed: Placed): { t: number; value: number }[] {
  const own = new Map<number, number>();
  for (let i = 0; i < placed.at.length && own.size <= FEW; i += 1) {
    const [v, t] = [placed.axis.values[i], placed.at[i] ?? Number.NaN];
    if (typeof v === "number" && !Number.isNaN(t)) own.set(v, t);
  }
  if (own.size <= FEW) {
    const found = [...own].map(([value, t]) => ({ t, value })).sort((a, b) => a.t - b.t);
    if (found.every((one, i) => i === 0 || one.t - (found[i - 1]?.t ?? 0) >= APART)) return found;
  }
  return [0, 0.25, 0.5, 0.75, 1].map((t) => ({ t, value: Number(valueAt(placed, t).toPrecision(3)) }));
}

/** The span of an axis between two places: numbers, or the words whose middle lies there. */
export function spanOf(placed: Placed, from: number, to: number): Span {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  if (placed.categories === null) {
    const ends = [valueAt(placed, low), valueAt(placed, high)];
    return { lo: Math.min(...ends), hi: Math.max(...ends) };
  }
  return { values: placed.categories.filter((_, i) => middle(placed, i) >= low && middle(placed, i) <= high) };
}

/** The places of a span on its axis. */
export function placesOf(placed: Placed, span: Span): [number, number] {
  if ("values" in span) {
    const all = placed.categories ?? [];
    const at = span.values.map((one) => all.indexOf(one)).filter((i) => i !== -1).map((i) => middle(placed, i));
    const half = 0.5 / Math.max(1, all.length);
    return at.length === 0 ? [0, 0] : [Math.min(...at) - half, Math.max(...at) + half];
  }
  const scale = (v: number) => (placed.axis.log ? Math.log10(Math.max(v, Number.MIN_VALUE)) : v);
  const [lo, hi] = [scale(placed.lo), scale(placed.hi)];
  const ends = [span.lo, span.hi].map((v) => Math.min(1, Math.max(0, (scale(v) - lo) / (hi - lo)))).map((t) => (placed.axis.flip ? 1 - t : t));
  return [Math.min(...ends), Math.max(...ends)];
}

function middle(placed: Placed, i: number): number {
  const t = (i + 0.5) / (placed.categories?.length ?? 1);
  return placed.axis.flip ? 1 - t : t;
}

// Violet, blue, teal, green, yellow: lightness only ever grows, so that rank reads without hue.
const ramp: [number, number, number][] = [
  [68, 18, 112], [63, 74, 165], [38, 128, 150], [56, 172, 116], [164, 205, 62], [250, 226, 60],
];

/** Colour of a place between 0 and 1; the theme turns the ramp so that good contrast stays at both ends. */
export function rampColour(t: number, dark: boolean): string {
  const part = Math.min(1, Math.max(0, Number.isFinite(t) ? t : 0));
  // The dark end drowns in a dark page, the light end in a light one.
  const u = (dark ? 0.22 + part * 0.78 : part * 0.86) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(u));
  const [a, b] = [ramp[i] ?? [0, 0, 0], ramp[i + 1] ?? [0, 0, 0]];
  const mix = (k: 0 | 1 | 2) => Math.round((a[k] ?? 0) + ((b[k] ?? 0) - (a[k] ?? 0)) * (u - i));
  return `rgb(${mix(0)} ${mix(1)} ${mix(2)})`;
}

export interface DrawOptions {
  width: number;
  height: number;
  top: number;
  bottom: number;
  side: number;
  colours: string[];
  faded: string;
  kept: Uint8Array;
  lit: number | null;
  ratio: number;
}

/** Where axis `i` of `n` stands, in pixels. */
export function axisX(i: number, n: number, width: number, side: number): number {
  return n === 1 ? width / 2 : side + (i * (width - 2 * side)) / (n - 1);
}

/** Draw all lines: faded ones first, kept ones above, the lit one last. */
export function drawParallel(ctx: CanvasRenderingContext2D, axes: readonly Placed[], lines: number, o: DrawOptions): void {
  ctx.setTransform(o.ratio, 0, 0, o.ratio, 0, 0);
  ctx.clearRect(0, 0, o.width, o.height);
  const xs = axes.map((_, i) => axisX(i, axes.length, o.width, o.side));
  const y = (t: number) => o.top + (1 - t) * (o.height - o.top - o.bottom);
  const trace = (line: number) => {
    let down = false;
    let lastX = 0;
    let lastY = 0;
    for (let i = 0; i < axes.length; i += 1) {
      const t = axes[i]?.at[line] ?? Number.NaN;
      if (Number.isNaN(t)) {
        down = false;
        continue;
      }
      const [px, py] = [xs[i] ?? 0, y(t)];
      if (down) {
        const middle = (lastX + px) / 2;
        ctx.bezierCurveTo(middle, lastY, middle, py, px, py);
      } else ctx.moveTo(px, py);
      [down, lastX, lastY] = [true, px, py];
    }
  };
  ctx.lineWidth = 1;
  ctx.globalAlpha = 0.35;
  ctx.strokeStyle = o.faded;
  ctx.beginPath();
  for (let i = 0; i < lines; i += 1) if (o.kept[i] === 0) trace(i);
  ctx.stroke();
  ctx.globalAlpha = o.lit === null ? 0.85 : 0.25;
  ctx.lineWidth = lines > 300 ? 1 : 1.5;
  const byColour = new Map<string, number[]>();
  for (let i = 0; i < lines; i += 1) {
    if (o.kept[i] === 0 || i === o.lit) continue;
    const colour = o.colours[i] ?? o.faded;
    const list = byColour.get(colour);
    if (list === undefined) byColour.set(colour, [i]);
    else list.push(i);
  }
  for (const [colour, list] of byColour) {
    ctx.strokeStyle = colour;
    ctx.beginPath();
    for (const line of list) trace(line);
    ctx.stroke();
  }
  if (o.lit !== null) {
    ctx.globalAlpha = 1;
    ctx.lineWidth = 3;
    ctx.strokeStyle = o.colours[o.lit] ?? o.faded;
    ctx.beginPath();
    trace(o.lit);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

/** The line nearest to a point of the window, null when none is within eight pixels. */
export function nearest(axes: readonly Placed[], lines: number, kept: Uint8Array, px: number, py: number, o: Pick<DrawOptions, "width" | "height" | "top" | "bottom" | "side">): number | null {
  if (axes.length < 2) return null;
  const step = (o.width - 2 * o.side) / (axes.length - 1);
  const i = Math.min(axes.length - 2, Math.max(0, Math.floor((px - o.side) / step)));
  const u = Math.min(1, Math.max(0, (px - o.side) / step - i));
  const ease = u * u * (3 - 2 * u);
  let best: number | null = null;
  let far = 8;
  for (let line = 0; line < lines; line += 1) {
    if (kept[line] === 0) continue;
    const a = axes[i]?.at[line] ?? Number.NaN;
    const b = axes[i + 1]?.at[line] ?? Number.NaN;
    const distance = Math.abs(o.top + (1 - (a + (b - a) * ease)) * (o.height - o.top - o.bottom) - py);
    if (distance < far) [best, far] = [line, distance];
  }
  return best;
}
