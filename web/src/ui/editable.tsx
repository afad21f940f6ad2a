/** A text that is changed where it stands. */
import { Pencil } from "lucide-react";
import { type ReactNode, useState } from "react";

interface Props {
  value: string;
  label: string;
  /** What is shown while nobody edits. */
  children: ReactNode;
  may: boolean;
  lines?: number;
  onSave: (value: string) => void;
}

/** Shown with a pencil; Ctrl+Enter saves, Escape drops the change. */
export function Editable({ value, label, children, may, lines = 6, onSave }: Props) {
  const [text, setText] = useState<string | null>(null);
  if (text === null) {
    return (
      <div className="editable">
        <div className="grow">{children}</div>
        {may && <button type="button" className="button quiet icon" aria-label={`Edit ${label}`} onClick={() => setText(value)}><Pencil size={14} /></button>}
      </div>
    );
  }
  const save = () => {
    if (text !== value) onSave(text);
    setText(null);
  };
  return (
    <form className="editable-form" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <textarea className="field" aria-label={label} rows={lines} autoFocus value={text} onChange={(event) => setText(event.target.value)} onKeyDown={(event) => {
        if (event.key === "Escape") { event.stopPropagation(); setText(null); }
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
      }} />
      <div className="row"><span className="muted grow">Markdown</span><button type="button" className="button" onClick={() => setText(null)}>Drop</button><button type="submit" className="button primary">Save</button></div>
    </form>
  );
}

/** One line that is changed where it stands: Enter saves, Escape drops the change. */
export function EditableLine({ value, label, children, may, onSave }: Omit<Props, "lines">) {
  const [text, setText] = useState<string | null>(null);
  if (text === null) {
    return (
      <span className="editable-line">
        {children}
        {may && <button type="button" className="button quiet icon" aria-label={`Edit ${label}`} onClick={() => setText(value)}><Pencil size={13} /></button>}
      </span>
    );
  }
  const save = () => {
    if (text.trim() !== "" && text.trim() !== value) onSave(text.trim());
    setText(null);
  };
  return (
    <form className="editable-line" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <input className="field" aria-label={label} autoFocus value={text} onChange={(event) => setText(event.target.value)} onBlur={save} onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        setText(null);
      }} />
    </form>
  );
}

interface WordsProps {
  words: string[];
  label: string;
  may: boolean;
  onAdd: (word: string) => void;
  onRemove: (word: string) => void;
  known?: string[];
  show: (word: string) => ReactNode;
}

/** Words such as tags or aliases with a cross each and a field for one more. */
export function Words({ words, label, may, onAdd, onRemove, known = [], show }: WordsProps) {
  const [text, setText] = useState<string | null>(null);
  const id = `known-${label.replace(/\W+/g, "-")}`;
  return (
    <span className="row wrap words">
      {words.map((word) => (
        <span key={word} className="word">{show(word)}{may && <button type="button" aria-label={`Take ${word} off`} title={`Take ${word} off`} onClick={() => onRemove(word)}>×</button>}</span>
      ))}
      {may && (text === null ? (
        <button type="button" className="word-add" aria-label={`Add: ${label}`} title={`Add: ${label}`} onClick={() => setText("")}>+</button>
      ) : (
        <form onSubmit={(event) => { event.preventDefault(); if (text.trim() !== "") onAdd(text.trim()); setText(null); }}>
          <input className="field" autoFocus aria-label={`New: ${label}`} placeholder={label} list={id} value={text} onChange={(event) => setText(event.target.value)} onBlur={() => text.trim() === "" && setText(null)} onKeyDown={(event) => event.key === "Escape" && setText(null)} />
          <datalist id={id}>{known.filter((one) => !words.includes(one)).map((one) => <option key={one}>{one}</option>)}</datalist>
        </form>
      ))}
    </span>
  );
}
