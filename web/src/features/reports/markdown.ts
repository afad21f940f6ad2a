/** A report as Markdown. Pure. */
import { list, object } from "@/api/report_spec";
import { shownBy } from "@/api/weave_spec";
import { textOf } from "./blocks";

/** The report as Markdown; panels are named. */
export function markdownOf(title: string, about: string | null, blocks: readonly unknown[]): string {
  const lines = blocks.map((block) => {
    const one = object(block);
    const text = textOf(one);
    if (one.type === "heading") return `${"#".repeat(Number(one.level ?? 1) + 1)} ${text}`;
    if (one.type === "markdown-block") return String(one.content ?? "");
    if (one.type === "list") return list(one.children).map((item, i) => { const { checked } = object(item); return `${one.ordered === true ? `${i + 1}.` : "-"} ${typeof checked === "boolean" ? `[${checked ? "x" : " "}] ` : ""}${textOf(item)}`; }).join("\n");
    if (one.type === "block-quote" || one.type === "callout-block") return `> ${list(one.children).map(textOf).join("\n> ")}`;
    if (one.type === "code-block") return `\`\`\`${String(one.language ?? "")}\n${list(one.children).map(textOf).join("\n")}\n\`\`\``;
    if (one.type === "horizontal-rule") return "---";
    if (one.type === "panel-grid") return list(object(object(one.metadata).panelBankSectionConfig).panels).map((panel) => `*Panel: ${String(object(object(panel).config).chartTitle ?? object(panel).viewType)}*`).join("\n\n");
    if (one.type === "image") return `![${text}](${String(one.url ?? "")})`;
    const shown = one.type === "weave-panel" ? shownBy(one) : null;
    if (shown !== null) return shown.kind === "table" ? `*Table: ${shown.key} of ${shown.entity}/${shown.project}*` : `*Artifact: ${shown.entity}/${shown.project}/${shown.name}${shown.kind === "file" ? `:${shown.version}/${shown.path}` : ""}*`;
    return text;
  });
  return `${[`# ${title}`, about ?? "", ...lines].filter((line) => line !== "").join("\n\n")}\n`;
}
