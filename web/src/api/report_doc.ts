/** A report's blocks as the document of the editor, and back. What nobody touched comes back as it came. Pure. */
import { type Json, list, object } from "./report_spec";

export interface DocMark {
  type: string;
  attrs?: Json;
}

export interface DocNode {
  type: string;
  attrs?: Json;
  content?: DocNode[];
  marks?: DocMark[];
  text?: string;
}

/** Kinds of blocks that are written as text; any other is one piece in the editor. */
const written = ["paragraph", "default", "heading", "block-quote", "callout-block", "code-block", "list", "horizontal-rule"];
/** Flags of a leaf of text, and the marks that stand for them. */
const marks: Record<string, string> = { bold: "bold", italic: "italic", strikethrough: "strike", underline: "underline", inlineCode: "code" };

const leaf = (text: string): Json => ({ text });
const absent = (v: unknown): boolean => v === null || v === undefined || v === false;
const said = (text: string, also: DocMark[]): DocNode[] =>
  text.split("\n").flatMap((line, i) => [...(i === 0 ? [] : [{ type: "hardBreak" }]), ...(line === "" ? [] : [{ type: "text", text: line, ...(also.length === 0 ? {} : { marks: also }) }])]);

/** Inline parts of a block as nodes. Fields that are not ours travel in a mark. */
function inlineFrom(parts: readonly unknown[], around: DocMark[] = []): DocNode[] {
  return parts.map(object).flatMap((part) => {
    if (part.type === "link") return inlineFrom(list(part.children), [...around, { type: "link", attrs: { href: String(part.url ?? "") } }]);
    if (part.type === "paragraph") return inlineFrom(list(part.children), around);
    if (typeof part.text !== "string" || part.type !== undefined) return [{ type: "piece", attrs: { raw: part } }];
    const flags = Object.keys(marks).filter((name) => part[name] === true);
    const kept = Object.fromEntries(Object.entries(part).filter(([name, value]) => name !== "text" && !(name in marks) && !absent(value)));
    return said(part.text, [...around, ...flags.map((name) => ({ type: marks[name] as string })), ...(Object.keys(kept).length === 0 ? [] : [{ type: "kept", attrs: { data: kept } }])]);
  });
}

/** Nodes as inline parts; neighbours with the same marks are one. */
function inlineTo(nodes: readonly DocNode[] | undefined): Json[] {
  const out: Json[] = [];
  const put = (parts: Json[], text: string, flags: Json) => {
    const last = parts.at(-1);
    if (last !== undefined && typeof last.text === "string" && JSON.stringify({ ...last, text: "" }) === JSON.stringify({ text: "", ...flags })) last.text += text;
    else parts.push({ text, ...flags });
  };
  for (const node of nodes ?? []) {
    if (node.type === "piece") {
      out.push(object(node.attrs?.raw));
      continue;
    }
    const own = node.marks ?? [];
    const flags: Json = {};
    for (const [name, mark] of Object.entries(marks)) if (own.some((one) => one.type === mark)) flags[name] = true;
    Object.assign(flags, object(own.find((one) => one.type === "kept")?.attrs?.data));
    const text = node.type === "hardBreak" ? "\n" : (node.text ?? "");
    const url = own.find((one) => one.type === "link")?.attrs?.href;
    if (url === undefined) {
      put(out, text, flags);
      continue;
    }
    const last = out.at(-1);
    if (last?.type === "link" && last.url === url) put(last.children as Json[], text, flags);
    else out.push({ type: "link", url, children: [{ text, ...flags }] });
  }
  return out.length === 0 ? [leaf("")] : out;
}

const filled = (node: DocNode): DocNode => (node.content?.length === 0 ? { type: node.type, ...(node.attrs === undefined ? {} : { attrs: node.attrs }) } : node);

function listFrom(block: Json, raw: unknown): DocNode {
  const items = list(block.children).map(object);
  const tasks = items.some((item) => typeof item.checked === "boolean");
  const type = tasks ? "taskList" : block.ordered === true || items[0]?.ordered === true ? "orderedList" : "bulletList";
  return {
    type,
    ...(raw === undefined ? {} : { attrs: { raw } }),
    content: items.map((item) => {
      const parts = list(item.children);
      const inner = parts.filter((part) => object(part).type === "list");
      return {
        type: tasks ? "taskItem" : "listItem",
        ...(tasks ? { attrs: { checked: item.checked === true } } : {}),
        content: [filled({ type: "paragraph", content: inlineFrom(parts.filter((part) => object(part).type !== "list")) }), ...inner.map((part) => listFrom(object(part), undefined))],
      };
    }),
  };
}

