/** What the editor knows besides plain words: quotes, callouts, and whole blocks that are drawn as they are read. */
import { mergeAttributes, Node, Mark, Extension, type Editor } from "@tiptap/core";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { NodeSelection } from "@tiptap/pm/state";
import { ReactNodeViewRenderer } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";
import { object } from "@/api/report_spec";
import { BlockPiece } from "./piece";

/** Nodes that remember the block they came from. Half of a split node is a new one. */
const remembering = ["paragraph", "heading", "quote", "callout", "codeBlock", "bulletList", "orderedList", "taskList", "horizontalRule"];

const Memory = Extension.create({
  name: "memory",
  addGlobalAttributes: () => [{ types: remembering, attributes: { raw: { default: null, rendered: false, keepOnSplit: false } } }],
});

const line = (name: string, tag: string, css: string | null) =>
  Node.create({
    name,
    group: "block",
    content: "inline*",
    defining: true,
    parseHTML: () => [{ tag }],
    renderHTML: ({ HTMLAttributes }) => [tag.split(/[.[]/)[0] ?? "div", mergeAttributes(HTMLAttributes, css === null ? {} : { class: css }), 0],
    addKeyboardShortcuts() {
      // Enter goes on below; Shift+Enter makes a line inside.
      return { Enter: ({ editor }) => editor.isActive(name) && editor.chain().insertContentAt(editor.state.selection.$from.after(), { type: "paragraph" }).focus(editor.state.selection.$from.after() + 1).run(), Backspace: ({ editor }) => editor.isActive(name) && editor.state.selection.empty && editor.state.selection.$from.parentOffset === 0 && editor.commands.setNode("paragraph") };
    },
  });

const Piece = Node.create({
  name: "piece",
  group: "inline",
  inline: true,
  atom: true,
  addAttributes: () => ({ raw: { default: null, rendered: false } }),
  parseHTML: () => [{ tag: "code[data-piece]" }],
  renderHTML: ({ node }) => {
    const raw = object(node.attrs.raw);
    return ["code", { "data-piece": "" }, String(raw.content ?? raw.type ?? "")];
  },
});

const Kept = Mark.create({ name: "kept", inclusive: false, addAttributes: () => ({ data: { default: null, rendered: false } }), renderHTML: () => ["span", 0] });

// Not called "block": that is the group, and a node of this name would stand for all of it.
const Whole = Node.create({
  name: "whole",
  group: "block",
  atom: true,
  draggable: true,
  selectable: true,
  addAttributes: () => ({ raw: { default: null, rendered: false } }),
  parseHTML: () => [{ tag: "div[data-whole]" }],
  renderHTML: () => ["div", { "data-whole": "" }],
  addNodeView: () => ReactNodeViewRenderer(BlockPiece, { stopEvent: ({ event }) => event.target instanceof Element && event.target.closest("[data-drag-handle]") === null }),
});

/** Move the block of the selection up (-1) or down (1) among its neighbours. */
export function moveBlock(editor: Editor, by: -1 | 1): boolean {
  const { state, view } = editor;
  const { $from } = state.selection;
  const from = state.selection instanceof NodeSelection && $from.depth === 0 ? $from.pos : $from.before(1);
  const index = $from.index(0);
  const node = state.doc.child(index);
  const other = index + by;
  if (other < 0 || other >= state.doc.childCount) return true;
  const to = by === -1 ? from - state.doc.child(other).nodeSize : from + state.doc.child(other).nodeSize;
  const offset = state.selection.from - from;
  const tr = state.tr.delete(from, from + node.nodeSize).insert(to, node);
  tr.setSelection(node.isAtom ? NodeSelection.create(tr.doc, to) : (state.selection.constructor as unknown as { near: (at: unknown) => NodeSelection }).near(tr.doc.resolve(to + offset)));
  view.dispatch(tr.scrollIntoView());
  return true;
}

const Moving = Extension.create({
  name: "moving",
  addKeyboardShortcuts: () => ({ "Alt-ArrowUp": ({ editor }) => moveBlock(editor, -1), "Alt-ArrowDown": ({ editor }) => moveBlock(editor, 1) }),
});

/** Everything but the slash menu. */
export const extensions = [
  StarterKit.configure({ blockquote: false, heading: { levels: [1, 2, 3] }, link: { openOnClick: false, defaultProtocol: "https" }, code: { HTMLAttributes: {} } }),
  TaskList,
  TaskItem.configure({ nested: true, a11y: { checkboxLabel: (node) => node.textContent || "empty check" } }),
  Memory,
  line("quote", "blockquote", null),
  line("callout", "div.callout", "callout"),
  Piece,
  Kept,
  Whole,
  Moving,
];
