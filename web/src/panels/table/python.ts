/** The lines of Python that give a table. */
import type { TableSource } from "@/lib/tables";

/** With the public API, as a pandas frame. */
export function pythonOf(entity: string, project: string, source: TableSource): string {
  if (source.kind === "run") {
    const artifact = `run-${source.run}-${source.key.replace(/[^a-zA-Z0-9_.-]/g, "")}`;
    return `import wandb\n\nartifact = wandb.Api().artifact("${entity}/${project}/${artifact}:latest")\ntable = artifact.get("${source.key}")\nframe = table.get_dataframe()`;
  }
  return `import wandb\n\nartifact = wandb.Api().artifact("${entity}/${project}/${source.collection}:${source.version}")\ntable = artifact.get("${source.path.replace(/\.table\.json$/, "")}")\nframe = table.get_dataframe()`;
}
