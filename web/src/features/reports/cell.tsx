/** A panel's place in a report's grid that can be dragged and resized, by pointer and by keyboard. */
import { Grip } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";
import { COLUMNS, type Place } from "@/lib/grid_layout";

// Height of a row of the grid with its gap, as in reports.css.
export const ROW = 42;

interface Props {
  id: string;
  place: Place;
  title: string;
  children: ReactNode;
  /** What the grid would look like; null: as before. */
  onTry: (wanted: Place | null) => void;
  onPlace: (wanted: Place) => void;
  /** By keyboard, a step in one direction. */
  onStep: (dx: number, dy: number) => void;
}

const steps: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The cell with its two handles. */
export function MovableCell({ id, place, title, children, onTry, onPlace, onStep }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const drag = (sizes: boolean) => (event: PointerEvent<HTMLButtonElement>) => {
    const width = box.current?.parentElement?.clientWidth;
    if (event.button !== 0 || width === undefined) return;
    event.preventDefault();
    const handle = event.currentTarget;
    const from = { x: event.clientX, y: event.clientY };
    const wanted = (at: { clientX: number; clientY: number }): Place => {
      const dx = Math.round((at.clientX - from.x) / (width / COLUMNS));
      const dy = Math.round((at.clientY - from.y) / ROW);
      return sizes ? { ...place, w: Math.min(COLUMNS - place.x, place.w + dx), h: place.h + dy } : { ...place, x: place.x + dx, y: place.y + dy };
    };
    const move = (at: globalThis.PointerEvent) => onTry(wanted(at));
    const end = (at: globalThis.PointerEvent) => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
      onTry(null);
      if (at.type === "pointerup") onPlace(wanted(at));
    };
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const [dx, dy] = step;
    if (event.shiftKey) onPlace({ ...place, w: Math.min(COLUMNS - place.x, place.w + dx), h: place.h + dy });
    else onStep(dx, dy);
  };
  return (
    <div ref={box} className="report-cell" data-movable data-place={id} style={{ gridColumn: `${place.x + 1} / span ${place.w}`, gridRow: `${place.y + 1} / span ${place.h}` }}>
      {children}
      <button type="button" className="cell-grip" aria-label={`Move ${title}: arrow keys, with Shift they resize it`} title="Drag; the arrow keys move it, with Shift they resize it" onPointerDown={drag(false)} onKeyDown={onKey}><Grip size={12} /></button>
      <button type="button" className="cell-size" aria-label={`Resize ${title}`} title="Drag to resize" tabIndex={-1} onPointerDown={drag(true)} />
    </div>
  );
}
