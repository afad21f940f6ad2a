/** A figure of the machine by the name that clients give it. Pure, and small: every line chart needs it. */

const PREFIX = "system.";

/** Whether a key is the machine's and not the training's. */
export const isFigure = (key: string): boolean => key.startsWith(PREFIX);

/** A figure's measure, and which GPU, core or disk it is of; null for a figure of the whole machine. */
export function figure(key: string): { measure: string; which: string | null } {
  const name = key.slice(PREFIX.length);
  const disk = /^disk\.(.+)\.([A-Za-z]+)$/.exec(name); // a mount point may hold dots
  if (disk !== null) return { measure: `disk.${disk[2]}`, which: disk[1] ?? null };
  const parts = name.split(".");
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  if (at === -1) return { measure: name, which: null };
  return { measure: parts.filter((_, i) => i !== at).join("."), which: parts[at] ?? null };
}

/** Whether a figure counts bytes. */
export const inBytes = (key: string): boolean => isFigure(key) && /Bytes$|^system\.network\.(recv|sent)$/.test(key);

/** How a line of a chart of several is called: `GPU 3`, `core 0`, a disk's mount point. */
export function figureLabel(key: string): string | null {
  if (!isFigure(key)) return null;
  const { measure, which } = figure(key);
  if (which === null) return measure;
  if (measure.startsWith("gpu")) return `GPU ${which}`;
  return measure.startsWith("cpu") ? `core ${which}` : which;
}
