/** The menu that `/` opens in the text: everything that a report can hold. */
import { type Editor, Extension, type Range } from "@tiptap/core";
import Suggestion, { type SuggestionProps } from "@tiptap/suggestion";
import { useEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { create } from "zustand";
import { type Json, newGrid, newRunSet } from "@/api/report_spec";
import { blockShowing } from "@/api/weave_spec";
import type { Desk } from "./desk";

export interface SlashItem {
  title: string;
  about: string;
  words: string;
  run: (editor: Editor, range: Range, desk: Desk) => void;
}

const node = (type: string, attrs?: Json) => (editor: Editor, range: Range) => void editor.chain().focus().deleteRange(range).setNode(type, attrs).run();
const whole = (make: (desk: Desk) => Json) => (editor: Editor, range: Range, desk: Desk) => {
  // The line that only called the menu makes room for the block.
  const line = editor.state.doc.resolve(range.from);
  const alone = line.depth === 1 && line.parent.content.size === range.to - range.from;
  editor.chain().focus().insertContentAt(alone ? { from: line.before(), to: line.after() } : range, [{ type: "whole", attrs: { raw: make(desk) } }, { type: "paragraph" }]).run();
};
const leaf = [{ text: "" }];

/** In the order of the menu. */
export const slashItems: readonly SlashItem[] = [
  { title: "Heading 1", about: "A part of the report", words: "h1 title", run: node("heading", { level: 1 }) },
  { title: "Heading 2", about: "A part of a part", words: "h2", run: node("heading", { level: 2 }) },
  { title: "Heading 3", about: "A small heading", words: "h3", run: node("heading", { level: 3 }) },
  { title: "List", about: "Points", words: "bullet unordered", run: (editor, range) => void editor.chain().focus().deleteRange(range).toggleBulletList().run() },
  { title: "Numbered list", about: "Points in order", words: "ordered ol", run: (editor, range) => void editor.chain().focus().deleteRange(range).toggleOrderedList().run() },
  { title: "Checks", about: "Points to tick off", words: "todo task checklist", run: (editor, range) => void editor.chain().focus().deleteRange(range).toggleTaskList().run() },
  { title: "Panels", about: "Live charts over chosen runs", words: "grid chart plot runs", run: whole(({ entity, project }) => newGrid([newRunSet("Run set", entity, project)], [])) },
  { title: "Table", about: "A logged table", words: "wandb.Table predictions", run: whole(({ entity, project }) => blockShowing({ kind: "table", entity, project, key: "" })) },
  { title: "Artifact", about: "A dataset or a model", words: "version model dataset", run: whole(({ entity, project }) => blockShowing({ kind: "artifact", entity, project, name: "", tab: "overview" })) },
  { title: "Lineage", about: "What a version came from and became", words: "graph dag", run: whole(({ entity, project }) => blockShowing({ kind: "artifact", entity, project, name: "", tab: "lineage" })) },
  { title: "Quote", about: "Somebody's words", words: "blockquote", run: node("quote") },
  { title: "Callout", about: "What must not be missed", words: "note warning", run: node("callout") },
  { title: "Code", about: "Lines of code", words: "python snippet", run: node("codeBlock", { language: "python" }) },
  { title: "Markdown", about: "Text with its own table", words: "md table", run: whole(() => ({ type: "markdown-block", children: leaf, content: "" })) },
  { title: "Image", about: "A picture file", words: "picture photo", run: whole(() => ({ type: "image", children: leaf, url: "", hasCaption: false })) },
  { title: "Contents", about: "Links to the headings", words: "toc table of contents outline", run: whole(() => ({ type: "table-of-contents", children: leaf })) },
  { title: "Line", about: "A rule between parts", words: "divider hr horizontal", run: (editor, range) => void editor.chain().focus().deleteRange(range).setHorizontalRule().run() },
];

export const matching = (query: string): SlashItem[] => slashItems.filter((one) => `${one.title} ${one.words}`.toLowerCase().includes(query.toLowerCase()));

interface MenuState {
  props: SuggestionProps<SlashItem> | null;
  index: number;
}
const useSlash = create<MenuState>(() => ({ props: null, index: 0 }));

/** The extension; `desk` says where new blocks take their runs from. */
export const slash = (desk: Desk) =>
  Extension.create({
    name: "slash",
    addProseMirrorPlugins() {
      return [
        Suggestion<SlashItem>({
          editor: this.editor,
          char: "/",
          items: ({ query }) => matching(query),
          command: ({ editor, range, props }) => props.run(editor, range, desk),
          render: () => ({
            onStart: (props) => useSlash.setState({ props, index: 0 }),
            onUpdate: (props) => useSlash.setState({ props, index: 0 }),
            onExit: () => useSlash.setState({ props: null, index: 0 }),
            onKeyDown: ({ event }) => {
              const { props, index } = useSlash.getState();
              const count = props?.items.length ?? 0;
              if (props === null || count === 0) return false;
              if (event.key === "ArrowDown" || event.key === "ArrowUp") {
                useSlash.setState({ index: (index + (event.key === "ArrowDown" ? 1 : count - 1)) % count });
                return true;
              }
              if (event.key === "Enter" || event.key === "Tab") {
                const item = props.items[index];
                if (item !== undefined) props.command(item);
                return true;
              }
              return false;
            },
          }),
        }),
      ];
    },
  });

const HEIGHT = 320;

/** The list itself, beside the words that are typed. */
export function SlashMenu() {
  const { props, index } = useSlash();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [index]);
  if (props === null) return null;
  const box = props.clientRect?.();
  if (box == null) return null;
  const above = box.bottom + HEIGHT > innerHeight;
  return createPortal(
    <div ref={list} className="menu slash-menu" role="listbox" aria-label="Blocks" style={{ left: Math.min(box.left, innerWidth - 300), maxHeight: HEIGHT, ...(above ? { bottom: innerHeight - box.top + 6 } : { top: box.bottom + 6 }) }}>
      {props.items.length === 0 && <p className="muted pad">Nothing is called that.</p>}
      {props.items.map((item, i) => (
        <button key={item.title} type="button" role="option" aria-selected={i === index} className="menu-item" data-highlighted={i === index || undefined} onMouseDown={(event) => { event.preventDefault(); props.command(item); }}>
          <span className="menu-two"><b>{item.title}</b><span className="muted">{item.about}</span></span>
        </button>
      ))}
    </div>,
    document.body,
  );
}
