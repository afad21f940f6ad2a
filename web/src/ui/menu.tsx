/** A menu behind a button: by pointer and by keyboard. */
import { Check } from "lucide-react";
import { type ReactElement, type ReactNode, useState } from "react";
import { opener, primitives, usePrimitives } from "./late";

/** `trigger` is the button that opens it. */
export function Menu({ trigger, children, align = "end" }: { trigger: ReactElement; children: ReactNode; align?: "start" | "end" }) {
  const [open, setOpen] = useState<boolean | null>(null);
  const DropdownMenu = usePrimitives(open !== null)?.DropdownMenu;
  if (DropdownMenu === undefined) return opener(trigger, "menu", () => setOpen(true));
  return (
    <DropdownMenu.Root modal={false} open={open === true} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align={align} sideOffset={6} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  children: ReactNode;
  icon?: ReactNode;
  keys?: string;
  bad?: boolean;
  disabled?: boolean;
  onSelect?: () => void;
}

/** One thing to do. */
export function MenuItem({ children, icon, keys, bad = false, disabled = false, onSelect }: ItemProps) {
  const { DropdownMenu } = primitives();
  return (
    <DropdownMenu.Item className="menu-item" data-bad={bad || undefined} disabled={disabled} onSelect={onSelect}>
      <span className="menu-icon" aria-hidden="true">{icon}</span>
      <span className="grow">{children}</span>
      {keys !== undefined && <Keys keys={keys} />}
    </DropdownMenu.Item>
  );
}

/** A place to go. */
export function MenuLink({ href, children, icon, download }: { href: string; children: ReactNode; icon?: ReactNode; download?: string }) {
  const { DropdownMenu } = primitives();
  return (
    <DropdownMenu.Item className="menu-item" asChild>
      <a href={href} download={download}>
        <span className="menu-icon" aria-hidden="true">{icon}</span>
        <span className="grow">{children}</span>
      </a>
    </DropdownMenu.Item>
  );
}

/** One of several, marked when it is the one in use. */
export function MenuChoice({ children, chosen, keys, onSelect }: { children: ReactNode; chosen: boolean; keys?: string; onSelect: () => void }) {
  const { DropdownMenu } = primitives();
  return (
    <DropdownMenu.CheckboxItem className="menu-item" checked={chosen} onSelect={onSelect}>
      <span className="menu-icon" aria-hidden="true">{chosen && <Check size={14} />}</span>
      <span className="grow">{children}</span>
      {keys !== undefined && <Keys keys={keys} />}
    </DropdownMenu.CheckboxItem>
  );
}

/** A colour to choose; several stand in a row inside `div.swatches`. */
export function MenuSwatch({ colour, chosen, onSelect }: { colour: string; chosen: boolean; onSelect: () => void }) {
  const { DropdownMenu } = primitives();
  return <DropdownMenu.CheckboxItem className="swatch" style={{ background: colour }} aria-label={`Colour ${colour}`} checked={chosen} onSelect={onSelect} />;
}

/** A heading inside. */
export function MenuLabel({ children }: { children: ReactNode }) {
  const { DropdownMenu } = primitives();
  return <DropdownMenu.Label className="menu-label">{children}</DropdownMenu.Label>;
}

/** A line between groups. */
export function MenuLine() {
  const { DropdownMenu } = primitives();
  return <DropdownMenu.Separator className="menu-line" />;
}

/** Keys as they are printed on the board. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys">
      {keys.split(" ").map((key, i) => <kbd key={`${key}${i}`} className="kbd">{key}</kbd>)}
    </span>
  );
}
