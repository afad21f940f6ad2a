/** Pictures with their captions, boxes and masks; a click shows one large. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useQueries } from "@tanstack/react-query";
import { get } from "@/api/client";
import { mediaAddress, mediaPath } from "@/api/needs";
import { palette } from "@/lib/colour";
import { useTheme } from "@/lib/theme";
import { Dialog } from "@/ui/dialog";
import type { Picture } from "./kinds";

interface Box {
  position: { minX?: number; maxX?: number; minY?: number; maxY?: number; middle?: [number, number]; width?: number; height?: number };
  domain?: string;
  class_id?: number;
  box_caption?: string;
  scores?: Record<string, number>;
}

interface Props {
  runId: number;
  pictures: Picture[];
  /** Names of classes by `key/mask`. */
  labels: Record<string, Record<string, string>>;
  name: string;
}

/** All of one step. Layers can be switched off by name. */
export function Images({ runId, pictures, labels, name }: Props) {
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const [large, setLarge] = useState<number | null>(null);
  const layers = useMemo(() => [...new Set(pictures.flatMap((one) => [...one.masks, ...one.boxes].map((layer) => layer.name)))], [pictures]);
  const toggle = (layer: string) => {
    const next = new Set(off);
    if (!next.delete(layer)) next.add(layer);
    setOff(next);
  };
  const shown = large === null ? undefined : pictures[large];
  const step = (by: number) => setLarge((now) => (now === null ? null : (now + by + pictures.length) % pictures.length));
  return (
    <>
      {layers.length > 0 && (
        <div className="row layers" role="group" aria-label="Layers">
          {layers.map((layer) => <button key={layer} type="button" className="tag layer" aria-pressed={!off.has(layer)} onClick={() => toggle(layer)}>{layer}</button>)}
        </div>
      )}
      <div className="images">
        {pictures.map((one, i) => (
          <figure key={one.path}>
            <button type="button" className="image-button" aria-label={`Show ${one.caption || `${name} ${i + 1}`} large`} onClick={() => setLarge(i)}>
              <Layered runId={runId} picture={one} off={off} labels={labels} name={name} alt={one.caption || `${name} ${i + 1}`} />
            </button>
            {one.caption !== "" && <figcaption className="ellipsis" title={one.caption}>{one.caption}</figcaption>}
          </figure>
        ))}
      </div>
      {shown !== undefined && (
        <Dialog title={shown.caption || name} about={pictures.length > 1 ? `${(large ?? 0) + 1} of ${pictures.length}` : undefined} open onClose={() => setLarge(null)} size="wide">
          <div className="image-large" tabIndex={0} role="group" aria-label="Picture, arrows change it" onKeyDown={(event) => (event.key === "ArrowRight" ? step(1) : event.key === "ArrowLeft" && step(-1))}>
            <Layered runId={runId} picture={shown} off={off} labels={labels} name={name} alt={shown.caption || name} large />
          </div>
        </Dialog>
      )}
    </>
  );
}

