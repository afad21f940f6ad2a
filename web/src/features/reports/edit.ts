/** Blocks as texts to write, and back; whatever has marks or links inside is left to be moved or removed only. Pure. */
import { list, object } from "@/api/report_spec";
import { textOf } from "./blocks";

type Json = Record<string, unknown>;
const leaf = (text: string): Json => ({ text });
const plain = (v: unknown): boolean => list(object(v).children).every((one) => Object.entries(object(one)).every(([key, value]) => key === "text" || value === null || value === false));

/** The text of a block that can be written as one; null for any other, which stays as it is. */
export function editable(block: unknown): string | null {
  const one = object(block);
  if (one.type === "markdown-block" || one.type === "latex") return String(one.content ?? "");
  if (one.type === "code-block") return list(one.children).map(textOf).join("\n");
  if (one.type === "callout-block") return list(one.children).every(plain) ? list(one.children).map(textOf).join("\n") : null;
  if (["paragraph", "heading", "block-quote"].includes(String(one.type))) return plain(one) ? textOf(one) : null;
  return null;
}

/** The same block with another text. */
export function edited(block: unknown, text: string): Json {
  const one = object(block);
  if (one.type === "markdown-block" || one.type === "latex") return { ...one, content: text };
  if (one.type === "code-block") return { ...one, children: text.split("\n").map((line) => ({ type: "code-line", children: [leaf(line)], language: one.language })) };
  if (one.type === "callout-block") return { ...one, children: text.split("\n").map((line) => ({ type: "callout-line", children: [leaf(line)] })) };
  return { ...one, children: [leaf(text)] };
}

export const blockKinds = [{ label: "Markdown" }, { label: "Heading" }, { label: "Paragraph" }, { label: "Quote" }, { label: "Callout" }, { label: "Code" }, { label: "Line" }, { label: "Contents" }] as const;

/** A new block in the stored form. */
export function made(label: (typeof blockKinds)[number]["label"]): Json {
  const blocks: Record<typeof label, Json> = {
    Markdown: { type: "markdown-block", children: [leaf("")], content: "" },
    Heading: { type: "heading", level: 1, children: [leaf("")] },
    Paragraph: { type: "paragraph", children: [leaf("")] },
    Quote: { type: "block-quote", children: [leaf("")] },
    Callout: { type: "callout-block", children: [{ type: "callout-line", children: [leaf("")] }] },
    Code: { type: "code-block", language: "python", children: [{ type: "code-line", children: [leaf("")], language: "python" }] },
    Line: { type: "horizontal-rule", children: [leaf("")] },
    Contents: { type: "table-of-contents", children: [leaf("")] },
  };
  return blocks[label];
}

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
    return text;
  });
  return `# ${title}\n\n${about ?? ""}\n\n${lines.filter((line) => line !== "").join("\n\n")}\n`;
}
