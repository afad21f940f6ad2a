/** A chart as a file: SVG and PNG with title and legend, CSV. Arrays in, text or bytes out. */
import { csvRow } from "@/lib/csv";
import type { Line, XKind } from "./line";
import { xText } from "./line";

export interface Look {
  background: string;
  text: string;
  grid: string;
}

interface Options {
  logX: boolean;
  logY: boolean;
  /** The part to draw; null follows the lines. */
  xRange: [number, number] | null;
  yRange: [number | null, number | null];
  xKind: XKind;
  xLabel: string;
  look: Look;
}

const WIDTH = 900;
const HEIGHT = 480;
const BOX = { left: 64, top: 44, right: 220, bottom: 40 };
const LABEL_ROWS = 24;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Round values that divide a range into about `count` parts. */
export function ticks(lo: number, hi: number, count: number): number[] {
  if (!(hi > lo)) return [lo];
  const raw = (hi - lo) / count;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * size).find((one) => one >= raw) ?? raw;
  const out: number[] = [];
  for (let i = Math.ceil(lo / step); i * step <= hi + step * 1e-9; i += 1) out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** Lines as a drawing that can be scaled without loss. Logarithmic axes have ticks at powers of ten. */
export function lineSvg(title: string, lines: readonly Line[], options: Options): string {
  const { look } = options;
  const usable = (v: number | null | undefined, log: boolean): v is number => v !== null && v !== undefined && Number.isFinite(v) && (!log || v > 0);
  const to = (v: number, log: boolean) => (log ? Math.log10(v) : v);
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i += 1) {
      const x = line.x[i];
      if (!usable(x, options.logX)) continue;
      for (const y of [line.y[i], line.low?.[i], line.high?.[i]]) {
        if (!usable(y, options.logY)) continue;
        [x0, x1] = [Math.min(x0, to(x, options.logX)), Math.max(x1, to(x, options.logX))];
        [y0, y1] = [Math.min(y0, to(y, options.logY)), Math.max(y1, to(y, options.logY))];
      }
    }
  }
  const limit = (chosen: number | null | undefined, log: boolean, found: number) => (usable(chosen, log) ? to(chosen, log) : found);
  [x0, x1] = [limit(options.xRange?.[0], options.logX, x0), limit(options.xRange?.[1], options.logX, x1)];
  [y0, y1] = [limit(options.yRange[0], options.logY, y0), limit(options.yRange[1], options.logY, y1)];
  if (!(x1 > x0)) [x0, x1] = [x0 - 1, x1 + 1];
  if (!(y1 > y0)) [y0, y1] = [y0 - 1, y1 + 1];
  const w = WIDTH - BOX.left - BOX.right;
  const h = HEIGHT - BOX.top - BOX.bottom;
  const px = (x: number) => (BOX.left + ((to(x, options.logX) - x0) / (x1 - x0)) * w).toFixed(1);
  const py = (y: number) => (BOX.top + h - ((to(y, options.logY) - y0) / (y1 - y0)) * h).toFixed(1);
  const spots = (lo: number, hi: number, log: boolean, count: number) => (log ? ticks(Math.floor(lo), Math.ceil(hi), count).filter(Number.isInteger).map((p) => 10 ** p) : ticks(lo, hi, count)).filter((v) => to(v, log) >= lo && to(v, log) <= hi);
  const out: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Inter, system-ui, sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${look.background}"/>`,
    `<text x="${BOX.left}" y="26" font-size="15" font-weight="600" fill="${look.text}">${escaped(title)}</text>`,
  ];
  for (const x of spots(x0, x1, options.logX, 8)) out.push(`<path d="M${px(x)} ${BOX.top}v${h}" stroke="${look.grid}"/><text x="${px(x)}" y="${BOX.top + h + 16}" text-anchor="middle" fill="${look.text}">${escaped(xText(x, options.xKind))}</text>`);
  for (const y of spots(y0, y1, options.logY, 6)) out.push(`<path d="M${BOX.left} ${py(y)}h${w}" stroke="${look.grid}"/><text x="${BOX.left - 8}" y="${Number(py(y)) + 4}" text-anchor="end" fill="${look.text}">${Number(y.toPrecision(6))}</text>`);
  out.push(`<text x="${BOX.left + w / 2}" y="${HEIGHT - 6}" text-anchor="middle" fill="${look.text}">${escaped(options.xLabel)}</text>`);
  out.push(`<clipPath id="plot"><rect x="${BOX.left}" y="${BOX.top}" width="${w}" height="${h}"/></clipPath><g clip-path="url(#plot)">`);
  for (const line of lines) {
    const points = (ys: ArrayLike<number | null>) => Array.from(line.x, (x, i) => [x, ys[i]] as const).filter((one): one is readonly [number, number] => usable(one[0], options.logX) && usable(one[1], options.logY)).map(([x, y]) => `${px(x)} ${py(y)}`);
    if (line.low !== null && line.high !== null) out.push(`<path d="M${[...points(line.high), ...points(line.low).reverse()].join("L")}Z" fill="${line.colour}" opacity="0.14"/>`);
    if (line.raw !== null) out.push(`<path d="M${points(line.raw).join("L")}" fill="none" stroke="${line.colour}" stroke-opacity="0.18"/>`);
    out.push(`<path d="M${points(line.y).join("L")}" fill="none" stroke="${line.colour}" stroke-width="1.6"${line.dash.length > 0 ? ` stroke-dasharray="${line.dash.join(" ")}"` : ""} stroke-linejoin="round"/>`);
  }
  out.push("</g>");
  lines.slice(0, LABEL_ROWS).forEach((line, i) => {
    const y = BOX.top + 8 + i * 16;
    out.push(`<path d="M${WIDTH - BOX.right + 14} ${y}h16" stroke="${line.colour}" stroke-width="2"/><text x="${WIDTH - BOX.right + 36}" y="${y + 4}" fill="${look.text}">${escaped(line.label.slice(0, 30))}</text>`);
  });
  if (lines.length > LABEL_ROWS) out.push(`<text x="${WIDTH - BOX.right + 36}" y="${BOX.top + 12 + LABEL_ROWS * 16}" fill="${look.text}">and ${lines.length - LABEL_ROWS} more</text>`);
  return `${out.join("\n")}\n</svg>`;
}

/** A drawing as pixels, twice as fine as the screen's. */
export async function svgToPng(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth * 2, image.naturalHeight * 2];
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) => canvas.toBlob((blob) => (blob === null ? failed(new Error("The browser made no picture.")) : done(blob)), "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Lines as rows `line, x, value, lowest, highest`. */
export function lineCsv(lines: readonly Line[], xLabel: string): string {
  const rows = [csvRow(["line", xLabel, "value", "lowest", "highest"])];
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i += 1) {
      const y = line.y[i] ?? null;
      rows.push(csvRow([line.label, line.x[i] ?? null, y, line.low?.[i] ?? y, line.high?.[i] ?? y]));
    }
  }
  return rows.join("\r\n");
}
