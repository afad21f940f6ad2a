/** A window above the page that keeps the focus until it is closed. */
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import { usePrimitives } from "./late";

interface Props {
  title: string;
  /** Said to screen readers, and under the title unless `quiet`. */
  about?: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: "small" | "wide" | "full";
  /** The title is for screen readers only. */
  quiet?: boolean;
  /** To the panel after this one or before it, by buttons and arrow keys. */
  onBeside?: (by: 1 | -1) => void;
}

/** What has a use of its own for arrow keys. */
const BUSY = "input, select, textarea, [contenteditable], [role=grid], [role=slider], [role=menu], [role=tablist], .panel-table";

/** Escape, the cross and a click beside it close it. */
export function Dialog({ title, about, open, onClose, children, size = "small", quiet = false, onBeside }: Props) {
  const Primitive = usePrimitives(open)?.Dialog;
  if (Primitive === undefined) return null;
  const step = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : null;
    if (by === null || event.altKey || event.ctrlKey || event.metaKey || (event.target as Element).closest(BUSY) !== null) return;
    event.preventDefault();
    onBeside?.(by);
  };
  return (
    <Primitive.Root open onOpenChange={(next) => !next && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="overlay" />
        <Primitive.Content className="card dialog" data-size={size} aria-describedby={about === undefined ? undefined : "dialog-about"} onKeyDown={onBeside === undefined ? undefined : step}>
          <div className={quiet ? "hidden" : "row dialog-head"}>
            {onBeside !== undefined && (
              <>
                <button type="button" className="button quiet icon" aria-label="Panel before" title="Panel before (←)" onClick={() => onBeside(-1)}><ChevronLeft size={16} /></button>
                <button type="button" className="button quiet icon" aria-label="Next panel" title="Next panel (→)" onClick={() => onBeside(1)}><ChevronRight size={16} /></button>
              </>
            )}
            <Primitive.Title className="grow">{title}</Primitive.Title>
            {!quiet && <Primitive.Close className="button quiet icon" aria-label="Close"><X size={16} /></Primitive.Close>}
          </div>
          {about !== undefined && <Primitive.Description id="dialog-about" className={quiet ? "hidden" : "muted"}>{about}</Primitive.Description>}
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
