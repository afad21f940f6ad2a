/** A small window beside its button, for settings that are seen to work at once. */
import { type ReactElement, type ReactNode, useState } from "react";
import { opener, usePrimitives } from "./late";

/** `trigger` is the button that opens it. */
export function Popover({ trigger, title, children, width = 320, align = "start" }: { trigger: ReactElement; title: string; children: ReactNode; width?: number; align?: "start" | "end" }) {
  const [open, setOpen] = useState<boolean | null>(null);
  const Primitive = usePrimitives(open !== null)?.Popover;
  if (Primitive === undefined) return opener(trigger, "dialog", () => setOpen(true));
  return (
    <Primitive.Root open={open === true} onOpenChange={setOpen}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content className="popover" aria-label={title} align={align} sideOffset={6} collisionPadding={10} style={{ width: `min(${width}px, 94vw)` }}>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
