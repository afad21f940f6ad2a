/** A small window beside its button, for settings that are seen to work at once. */
import { Popover as Primitive } from "radix-ui";
import type { ReactNode } from "react";

/** `trigger` is the button that opens it. */
export function Popover({ trigger, title, children, width = 320, align = "start" }: { trigger: ReactNode; title: string; children: ReactNode; width?: number; align?: "start" | "end" }) {
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content className="popover" aria-label={title} align={align} sideOffset={6} collisionPadding={10} style={{ width: `min(${width}px, 94vw)` }}>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
