/** The lines of Python that give exactly what a panel shows. Pure. */
import type { PanelSpec } from "@/lib/panel_spec";

const MOST_LISTED = 30; // asked for one by one; more are found by one question

/** What a panel is over: its project, and where a run is at home when it shows several projects' runs. */
export interface Homes {
  entity: string;
  project: string;
  homeOf?: ((run: never) => { entity: string; project: string }) | undefined;
}

interface Named {
  run_id: string;
}

/** Exactly these runs, however many there are and in however many projects. */
function head({ entity, project, homeOf }: Homes, runs: readonly Named[]): string[] {
  const byHome = new Map<string, string[]>();
  for (const run of runs) {
    const home = homeOf?.(run as never) ?? { entity, project };
    const path = `${home.entity}/${home.project}`;
    byHome.set(path, [...(byHome.get(path) ?? []), JSON.stringify(run.run_id)]);
  }
  const parts = [...byHome].map(([path, ids]) => (ids.length <= MOST_LISTED ? `[api.run(f"${path}/{name}") for name in [${ids.join(", ")}]]` : `list(api.runs("${path}", filters={"name": {"$in": [${ids.join(", ")}]}}))`));
  return ["import wandb", "", "api = wandb.Api()", `runs = ${parts.join(" + ") || "[]"}`];
}

/** Every logged row of the keys, of the shown runs. */
export function linePython(homes: Homes, runs: readonly Named[], spec: PanelSpec, x: string): string {
  const quoted = (keys: readonly string[]) => [...new Set(keys)].map((key) => JSON.stringify(key)).join(", ");
  const axis = x.startsWith("_relative") ? "_timestamp" : x;
  if (spec.stream === "system") {
    return [...head(homes, runs), "for run in runs:", '    print(run.name, run.history(stream="system")[[' + quoted(spec.keys) + "]])"].join("\n");
  }
  const [only, ...others] = spec.keys;
  if (only !== undefined && others.length === 0) return [...head(homes, runs), "for run in runs:", `    for row in run.scan_history(keys=[${quoted([axis, only])}]):`, "        print(run.name, row)"].join("\n");
  // Rows that have all of some keys are few where they are not logged together.
  return [...head(homes, runs), "for run in runs:", `    for key in [${quoted(spec.keys)}]:`, `        for row in run.scan_history(keys=[${quoted([axis])}, key]):`, "            print(run.name, row)"].join("\n");
}

/** The last values: config and summary. */
export function valuesPython(homes: Homes, runs: readonly Named[], names: readonly string[]): string {
  const read = names.map((name) => (name.startsWith("config.") ? `run.config.get(${JSON.stringify(name.slice(7))})` : `run.summary.get(${JSON.stringify(name.replace(/^summary\./, ""))})`));
  return [...head(homes, runs), "for run in runs:", `    print(run.name, ${read.join(", ") || "dict(run.config), run.summary._json_dict"})`].join("\n");
}
