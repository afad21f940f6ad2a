/** The text of a report with its blocks, written in one piece. */
import { EditorContent, useEditor, useEditorState } from "@tiptap/react";
import { Bold, Code, Italic, Link2, Plus, Redo2, Strikethrough, Underline, Undo2 } from "lucide-react";
import { useMemo, useState } from "react";
import { blocksFrom, docFrom, type DocNode } from "@/api/report_doc";
import { type Desk, DeskContext } from "./desk";
import { extensions } from "./nodes";
import { slash, SlashMenu } from "./slash";

interface Props {
  blocks: readonly unknown[];
  desk: Desk;
  /** Called at each change with the way to the blocks as they are then. */
  onChange: (blocks: () => unknown[]) => void;
}

const marks = [
  { name: "bold", label: "Bold", keys: "Ctrl B", icon: Bold },
  { name: "italic", label: "Italic", keys: "Ctrl I", icon: Italic },
  { name: "underline", label: "Underlined", keys: "Ctrl U", icon: Underline },
  { name: "strike", label: "Struck through", keys: "Ctrl Shift S", icon: Strikethrough },
  { name: "code", label: "Code", keys: "Ctrl E", icon: Code },
] as const;

/** The editor. Its document is read once, when it is opened. */
export function Editor({ blocks, desk, onChange }: Props) {
  const [first] = useState(() => docFrom(blocks));
  const editor = useEditor({
    extensions: useMemo(() => [...extensions, slash(desk)], [desk]),
    content: first,
    editorProps: { attributes: { class: "report-text", "aria-label": "Text of the report", role: "textbox", "aria-multiline": "true" } },
    onUpdate: ({ editor: now }) => onChange(() => blocksFrom(now.getJSON() as DocNode)),
  });
  const state = useEditorState({ editor, selector: ({ editor: now }) => ({ active: marks.filter((one) => now.isActive(one.name)).map((one) => one.name as string), link: now.isActive("link"), undo: now.can().undo(), redo: now.can().redo(), empty: now.isEmpty }) });
  const [address, setAddress] = useState<string | null>(null);
  const insert = () => {
    const at = editor.state.selection.$to;
    const end = at.depth === 0 ? editor.state.selection.to : at.after(1);
    // On an empty line the menu opens where the cursor is; else on a new line below.
    if (at.depth > 0 && at.parent.content.size === 0) editor.chain().focus().insertContent("/").run();
    else editor.chain().insertContentAt(end, { type: "paragraph" }).focus(end + 1).insertContent("/").run();
  };
  return (
    <DeskContext.Provider value={desk}>
      <div className="row wrap write-bar" role="toolbar" aria-label="Format">
        <button type="button" className="button" onClick={insert}><Plus size={14} />Block</button>
        {marks.map((one) => <button key={one.name} type="button" className="button quiet icon" aria-label={one.label} title={`${one.label} (${one.keys})`} aria-pressed={state.active.includes(one.name)} onClick={() => editor.chain().focus().toggleMark(one.name).run()}><one.icon size={14} /></button>)}
        <button type="button" className="button quiet icon" aria-label="Link" title="Link" aria-pressed={state.link} onClick={() => setAddress(address === null ? String(editor.getAttributes("link").href ?? "") : null)}><Link2 size={14} /></button>
        <button type="button" className="button quiet icon" aria-label="Undo" title="Undo (Ctrl Z)" disabled={!state.undo} onClick={() => editor.chain().focus().undo().run()}><Undo2 size={14} /></button>
        <button type="button" className="button quiet icon" aria-label="Redo" title="Redo (Ctrl Y)" disabled={!state.redo} onClick={() => editor.chain().focus().redo().run()}><Redo2 size={14} /></button>
        <span className="muted">Type <kbd className="kbd">/</kbd> for headings, panels, tables and more; <kbd className="kbd">Alt</kbd> with <kbd className="kbd">↑</kbd> <kbd className="kbd">↓</kbd> moves a block.</span>
        {address !== null && (
          <form className="row write-link" onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); const chain = editor.chain().focus().extendMarkRange("link"); if (address.trim() === "") chain.unsetLink().run(); else if (editor.state.selection.empty && !state.link) chain.insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href: address } }] }).run(); else chain.setLink({ href: address }).run(); setAddress(null); }}>
            <input className="field grow" aria-label="Address of the link" placeholder="https://…, empty takes the link off" autoFocus value={address} onChange={(event) => setAddress(event.target.value)} onKeyDown={(event) => event.key === "Escape" && setAddress(null)} />
            <button type="submit" className="button">Set</button>
          </form>
        )}
      </div>
      <EditorContent editor={editor} />
      <SlashMenu />
    </DeskContext.Provider>
  );
}
