/** The lines of Python that give exactly what a panel shows. Pure. */
import type { PanelSpec } from "@/lib/panel_spec";

const MOST_LISTED = 30;

interface Named {
  run_id: string;
}

function head(entity: string, project: string, runs: readonly Named[]): string[] {
  const ids = runs.slice(0, MOST_LISTED).map((run) => `"${run.run_id}"`).join(", ");
  return [
    "import wandb",
    "",
    "api = wandb.Api()",
    runs.length <= MOST_LISTED ? `runs = [api.run(f"${entity}/${project}/{name}") for name in [${ids}]]` : `runs = api.runs("${entity}/${project}")`,
  ];
}

/** Every logged row of the keys, of the shown runs. */
export function linePython(entity: string, project: string, runs: readonly Named[], spec: PanelSpec, x: string): string {
  const keys = [...(x.startsWith("_relative") ? ["_timestamp"] : [x]), ...spec.keys];
  const listed = [...new Set(keys)].map((key) => JSON.stringify(key)).join(", ");
  if (spec.stream === "system") {
    return [...head(entity, project, runs), "for run in runs:", '    print(run.name, run.history(stream="system")[[' + spec.keys.map((key) => JSON.stringify(key)).join(", ") + "]])"].join("\n");
  }
  return [...head(entity, project, runs), "for run in runs:", `    for row in run.scan_history(keys=[${listed}]):`, "        print(run.name, row)"].join("\n");
}

/** The last values: config and summary. */
export function valuesPython(entity: string, project: string, runs: readonly Named[], names: readonly string[]): string {
  const read = names.map((name) => (name.startsWith("config.") ? `run.config.get(${JSON.stringify(name.slice(7))})` : `run.summary.get(${JSON.stringify(name.replace(/^summary\./, ""))})`));
  return [...head(entity, project, runs), "for run in runs:", `    print(run.name, ${read.join(", ") || "dict(run.config), run.summary._json_dict"})`].join("\n");
}
