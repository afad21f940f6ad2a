/** Blocks of a report that show a logged table, a file or an artifact: their stored form, read and made. Pure. */
import { type Json, object, rowFilter } from "./report_spec";

export const artifactTabs = ["overview", "metadata", "usage", "files", "lineage"] as const;
export type ArtifactTab = (typeof artifactTabs)[number];

export type Shown =
  | { kind: "table"; entity: string; project: string; key: string; q?: string | undefined }
  | { kind: "file"; entity: string; project: string; name: string; version: string; path: string }
  | { kind: "artifact"; entity: string; project: string; name: string; tab: ArtifactTab };

const text = (v: unknown): string | undefined => (typeof v === "string" ? v : undefined);
/** What a constant says. A new block names nothing yet. */
const val = (v: unknown): string | undefined => text(object(v).val);
const fromOp = (v: unknown): { name: unknown; inputs: Json } => {
  const op = object(object(v).fromOp);
  return { name: op.name, inputs: object(op.inputs) };
};

/** Entity and project below an expression; null where it begins elsewhere. */
function homeOf(v: unknown): { entity: string; project: string } | null {
  const { name, inputs } = fromOp(v);
  if (name === "root-project") {
    const [entity, project] = [val(inputs.entityName), val(inputs.projectName)];
    return entity === undefined || project === undefined ? null : { entity, project };
  }
  for (const inner of [inputs.project, inputs.run, inputs.obj, inputs.artifactVersion, inputs.artifact]) {
    const found = inner === undefined ? null : homeOf(inner);
    if (found !== null) return found;
  }
  return null;
}

/** What such a block shows; null when it is something that this UI does not draw. */
export function shownBy(block: unknown): Shown | null {
  const panel = object(object(object(block).config).panelConfig);
  const { name, inputs } = fromOp(panel.exp);
  const home = homeOf(panel.exp);
  if (home === null) return null;
  if (name === "pick") {
    const key = val(inputs.key);
    return key === undefined ? null : { kind: "table", ...home, key, q: rowFilter(panel) };
  }
  if (name === "artifactVersion-file") {
    const version = fromOp(inputs.artifactVersion).inputs;
    const [artifact, alias, path] = [val(version.artifactName), val(version.artifactVersionAlias), val(inputs.path)];
    return artifact === undefined || alias === undefined || path === undefined ? null : { kind: "file", ...home, name: artifact, version: alias, path };
  }
  if (name === "project-artifact") {
    const artifact = val(inputs.artifactName);
    const tab = text(object(object(object(panel.panelConfig).tabConfigs).overview).selectedTab);
    return artifact === undefined ? null : { kind: "artifact", ...home, name: artifact, tab: artifactTabs.find((one) => one === tab) ?? "overview" };
  }
  return null;
}

const constant = (value: string): Json => ({ nodeType: "const", type: "string", val: value });
const output = (type: unknown, name: string, inputs: Json): Json => ({ nodeType: "output", type, fromOp: { name, inputs } });

/** The block that shows something, in the form that the public client reads and writes. */
export function blockShowing(what: Shown): Json {
  const project = output("project", "root-project", { entityName: constant(what.entity), projectName: constant(what.project) });
  const made = (exp: Json, more: Json = {}): Json => ({ type: "weave-panel", children: [{ text: "" }], config: { panelConfig: { exp: { ...exp, __userInput: true }, ...more } } });
  if (what.kind === "table") {
    const runs = output({ type: "list", objectType: "run" }, "project-runs", { project });
    const summary = output({ type: "list", objectType: "any" }, "run-summary", { run: runs });
    return made(output({ type: "list", objectType: { type: "file", extension: "json", wbObjectType: { type: "table", columnTypes: {} } } }, "pick", { obj: summary, key: constant(what.key) }));
  }
  if (what.kind === "file") {
    const version = output("artifactVersion", "project-artifactVersion", { project, artifactName: constant(what.name), artifactVersionAlias: constant(what.version) });
    return made(output({ type: "file", extension: "json", wbObjectType: { type: "table", columnTypes: {} } }, "artifactVersion-file", { artifactVersion: version, path: constant(what.path) }));
  }
  return made(output("artifact", "project-artifact", { project, artifactName: constant(what.name) }), { panelInputType: "artifact", panelConfig: { tabConfigs: { overview: { selectedTab: what.tab } } } });
}
