/** A figure of the machine by the name that clients give it. Pure, and small: every line chart needs it. */

const PREFIX = "system.";
/** Between a figure and the label of the process that measured it, where several write one run. */
const LABEL = "/l:";

/** Whether a key is the machine's and not the training's. */
export const isFigure = (key: string): boolean => key.startsWith(PREFIX);

/** A figure's measure, which GPU, core or disk it is of (null for a figure of the whole machine), and which of several
 * processes measured it (null where one writes the run). */
export function figure(key: string): { measure: string; which: string | null; process: string | null } {
  const at = key.indexOf(LABEL);
  const process = at === -1 ? null : key.slice(at + LABEL.length);
  return { ...measured(key.slice(PREFIX.length, at === -1 ? undefined : at)), process };
}

function measured(name: string): { measure: string; which: string | null } {
  const disk = /^disk\.(.+)\.([A-Za-z]+)$/.exec(name); // a mount point may hold dots
  if (disk !== null) return { measure: `disk.${disk[2]}`, which: disk[1] ?? null };
  const parts = name.split(".");
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  if (at === -1) return { measure: name, which: null };
  return { measure: parts.filter((_, i) => i !== at).join("."), which: parts[at] ?? null };
}

/** Whether a figure counts bytes. */
export const inBytes = (key: string): boolean => isFigure(key) && /Bytes$|^network\.(recv|sent)$/.test(figure(key).measure);

/** How a line of a chart of several is called: `GPU 3`, `core 0`, a disk's mount point, `rank 1`, `rank 1 GPU 3`. */
export function figureLabel(key: string): string | null {
  if (!isFigure(key)) return null;
  const { measure, which, process } = figure(key);
  if (which === null) return process ?? measure;
  const part = measure.startsWith("gpu") ? `GPU ${which}` : measure.startsWith("cpu") ? `core ${which}` : which;
  return process === null ? part : `${process} ${part}`;
}
