/** The lines of Python that give a table. */
import type { TableSource } from "@/lib/tables";

/** With the public API, as a list of rows by column. */
export function pythonOf(entity: string, project: string, source: TableSource): string {
  const [artifact, key] =
    source.kind === "run"
      ? [`run-${source.run}-${source.key.replace(/[^a-zA-Z0-9_.-]/g, "")}:latest`, source.key]
      : [`${source.collection}:${source.version}`, source.path.replace(/\.table\.json$/, "")];
  return [
    "import wandb",
    "",
    `artifact = wandb.Api().artifact(${JSON.stringify(`${entity}/${project}/${artifact}`)})`,
    `table = artifact.get(${JSON.stringify(key)})`,
    "rows = [dict(zip(table.columns, row)) for row in table.data]  # table.get_dataframe() with pandas",
  ].join("\n");
}
