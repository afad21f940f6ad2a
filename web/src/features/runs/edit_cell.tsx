/** A run's name, tags or notes, changed above their cell in the table. */
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useEditRun } from "@/api/needs";
import { toast, toastError } from "@/lib/toasts";

export type Field = "display_name" | "tags" | "notes";

export interface Editing {
  index: number;
  field: Field;
}

interface Props {
  entity: string;
  project: string;
  runId: string;
  field: Field;
  value: string;
  /** The cell that it covers. */
  cell: HTMLElement;
  /** Tags that other runs have. */
  known: readonly string[];
  onClose: () => void;
  /** To the next or the one before of the row's cells that can be changed. */
  onNext: (by: 1 | -1) => void;
}

const labels: Record<Field, string> = { display_name: "Name", tags: "Tags, with commas between them", notes: "Notes" };
const WIDEST = 460;

/** Enter and Tab save, Escape drops the change; a scroll or a click elsewhere saves too. */
export function EditCell({ entity, project, runId, field, value, cell, known, onClose, onNext }: Props) {
  const [text, setText] = useState(value);
  const edit = useEditRun(entity, project, runId);
  const done = useRef(false);
  const place = cell.getBoundingClientRect();
  const save = () => {
    if (done.current) return;
    done.current = true;
    const change = changeOf(field, text);
    // The field is gone when the answer comes, so the promise tells of it.
    if (text !== value && change !== null) edit.mutateAsync(change).then(() => toast(`${labels[field].split(",")[0]} saved.`, { of: [`${entity}/${project}/runs/${runId}`], undo: () => edit.mutateAsync(changeOf(field, value) ?? {}) }), toastError);
    onClose();
  };
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const grid = cell.closest(".grid");
    const end = () => latest.current();
    grid?.addEventListener("scroll", end, { once: true });
    return () => grid?.removeEventListener("scroll", end);
  }, [cell]);
  return createPortal(
    <span className="edit-cell" style={{ left: Math.max(4, Math.min(place.left, innerWidth - 200)), top: place.top, width: Math.min(WIDEST, Math.max(place.width, field === "notes" ? WIDEST : 200), innerWidth - 8), height: place.height }}>
      <input
        className="field"
        aria-label={labels[field]}
        autoFocus
        list={field === "tags" ? "tags-known" : undefined}
        value={text}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            done.current = true;
            onClose();
          } else if (event.key === "Enter") save();
          else if (event.key === "Tab") {
            save();
            onNext(event.shiftKey ? -1 : 1);
          } else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {field === "tags" && <datalist id="tags-known">{known.map((one) => <option key={one}>{text.includes(",") ? `${text.slice(0, text.lastIndexOf(",") + 1)} ${one}` : one}</option>)}</datalist>}
    </span>,
    document.body,
  );
}

function changeOf(field: Field, text: string): { display_name?: string; tags?: string[]; notes?: string } | null {
  if (field === "tags") return { tags: [...new Set(text.split(",").map((one) => one.trim()).filter(Boolean))] };
  if (field === "notes") return { notes: text };
  return text.trim() === "" ? null : { display_name: text.trim() };
}
