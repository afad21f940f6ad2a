/** A window above the page that keeps the focus until it is closed. */
import { X } from "lucide-react";
import type { ReactNode } from "react";
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
}

/** Escape, the cross and a click beside it close it. */
export function Dialog({ title, about, open, onClose, children, size = "small", quiet = false }: Props) {
  const Primitive = usePrimitives(open)?.Dialog;
  if (Primitive === undefined) return null;
  return (
    <Primitive.Root open onOpenChange={(next) => !next && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="overlay" />
        <Primitive.Content className="card dialog" data-size={size} aria-describedby={about === undefined ? undefined : "dialog-about"}>
          <div className={quiet ? "hidden" : "row dialog-head"}>
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
