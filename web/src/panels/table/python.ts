/** The lines of Python that give a table. */
import type { TableSource } from "@/lib/tables";

/** The same for a table that lies at a path; nothing where a run has logged a table of another version's tables,
 * which no name leads to. */
export const pythonAt = (entity: string, project: string, source: TableSource, path: string): string | undefined =>
  source.kind === "run" && !path.endsWith(".table.json") ? undefined : pythonOf(entity, project, source);

/** With the public API, as a list of rows by column. */
export function pythonOf(entity: string, project: string, source: TableSource): string {
  const [artifact, key] =
    source.kind === "run"
      ? [`run-${source.run}-${source.key.replace(/[^a-zA-Z0-9_.-]/g, "")}:latest`, source.key]
      : [`${source.collection}:${source.version}`, source.path.replace(/\.table\.json$/, "")];
  const fetched = `artifact = wandb.Api().artifact(${JSON.stringify(`${entity}/${project}/${artifact}`)})`;
  if (key.endsWith(".joined-table.json")) {
    return [
      "import json",
      "import wandb",
      "",
      fetched,
      `with open(artifact.get_entry(${JSON.stringify(key)}).download()) as file:`,
      "    joined = json.load(file)",
      'left, right = artifact.get(joined["table1"]), artifact.get(joined["table2"])',
      'print(joined["join_key"], left.columns, right.columns)',
    ].join("\n");
  }
  if (key.endsWith(".partitioned-table.json")) return ["import wandb", "", fetched, `rows = [row for _, row in artifact.get(${JSON.stringify(key)}).iterrows()]`].join("\n");
  return [
    "import wandb",
    "",
    fetched,
    `table = artifact.get(${JSON.stringify(key)})`,
    "rows = [dict(zip(table.columns, row)) for row in table.data]  # table.get_dataframe() with pandas",
  ].join("\n");
}
