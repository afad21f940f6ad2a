/** What clients log besides numbers, as it stands in a row of history. Pure. */

export interface Media {
  _type: string;
  path?: string;
  filenames?: string[];
  captions?: string[] | false;
  caption?: string;
  count?: number;
  artifact_path?: string;
  nrows?: number;
  ncols?: number;
  width?: number;
  height?: number;
  boxes?: Record<string, { path?: string }>;
  masks?: Record<string, { path?: string }>;
  all_boxes?: (Record<string, { path?: string }> | null)[];
  all_masks?: (Record<string, { path?: string }> | null)[];
  bins?: number[];
  values?: number[];
  packedBins?: { min: number; size: number; count: number };
}

export interface Picture {
  path: string;
  caption: string;
  boxes: { name: string; path: string }[];
  masks: { name: string; path: string }[];
}

const parts = (v: Record<string, { path?: string }> | null | undefined) => Object.entries(v ?? {}).flatMap(([name, one]) => (one.path === undefined ? [] : [{ name, path: one.path }]));

/** The pictures of a value, empty for other kinds. */
export function picturesOf(media: Media): Picture[] {
  if (media._type === "image-file" && media.path !== undefined) return [{ path: media.path, caption: media.caption ?? "", boxes: parts(media.boxes), masks: parts(media.masks) }];
  if (media._type !== "images/separated") return [];
  const captions = media.captions === false ? [] : (media.captions ?? []);
  return (media.filenames ?? []).map((path, i) => ({ path, caption: captions[i] ?? "", boxes: parts(media.all_boxes?.[i]), masks: parts(media.all_masks?.[i]) }));
}

/** Edges and counts of a histogram, null for other kinds. */
export function histogramOf(media: Media): { edges: number[]; counts: number[] } | null {
  if (media._type !== "histogram" || media.values === undefined) return null;
  if (media.bins !== undefined) return { edges: media.bins, counts: media.values };
  const packed = media.packedBins;
  if (packed === undefined) return null;
  return { edges: Array.from({ length: packed.count + 1 }, (_, i) => packed.min + i * packed.size), counts: media.values };
}

/** The members of a list of sounds, films or pages, and the key that they stand under; null for a single value. */
export function listed(media: Media): { key: string; list: Media[] } | null {
  const found = Object.entries(media).find(([, v]) => Array.isArray(v) && v.length > 0 && v.every((one) => typeof one === "object" && one !== null && typeof (one as Media).path === "string"));
  return found === undefined ? null : { key: found[0], list: found[1] as Media[] };
}
