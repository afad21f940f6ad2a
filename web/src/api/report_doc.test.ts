import { describe, expect, it } from "vitest";
import { blocksFrom, docFrom, type DocNode, nodeFrom } from "./report_doc";

/** As the public client writes them, with its nulls. */
const blocks = [
  { type: "heading", children: [{ text: "One", inlineCode: null }], collapsedChildren: null, level: 1 },
  { type: "paragraph", children: [{ text: "words, ", inlineCode: null }, { type: "link", url: "https://example.org", children: [{ text: "a link" }] }, { text: " and " }, { type: "latex", children: [{ text: "" }], content: "e^x" }] },
  { type: "paragraph", children: [{ text: "b", bold: true, inlineComment_x1: { refID: "x1" } }, { text: "two\nlines" }], future: { a: [1, null] } },
  { type: "list", children: [{ type: "list-item", children: [{ type: "paragraph", children: [{ text: "a" }] }, { type: "list", ordered: true, children: [{ type: "list-item", ordered: true, children: [{ text: "inner" }] }] }], ordered: null, checked: null }], ordered: null },
  { type: "list", children: [{ type: "list-item", children: [{ text: "done" }], checked: true }, { type: "list-item", children: [{ text: "not" }], checked: false }] },
  { type: "block-quote", children: [{ text: "said" }] },
  { type: "callout-block", children: [{ type: "callout-line", children: [{ text: "look" }] }, { type: "callout-line", children: [{ text: "here" }] }] },
  { type: "code-block", children: [{ type: "code-line", children: [{ text: "print(1)" }], language: "python" }, { type: "code-line", children: [{ text: "" }], language: "python" }], language: "python" },
  { type: "horizontal-rule", children: [{ text: "" }] },
  { type: "panel-grid", metadata: { runSets: [{}] } },
  { type: "from-the-future", deep: [1, { a: null }] },
  "not even an object",
];

describe("a report's blocks in the editor", () => {
  it("come back as they came when nobody touches them", () => {
    const doc = JSON.parse(JSON.stringify(docFrom(blocks))) as DocNode;
    expect(blocksFrom(doc)).toEqual(blocks);
    expect(JSON.stringify(blocksFrom(doc))).toBe(JSON.stringify(blocks));
  });

  it("keep what is not ours when their words change", () => {
    const node = nodeFrom(blocks[2]);
    const [first, ...rest] = node.content ?? [];
    const changed = { ...node, content: [{ ...(first as DocNode), text: "c" }, ...rest] };
    expect(blocksFrom({ type: "doc", content: [changed] })).toEqual([{ type: "paragraph", children: [{ text: "c", bold: true, inlineComment_x1: { refID: "x1" } }, { text: "two\nlines" }], future: { a: [1, null] } }]);
  });

  it("are made anew in the form that clients read", () => {
    const text = (words: string, ...marks: string[]): DocNode => ({ type: "text", text: words, ...(marks.length > 0 ? { marks: marks.map((type) => ({ type })) } : {}) });
    const doc: DocNode = {
      type: "doc",
      content: [
        { type: "heading", attrs: { level: 2, raw: null }, content: [text("A "), text("b", "bold", "italic")] },
        { type: "taskList", content: [{ type: "taskItem", attrs: { checked: true }, content: [{ type: "paragraph", content: [text("x")] }] }] },
        { type: "callout", content: [text("one"), { type: "hardBreak" }, text("two")] },
        { type: "codeBlock", attrs: { language: null }, content: [text("a\nb")] },
        { type: "paragraph" },
      ],
    };
    expect(blocksFrom(doc)).toEqual([
      { type: "heading", level: 2, children: [{ text: "A " }, { text: "b", bold: true, italic: true }] },
      { type: "list", children: [{ type: "list-item", checked: true, children: [{ type: "paragraph", children: [{ text: "x" }] }] }] },
      { type: "callout-block", children: [{ type: "callout-line", children: [{ text: "one" }] }, { type: "callout-line", children: [{ text: "two" }] }] },
      { type: "code-block", language: "python", children: [{ type: "code-line", language: "python", children: [{ text: "a" }] }, { type: "code-line", language: "python", children: [{ text: "b" }] }] },
    ]);
  });

  it("leaves a heading that became a paragraph without its old fields", () => {
    const was = nodeFrom(blocks[0]);
    expect(blocksFrom({ type: "doc", content: [{ type: "paragraph", attrs: { raw: blocks[0] }, content: was.content ?? [] }] })).toEqual([{ type: "paragraph", children: [{ text: "One" }] }]);
  });
});