function Layered({ runId, picture, off, labels, name, alt, large = false }: { runId: number; picture: Picture; off: ReadonlySet<string>; labels: Props["labels"]; name: string; alt: string; large?: boolean }) {
  const image = useRef<HTMLImageElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme((s) => s.theme);
  const [size, setSize] = useState<[number, number] | null>(null);
  const boxes = picture.boxes.filter((one) => !off.has(one.name));
  const masks = picture.masks.filter((one) => !off.has(one.name));
  const files = useQueries({ queries: boxes.map((one) => ({ queryKey: ["boxes", runId, one.path], queryFn: () => get<{ box_data: Box[] }>(mediaPath("run", runId, one.path)), staleTime: Infinity })) });
  const ready = files.map((one) => one.dataUpdatedAt).join();
  useEffect(() => {
    const target = canvas.current;
    if (target === null || size === null) return;
    let gone = false;
    const [w, h] = size;
    const scale = large ? 3 : 2;
    [target.width, target.height] = [w * scale, h * scale];
    const context = target.getContext("2d");
    if (context === null) return;
    const hues = palette(theme);
    context.imageSmoothingEnabled = false;
    void Promise.all(masks.map(async (mask) => colouredMask(mediaAddress("run", runId, mask.path), hues))).then((layers) => {
      if (gone) return;
      context.clearRect(0, 0, target.width, target.height);
      context.globalAlpha = 0.5;
      for (const layer of layers) context.drawImage(layer, 0, 0, target.width, target.height);
      context.globalAlpha = 1;
      files.forEach((file, i) => {
        for (const box of file.data?.box_data ?? []) drawBox(context, box, w, h, scale, hues, labels[`${name}/${boxes[i]?.name ?? ""}`], large);
      });
    });
    return () => {
      gone = true;
    };
    // `ready` says when a file has arrived; the arrays are new with each render.
    // eslint-disable-next-line
  }, [size, ready, theme, large, off, picture, runId]);
  return (
    <span className="layered" data-large={large || undefined}>
      <img ref={image} loading="lazy" decoding="async" src={mediaAddress("run", runId, picture.path)} alt={alt} onLoad={(event) => setSize([event.currentTarget.naturalWidth, event.currentTarget.naturalHeight])} />
      {picture.boxes.length + picture.masks.length > 0 && <canvas ref={canvas} aria-hidden="true" />}
    </span>
  );
}

function drawBox(context: CanvasRenderingContext2D, box: Box, w: number, h: number, scale: number, hues: readonly string[], names: Record<string, string> | undefined, large: boolean): void {
  const { position: p } = box;
  const pixels = box.domain === "pixel";
  const [sx, sy] = pixels ? [scale, scale] : [w * scale, h * scale];
  const [bw, bh] = p.width !== undefined && p.height !== undefined ? [p.width, p.height] : [(p.maxX ?? 0) - (p.minX ?? 0), (p.maxY ?? 0) - (p.minY ?? 0)];
  const [x, y] = p.middle !== undefined ? [p.middle[0] - bw / 2, p.middle[1] - bh / 2] : [p.minX ?? 0, p.minY ?? 0];
  const colour = hues[(box.class_id ?? 0) % hues.length] ?? "#f00";
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1.5, scale * Math.max(w, h) * 0.006);
  context.strokeRect(x * sx, y * sy, bw * sx, bh * sy);
  if (!large) return;
  const said = box.box_caption ?? names?.[String(box.class_id)] ?? "";
  if (said === "") return;
  const font = Math.max(9, Math.round(scale * Math.max(w, h) * 0.045));
  context.font = `600 ${font}px Inter Variable, sans-serif`;
  context.fillStyle = colour;
  context.fillRect(x * sx, y * sy - font * 1.3, context.measureText(said).width + font * 0.6, font * 1.3);
  context.fillStyle = "#fff";
  context.fillText(said, x * sx + font * 0.3, y * sy - font * 0.35);
}

/** A mask's file holds class numbers as grey values: each becomes its hue, the background nothing. */
async function colouredMask(address: string, hues: readonly string[]): Promise<HTMLCanvasElement> {
  const image = new Image();
  image.src = address;
  await image.decode();
  const layer = document.createElement("canvas");
  [layer.width, layer.height] = [image.naturalWidth, image.naturalHeight];
  const context = layer.getContext("2d", { willReadFrequently: true });
  if (context === null) return layer;
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, layer.width, layer.height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const of = pixels.data[i] ?? 0;
    const hue = hues[of % hues.length] ?? "#000000";
    pixels.data[i] = Number.parseInt(hue.slice(1, 3), 16);
    pixels.data[i + 1] = Number.parseInt(hue.slice(3, 5), 16);
    pixels.data[i + 2] = Number.parseInt(hue.slice(5, 7), 16);
    pixels.data[i + 3] = of === 0 ? 0 : 255;
  }
  context.putImageData(pixels, 0, 0);
  return layer;
}
