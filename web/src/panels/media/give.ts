/** What a media panel can give away: lines of Python for exactly what it shows, pictures as one picture. */
import { useEffect } from "react";
import type { Exports } from "../frame";

/** How a part of the panel says what can be saved of it. */
export type Give = (exports: Exports) => void;

/** Say it for as long as the part is shown. `exports` must be the same object while nothing has changed. */
export function useGive(give: Give, exports: Exports): void {
  useEffect(() => {
    give(exports);
    return () => give({});
  }, [give, exports]);
}

/** Where the value in sight stands. */
export interface Spot {
  entity: string;
  project: string;
  run: string;
  key: string;
  step: number;
}

const quoted = (text: string) => JSON.stringify(text);
const head = (spot: Spot) => ["import wandb", "", `run = wandb.Api().run(${quoted(`${spot.entity}/${spot.project}/${spot.run}`)})`];

/** Fetch the files of one step. `paths` says in Python where the value names them. */
export function filesPython(spot: Spot, paths: string): string {
  return [
    ...head(spot),
    `for row in run.scan_history(keys=["_step", ${quoted(spot.key)}], min_step=${spot.step}, max_step=${spot.step + 1}):`,
    `    value = row[${quoted(spot.key)}]`,
    `    for path in ${paths}:`,
    "        print(run.file(path).download(exist_ok=True).name)",
  ].join("\n");
}

/** A figure as Plotly's own object. */
export function figurePython(spot: Spot, path: string): string {
  return ["import json", ...head(spot), `file = run.file(${quoted(path)}).download(exist_ok=True)`, "figure = json.load(file)", "# with plotly: plotly.graph_objects.Figure(figure).show()"].join("\n");
}

/** Every step's bins and counts. */
export function histogramsPython(spot: Omit<Spot, "step">): string {
  return [...head({ ...spot, step: 0 }), `for row in run.scan_history(keys=["_step", ${quoted(spot.key)}]):`, `    print(row["_step"], row[${quoted(spot.key)}])`].join("\n");
}

const FINE = 2;
const HIGHEST = 16_000; // the tallest canvas that every browser draws
const CAPTION = 13;

/** The pictures in an element where they stand, with layers and captions, as one picture. */
export async function picturesPng(box: HTMLElement): Promise<Blob> {
  const images = [...box.querySelectorAll<HTMLImageElement>(".layered img")];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode()));
  const origin = box.getBoundingClientRect();
  const spots = images.map((image) => ({ image, rect: image.getBoundingClientRect(), layer: image.parentElement?.querySelector("canvas") ?? null, caption: image.closest("figure")?.querySelector("figcaption")?.textContent ?? "" }));
  const width = Math.max(...spots.map((one) => one.rect.right - origin.left)) + FINE * 6;
  const height = Math.max(...spots.map((one) => one.rect.bottom + (one.caption === "" ? 0 : CAPTION + 4) - origin.top)) + box.scrollTop + FINE * 6;
  const scale = Math.min(FINE, HIGHEST / height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const context = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  if (context === null) throw new Error("The browser made no picture.");
  context.scale(scale, scale);
  context.fillStyle = style.getPropertyValue("--surface").trim();
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  context.font = "11px Inter Variable, system-ui, sans-serif";
  context.fillStyle = style.getPropertyValue("--fg-2").trim();
  for (const { image, rect, layer, caption } of spots) {
    const [x, y] = [rect.left - origin.left, rect.top - origin.top + box.scrollTop];
    context.drawImage(image, x, y, rect.width, rect.height);
    if (layer !== null && layer.width > 0) context.drawImage(layer, x, y, rect.width, rect.height);
    if (caption !== "") context.fillText(caption, x, y + rect.height + CAPTION, Math.max(rect.width, 60));
  }
  return await new Promise((done, failed) => canvas.toBlob((blob) => (blob === null ? failed(new Error("The browser made no picture.")) : done(blob)), "image/png"));
}
