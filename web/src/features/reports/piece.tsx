/** A block in the editor that is drawn as readers see it, with what changes it. */
import { NodeViewWrapper, type NodeViewProps } from "@tiptap/react";
import { ArrowDown, ArrowUp, GripVertical, Pencil, Trash2 } from "lucide-react";
import { useContext, useState } from "react";
import { type Json, object } from "@/api/report_spec";
import { shownBy } from "@/api/weave_spec";
import { Block } from "./blocks";
import { DeskContext } from "./desk";
import { EmbedForm } from "./embed_form";
import { ImageForm } from "./image_form";

const labels: Record<string, string> = { "markdown-block": "Markdown", "panel-grid": "Panels", "weave-panel": "From a project", image: "Image", latex: "Formula", "table-of-contents": "Contents" };

/** The node view. A block that can't be edited here can still be moved and removed. */
export function BlockPiece({ node, editor, getPos, updateAttributes, deleteNode, selected }: NodeViewProps) {
  const { entity, project } = useContext(DeskContext);
  const raw = object(node.attrs.raw);
  const kind = String(raw.type ?? "unknown");
  const shown = kind === "weave-panel" ? shownBy(raw) : null;
  const nameless = shown !== null && (shown.kind === "table" ? shown.key : shown.name) === "";
  const [open, setOpen] = useState(nameless || (kind === "markdown-block" && raw.content === "") || (kind === "image" && raw.url === ""));
  const put = (block: Json) => updateAttributes({ raw: block });
  const all = (editor.getJSON().content ?? []).flatMap((one) => (one.type === "heading" ? [{ type: "heading", level: one.attrs?.level as unknown, children: (one.content ?? []).map((part) => ({ text: "text" in part ? part.text : "" })) }] : []));
  const text = kind === "markdown-block" || kind === "latex";
  const editable = text || kind === "image" || shown !== null;
  const move = (by: -1 | 1) => {
    const at = getPos();
    if (at === undefined) return;
    const { doc, tr } = editor.state;
    const index = doc.resolve(at).index(0);
    const other = doc.maybeChild(index + by);
    if (other == null) return;
    const to = by === -1 ? at - other.nodeSize : at + other.nodeSize;
    editor.view.dispatch(tr.delete(at, at + node.nodeSize).insert(to, node));
  };
  const label = labels[kind] ?? kind;
  return (
    <NodeViewWrapper className="piece" data-kind={kind} data-selected={selected || undefined}>
      <div className="piece-tools" contentEditable={false}>
        <span className="piece-grip" data-drag-handle title="Drag; Alt with the arrow keys moves it too"><GripVertical size={13} />{label}</span>
        <span className="grow" />
        <button type="button" className="button quiet icon" aria-label={`Move ${label} up`} onClick={() => move(-1)}><ArrowUp size={13} /></button>
        <button type="button" className="button quiet icon" aria-label={`Move ${label} down`} onClick={() => move(1)}><ArrowDown size={13} /></button>
        {editable && <button type="button" className="button quiet icon" aria-label={`Edit ${label}`} aria-pressed={open} onClick={() => setOpen(!open)}><Pencil size={13} /></button>}
        <button type="button" className="button quiet icon" aria-label={`Remove ${label}`} onClick={() => deleteNode()}><Trash2 size={13} /></button>
      </div>
      <div contentEditable={false} className="piece-body">
        {open && text && <textarea className="field mono" aria-label={label} autoFocus rows={Math.max(4, String(raw.content ?? "").split("\n").length + 1)} value={String(raw.content ?? "")} onChange={(event) => put({ ...raw, content: event.target.value })} onKeyDown={(event) => event.key === "Escape" && setOpen(false)} />}
        {open && kind === "image" && <ImageForm block={raw} onBlock={put} />}
        {open && kind === "weave-panel" && <EmbedForm block={raw} entity={entity} project={project} onBlock={(block) => { put(block); setOpen(false); }} onClose={() => setOpen(false)} />}
        {kind === "table-of-contents" && all.length === 0 ? <p className="muted">Headings of this report are listed here.</p> : nameless || (kind === "image" && raw.url === "") ? !open && <p className="muted">Nothing is chosen yet.</p> : text && raw.content === "" ? !open && <p className="muted">Nothing is written here yet.</p> : <Block block={raw} all={all} at={String(getPos() ?? 0)} entity={entity} project={project} onBlock={put} />}
      </div>
    </NodeViewWrapper>
  );
}