function listTo(node: DocNode): Json {
  const ordered = node.type === "orderedList";
  return {
    type: "list",
    children: (node.content ?? []).map((item) => {
      const [first, ...inner] = item.content ?? [];
      const texts = inner.filter((one) => one.type === "paragraph");
      const words = [first, ...texts].flatMap((one, i) => [...(i === 0 ? [] : [{ type: "hardBreak" }]), ...(one?.content ?? [])]);
      return {
        type: "list-item",
        children: [{ type: "paragraph", children: inlineTo(words) }, ...inner.filter((one) => one.type !== "paragraph").map(listTo)],
        ...(ordered ? { ordered: true } : {}),
        ...(item.type === "taskItem" ? { checked: item.attrs?.checked === true } : {}),
      };
    }),
    ...(ordered ? { ordered: true } : {}),
  };
}

/** Lines of a callout or of code as one run of inline nodes. */
const lined = (block: Json): DocNode[] => list(block.children).flatMap((line, i) => [...(i === 0 ? [] : [{ type: "hardBreak" }]), ...inlineFrom(list(object(line).children))]);

/** One block as a node of the editor. */
export function nodeFrom(block: unknown): DocNode {
  const one = object(block);
  const children = list(one.children);
  const attrs = { raw: block };
  if (!written.includes(String(one.type))) return { type: "whole", attrs };
  switch (one.type) {
    case "heading":
      return filled({ type: "heading", attrs: { ...attrs, level: Math.min(3, Math.max(1, Number(one.level) || 1)) }, content: inlineFrom(children) });
    case "block-quote":
      return filled({ type: "quote", attrs, content: inlineFrom(children) });
    case "callout-block":
      return filled({ type: "callout", attrs, content: lined(one) });
    case "code-block": {
      const text = children.map((line) => list(object(line).children).map((part) => String(object(part).text ?? "")).join("")).join("\n");
      return filled({ type: "codeBlock", attrs: { ...attrs, language: typeof one.language === "string" ? one.language : null }, content: text === "" ? [] : [{ type: "text", text }] });
    }
    case "list":
      return children.length === 0 ? { type: "whole", attrs } : listFrom(one, block);
    case "horizontal-rule":
      return { type: "horizontalRule", attrs };
    default:
      return filled({ type: "paragraph", attrs, content: inlineFrom(children) });
  }
}

function built(node: DocNode): Json {
  switch (node.type) {
    case "heading":
      return { type: "heading", children: inlineTo(node.content), level: Number(node.attrs?.level ?? 1) };
    case "quote":
      return { type: "block-quote", children: inlineTo(node.content) };
    case "callout": {
      const lines: DocNode[][] = [[]];
      for (const part of node.content ?? []) if (part.type === "hardBreak") lines.push([]); else lines.at(-1)?.push(part);
      return { type: "callout-block", children: lines.map((line) => ({ type: "callout-line", children: inlineTo(line) })) };
    }
    case "codeBlock": {
      const language = typeof node.attrs?.language === "string" ? node.attrs.language : "python";
      return { type: "code-block", children: (node.content ?? []).map((part) => part.text ?? "").join("").split("\n").map((line) => ({ type: "code-line", children: [leaf(line)], language })), language };
    }
    case "bulletList":
    case "orderedList":
    case "taskList":
      return listTo(node);
    case "horizontalRule":
      return { type: "horizontal-rule", children: [leaf("")] };
    default:
      return { type: "paragraph", children: inlineTo(node.content) };
  }
}

/** One node as a block: the one that it came from while it says the same, else that one with the new words. */
export function blockFrom(node: DocNode): unknown {
  const raw = node.attrs?.raw;
  if (node.type === "whole") return raw;
  const now = built(node);
  if (raw === undefined || raw === null) return now;
  if (JSON.stringify(built(nodeFrom(raw))) === JSON.stringify(now)) return raw;
  const before = object(raw);
  return before.type === now.type || (before.type === "default" && now.type === "paragraph") ? { ...before, ...now, type: before.type } : now;
}

/** The document of the editor. */
export function docFrom(blocks: readonly unknown[]): DocNode {
  return { type: "doc", content: blocks.length === 0 ? [{ type: "paragraph" }] : blocks.map(nodeFrom) };
}

/** A line that nothing was written on, and that no block was. */
const idle = (node: DocNode | undefined): boolean => node?.type === "paragraph" && node.content === undefined && (node.attrs?.raw === undefined || node.attrs.raw === null);

/** The blocks of a document; empty lines at its end are none. */
export function blocksFrom(doc: DocNode): unknown[] {
  const nodes = [...(doc.content ?? [])];
  while (idle(nodes.at(-1))) nodes.pop();
  return nodes.map(blockFrom);
}
