/** Which charts a project deserves at first sight: useful ones first, never alphabetical. Pure. */

import { byName } from "./format";
import type { PanelSpec } from "./panel_spec";

export interface Key {
  name: string;
  kinds: string[];
  runs: number;
  step_key: string | null;
}

export interface Chart {
  title: string;
  keys: string[];
  x: string;
}

/** A chart as the panel that the page makes by itself. */
export function panelOf(chart: Chart, stream: "history" | "system"): PanelSpec {
  return { id: `${stream === "system" ? "system:" : ""}${chart.keys.join("+")}`, kind: "line", title: chart.title, keys: chart.keys, x: chart.x, stream, settings: {} };
}

/** Keys that are not numbers alone: pictures, sounds and histograms by name, then tables, which take a whole line. */
export function mediaKeys<K extends Key>(keys: readonly K[]): K[] {
  const table = (key: K) => Number(key.kinds.includes("table"));
  return keys
    .filter((key) => key.kinds.some((kind) => kind === "media" || kind === "table" || kind === "histogram"))
    .toSorted((a, b) => table(a) - table(b) || byName(a.name, b.name));
}

const MEDIA = "media:";

/** What a link to the panel of a media key names. */
export const mediaId = (key: string): string => `${MEDIA}${key}`;

/** The key of such a name, null for other panels. */
export const mediaKey = (id: string | undefined): string | null => (id?.startsWith(MEDIA) === true ? id.slice(MEDIA.length) : null);

/** The panel under the pointer or with the focus, by what a link to it names. */
export const panelInHand = (): string | undefined => document.querySelector<HTMLElement>("[data-panel]:hover, [data-panel]:focus-within")?.dataset.panel;

/** The panel that follows one on the page, or stands before it; behind the last comes the first. */
export function panelBeside(id: string, by: 1 | -1): string | undefined {
  const placed = document.querySelectorAll<HTMLElement>("#main [data-place]");
  const ids = [...(placed.length > 0 ? placed : document.querySelectorAll<HTMLElement>("#main [data-panel]"))].map((one) => one.dataset.place ?? one.dataset.panel);
  return ids[(ids.indexOf(id) + by + ids.length) % ids.length];
}

/** The address of this page with one panel over it. */
export function linkTo(id: string): string {
  const here = new URL(location.href);
  here.searchParams.set("panel", id);
  return here.href;
}

const COUNTERS = "Counters and rates";

export interface Section {
  name: string;
  open: boolean;
  charts: Chart[];
}

const counters = /(^|[/_.])(epoch|step|global_step|iteration|batch|trainer\/global_step|samples?|lr|learning_rate)$/i;
const useful = [/loss/i, /acc|f1|auc|precision|recall|score|bleu|map|iou/i, /val|test|eval/i];

function weight(name: string): number {
  if (counters.test(name)) return 9;
  const at = useful.findIndex((pattern) => pattern.test(name));
  return at === -1 ? 3 : at;
}

/** A name without the word that marks the validation data: `epoch/val_loss` pairs with `epoch/loss`. */
export function partner(name: string): string | null {
  const plain = name.replace(/(^|[/_.])(val|valid|validation|eval|test)[/_.]/i, "$1");
  return plain === name ? null : plain;
}

/** Charts of numeric keys by section: prefix before the last `/`, training and validation of one metric together,
 * counters folded away at the end. */
export function sections(keys: readonly Key[]): Section[] {
  const numeric = keys.filter((key) => key.kinds.includes("number") && !key.name.startsWith("_"));
  const names = new Set(numeric.map((key) => key.name));
  const taken = new Set<string>();
  const charts: { section: string; chart: Chart; weight: number; runs: number }[] = [];
  for (const key of numeric) {
    const plain = partner(key.name);
    if (plain !== null && names.has(plain)) taken.add(key.name);
  }
  for (const key of numeric) {
    if (taken.has(key.name)) continue;
    const other = numeric.find((one) => one.name !== key.name && partner(one.name) === key.name);
    const cut = key.name.lastIndexOf("/");
    charts.push({
      section: counters.test(key.name) ? COUNTERS : cut === -1 ? "Charts" : key.name.slice(0, cut),
      chart: {
        // Without the section's prefix, where it is the same.
        title: other === undefined ? key.name : `${key.name}, ${other.name.startsWith(key.name.slice(0, cut + 1)) && other.name.lastIndexOf("/") === cut ? other.name.slice(cut + 1) : other.name}`,
        keys: other === undefined ? [key.name] : [key.name, other.name],
        x: key.step_key ?? "_step",
      },
      weight: weight(key.name),
      runs: key.runs,
    });
  }
  const bySection = new Map<string, typeof charts>();
  for (const one of charts) bySection.set(one.section, [...(bySection.get(one.section) ?? []), one]);
  return [...bySection]
    .map(([name, list]) => {
      const sorted = [...list].sort((a, b) => a.weight - b.weight || a.chart.title.localeCompare(b.chart.title));
      return {
        name,
        weight: Math.min(...list.map((one) => one.weight)),
        runs: Math.max(...list.map((one) => one.runs)),
        charts: sorted.map((one) => one.chart),
      };
    })
    // Of equally useful sections the one that more runs share: curves of training before one run's evaluation.
    .sort((a, b) => a.weight - b.weight || b.runs - a.runs || a.name.localeCompare(b.name))
    .map(({ name, charts: list }) => ({ name, open: name !== COUNTERS, charts: list }));
}
