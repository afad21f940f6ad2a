/** Very many lines as one picture, denser where more of them lie. A line is a stretch in each column of pixels: only
 * its two ends are noted, and one pass over the pixels adds up what lies between. Pure: arrays in, pixels out. */
import type { Line } from "./lines";

export interface RasterScale {
  min: number;
  max: number;
  log: boolean;
}

/** Red, green, blue and alpha of each pixel, row by row. */
export interface Pixels {
  data: Uint8ClampedArray<ArrayBuffer>;
  width: number;
  height: number;
}

/** How much of what lies behind is covered by a line and by the band of one. */
const LINE = 0.6;
const BAND = 0.08;
/** Red, green and blue by weight, the weight, and the logarithm of what still shines through. */
const PARTS = 5;

/** The colour as red, green and blue. */
function rgb(colour: string): [number, number, number] {
  const n = Number.parseInt(colour.slice(1, 7), 16);
  return Number.isNaN(n) ? [128, 128, 128] : [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** Places of values on an axis of so many pixels; NaN where there is none. */
export function places(values: ArrayLike<number | null>, scale: RasterScale, size: number, flipped: boolean): Float32Array {
  const out = new Float32Array(values.length);
  const lo = scale.log ? Math.log10(scale.min) : scale.min;
  const by = size / ((scale.log ? Math.log10(scale.max) : scale.max) - lo);
  for (let i = 0; i < out.length; i += 1) {
    const v = values[i];
    const at = v === null || v === undefined || (scale.log && v <= 0) ? Number.NaN : ((scale.log ? Math.log10(v) : v) - lo) * by;
    out[i] = flipped ? size - at : at;
  }
  return out;
}

/** All lines with their bands. Which came first makes no difference: colours mix by how many lie there. */
export function rastered(lines: readonly Line[], x: RasterScale, y: RasterScale, width: number, height: number): Pixels {
  return pictured(lines, x, y, width, height, { line: LINE, band: BAND });
}

/** The bands alone, as they lie behind lines that are drawn one by one. */
export function rasteredBands(lines: readonly Line[], x: RasterScale, y: RasterScale, width: number, height: number, cover: number): Pixels {
  return pictured(lines, x, y, width, height, { line: null, band: cover });
}

function pictured(lines: readonly Line[], x: RasterScale, y: RasterScale, width: number, height: number, cover: { line: number | null; band: number }): Pixels {
  const ends = new Float32Array(width * (height + 1) * PARTS);
  const shared = new Map<ArrayLike<number>, Float32Array>();
  let last: { x: ArrayLike<number>; at: Float32Array } | null = null;
  const across = (line: Line): Float32Array => {
    if (last !== null && same(last.x, line.x)) return last.at;
    const at = shared.get(line.x) ?? places(line.x, x, width, false);
    shared.set(line.x, at);
    last = { x: line.x, at };
    return at;
  };
  const [top, bottom] = [new Float32Array(width), new Float32Array(width)];
  for (const line of lines) {
    if (line.low === null || line.high === null) continue;
    columns(across(line), [places(line.low, y, height, true), places(line.high, y, height, true)], top, bottom);
    note(ends, height, top, bottom, line.colour, cover.band);
  }
  for (const line of cover.line === null ? [] : lines) {
    columns(across(line), [places(line.y, y, height, true)], top, bottom);
    note(ends, height, top, bottom, line.colour, cover.line ?? 0);
  }
  return summed(ends, width, height);
}

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** The highest and lowest place that a line, or the space between two, reaches in each column. */
function columns(xs: Float32Array, edges: readonly Float32Array[], top: Float32Array, bottom: Float32Array): void {
  top.fill(Infinity);
  bottom.fill(-Infinity);
  const width = top.length;
  for (const ys of edges) {
    let [px, py] = [Number.NaN, Number.NaN];
    for (let i = 0; i < xs.length; i += 1) {
      const cx = xs[i] as number;
      const cy = ys[i] as number;
      if (Number.isNaN(cx) || Number.isNaN(cy)) continue;
      const first = Math.max(0, Math.floor(Number.isNaN(px) ? cx : px));
      const end = Math.min(width - 1, Math.floor(cx));
      for (let column = first; column <= end; column += 1) {
        // The part of this stretch that lies in the column.
        const from = Number.isNaN(px) ? cy : py + (cy - py) * Math.min(1, Math.max(0, (column - px) / (cx - px || 1)));
        const to = Number.isNaN(px) ? cy : py + (cy - py) * Math.min(1, Math.max(0, (column + 1 - px) / (cx - px || 1)));
        const lo = Math.min(from, to);
        const hi = Math.max(from, to);
        if (lo < (top[column] as number)) top[column] = lo;
        if (hi > (bottom[column] as number)) bottom[column] = hi;
      }
      px = cx;
      py = cy;
    }
  }
}

function note(ends: Float32Array, height: number, top: Float32Array, bottom: Float32Array, colour: string, cover: number): void {
  const [r, g, b] = rgb(colour);
  const through = Math.log(1 - cover);
  for (let column = 0; column < top.length; column += 1) {
    const first = Math.max(0, Math.floor(top[column] as number));
    const last = Math.min(height - 1, Math.floor(bottom[column] as number));
    if (!(last >= first)) continue;
    let at = (column * (height + 1) + first) * PARTS;
    for (let sign = 1; sign >= -1; sign -= 2) {
      ends[at] = (ends[at] as number) + sign * r * cover;
      ends[at + 1] = (ends[at + 1] as number) + sign * g * cover;
      ends[at + 2] = (ends[at + 2] as number) + sign * b * cover;
      ends[at + 3] = (ends[at + 3] as number) + sign * cover;
      ends[at + 4] = (ends[at + 4] as number) + sign * through;
      at = (column * (height + 1) + last + 1) * PARTS;
    }
  }
}

function summed(ends: Float32Array, width: number, height: number): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let column = 0; column < width; column += 1) {
    let [r, g, b, weight, through] = [0, 0, 0, 0, 0];
    let from = column * (height + 1) * PARTS;
    for (let row = 0; row < height; row += 1) {
      r += ends[from] as number;
      g += ends[from + 1] as number;
      b += ends[from + 2] as number;
      weight += ends[from + 3] as number;
      through += ends[from + 4] as number;
      from += PARTS;
      if (weight < BAND / 2) continue;
      const at = (row * width + column) * 4;
      data[at] = r / weight;
      data[at + 1] = g / weight;
      data[at + 2] = b / weight;
      data[at + 3] = 255 * (1 - Math.exp(through));
    }
  }
  return { data, width, height };
}
