/** The charts of `wandb.plot` by the names that the client gives them, as Vega-Lite with fields to fill in. They draw
 * the same data as the service's charts of these names; the specifications are our own. Pure. */

export interface ChartDef {
  /** `wandb/line/v0`, or `entity/name` of a custom chart. */
  name: string;
  fields: Record<string, string>;
  texts: Record<string, string>;
}

const object = (v: unknown): Record<string, unknown> => (typeof v === "object" && v !== null ? (v as Record<string, unknown>) : {});
const texts = (v: unknown): Record<string, string> => Object.fromEntries(Object.entries(object(v)).map(([key, value]) => [key, String(value)]));

/** What a run's config says about a chart, null when it is no chart. */
export function chartOf(v: unknown): ChartDef | null {
  const config = object(object(v).panel_config);
  const name = config.panelDefId;
  return typeof name === "string" ? { name, fields: texts(config.fieldSettings), texts: texts(config.stringSettings) } : null;
}

const quantity = (field: string, more: object = {}) => ({ field: `\${field:${field}}`, type: "quantitative", ...more });
const base = { $schema: "vega-lite", data: { name: "wandb" }, title: "${string:title}" };
const loose = { scale: { zero: false } };

const specs: Record<string, object> = {
  "wandb/line/v0": { ...base, mark: { type: "line", tooltip: true }, encoding: { x: quantity("x", loose), y: quantity("y", loose), color: { field: "${field:stroke}", type: "nominal", legend: null } } },
  "wandb/lineseries/v0": {
    ...base,
    mark: { type: "line", tooltip: true },
    encoding: { x: quantity("step", { ...loose, title: "${string:xname}" }), y: quantity("lineVal", { ...loose, title: null }), color: { field: "${field:lineKey}", type: "nominal", title: null } },
  },
  "wandb/bar/v0": { ...base, mark: { type: "bar", tooltip: true }, encoding: { y: { field: "${field:label}", type: "nominal", sort: null }, x: quantity("value") } },
  "wandb/scatter/v0": { ...base, mark: { type: "point", filled: true, tooltip: true }, encoding: { x: quantity("x", loose), y: quantity("y", loose) } },
  "wandb/histogram/v0": { ...base, mark: { type: "bar", tooltip: true }, encoding: { x: quantity("value", { bin: { maxbins: 30 } }), y: { aggregate: "count", title: "count" } } },
  "wandb/area-under-curve/v0": {
    ...base,
    mark: { type: "line", interpolate: "monotone", tooltip: true },
    encoding: { x: quantity("x", { title: "${string:x-axis-title}" }), y: quantity("y", { title: "${string:y-axis-title}" }), color: { field: "${field:class}", type: "nominal", title: null } },
  },
  "wandb/confusion_matrix/v1": base, // drawn as a table
};

export const presets: Record<string, string | undefined> = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, JSON.stringify(spec)]));

/** A template with the chart's fields and texts in their places. Throws when the result is no JSON object. */
export function filled(template: string, def: ChartDef): Record<string, unknown> {
  const inJson = (value: string) => JSON.stringify(value).slice(1, -1);
  const text = template.replaceAll(/\$\{(field|string):([^}]+)\}/g, (_, kind: string, name: string) => {
    const known = kind === "field" ? def.fields[name] : def.texts[name];
    // A dot or bracket in a field's name would be read as a path.
    return known === undefined ? (kind === "field" ? inJson(name) : "") : inJson(kind === "field" ? known.replaceAll(/[.[\]]/g, "\\$&") : known);
  });
  const spec = JSON.parse(text) as unknown;
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) throw new Error("This chart's specification is not a JSON object.");
  const { title, ...rest } = spec as Record<string, unknown>;
  return title === "" || title === undefined ? rest : { ...rest, title };
}
