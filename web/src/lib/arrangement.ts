/** What a person has arranged in a workspace beside its address: pins, colours, panels. Pure. */
import type { PanelSpec } from "./panel_spec";

export interface OwnSection {
  name: string;
  open: boolean;
  panels: PanelSpec[];
}

export const MY_PANELS = "My panels";

export interface Arrangement {
  /** Runs on top of the list, by id. */
  pinned: string[];
  baseline: string | null;
  /** Colours that were chosen, by run id. */
  colours: Record<string, string>;
  /** Config names that stand under a run's name, and the metric beside it; null: what the page chooses. */
  beside: { config: string[] | null; metric: string | null };
  /** Panels that differ from those the page makes by itself, by panel id. */
  changed: Record<string, PanelSpec>;
  /** Sections made by people, above the automatic ones. */
  own: OwnSection[];
  removed: string[];
  /** Whether the page makes panels for every key by itself. */
  auto: boolean;
  /** Sections that were opened or closed, by name. */
  open: Record<string, boolean>;
}

export const plainArrangement: Arrangement = { pinned: [], baseline: null, colours: {}, beside: { config: null, metric: null }, changed: {}, own: [], removed: [], auto: true, open: {} };

/** The panel put in its place, or added to the section of own panels. */
export function withPanel(doc: Arrangement, spec: PanelSpec): Arrangement {
  if (doc.own.some((section) => section.panels.some((one) => one.id === spec.id))) {
    return { ...doc, own: doc.own.map((section) => ({ ...section, panels: section.panels.map((one) => (one.id === spec.id ? spec : one)) })) };
  }
  if (!spec.id.startsWith("own-")) return { ...doc, changed: { ...doc.changed, [spec.id]: spec } };
  const mine = doc.own.find((section) => section.name === MY_PANELS);
  if (mine === undefined) return { ...doc, own: [{ name: MY_PANELS, open: true, panels: [spec] }, ...doc.own] };
  return { ...doc, own: doc.own.map((section) => (section === mine ? { ...section, panels: [...section.panels, spec] } : section)) };
}

/** Without the panel: an own one is gone, an automatic one is not made. */
export function withoutPanel(doc: Arrangement, spec: PanelSpec): Arrangement {
  if (spec.id.startsWith("own-")) {
    const own = doc.own.map((section) => ({ ...section, panels: section.panels.filter((one) => one.id !== spec.id) }));
    return { ...doc, own: own.filter((section) => section.panels.length > 0) };
  }
  return { ...doc, removed: [...doc.removed, spec.id] };
}

/** Whether nothing was arranged. */
export function isPlain(doc: Arrangement): boolean {
  return JSON.stringify(doc) === JSON.stringify(plainArrangement);
}
