/** A small histogram that filters: a click picks a bar, dragging picks a range. */
import { type PointerEvent, useRef, useState } from "react";
import type { Bin } from "@/grid/columns";
import { value } from "@/lib/format";
import type { Pick } from "@/lib/tables";

interface Props {
  column: string;
  bins: Bin[];
  /** Rows in each bin that are left, where that differs from all. */
  left?: number[];
  label: string;
  onPick?: ((pick: Pick) => void) | undefined;
}

/** Grey bars for all rows, coloured ones for those that are left. */
export function Bars({ column, bins, left, label, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  if (bins.length < 2) return <div className="hist" />;
  const most = Math.max(...bins.map((bin) => bin.n), 1);
  const at = (event: PointerEvent) => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined) return 0;
    return Math.max(0, Math.min(bins.length - 1, Math.floor(((event.clientX - rect.left) / rect.width) * bins.length)));
  };
  const end = () => {
    if (drag === null) return;
    const [from, to] = [bins[Math.min(...drag)], bins[Math.max(...drag)]];
    setDrag(null);
    if (from === undefined || to === undefined) return;
    if (from.value !== null && from === to) onPick?.({ column, value: from.value });
    else if (from.value !== null && to.value !== null && Number.isFinite(Number(from.value)) && Number.isFinite(Number(to.value))) onPick?.({ column, lo: Number(from.value), hi: Number(to.value) });
    else if (from.lo !== null && to.hi !== null) onPick?.({ column, lo: from.lo, hi: to.hi });
    else if (to.value !== null) onPick?.({ column, value: to.value });
  };
  const labelled = bins.length <= 12 && bins.every((bin) => bin.value !== null && bin.value.length <= 5);
  const said = (bin: Bin, i: number) => `${bin.value ?? `${value(bin.lo)} to ${value(bin.hi)}`}: ${(left?.[i] ?? bin.n).toLocaleString("en-US")}${left !== undefined && left[i] !== bin.n ? ` of ${bin.n.toLocaleString("en-US")}` : ""} rows`;
  return (
    <div
      ref={box}
      className="hist"
      data-picks={onPick !== undefined}
      data-labelled={labelled}
      role="group"
      aria-label={label}
      onPointerDown={(event) => {
        if (onPick === undefined) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([at(event), at(event)]);
      }}
      onPointerMove={(event) => drag !== null && setDrag([drag[0], at(event)])}
      onPointerUp={end}
      onPointerCancel={() => setDrag(null)}
    >
      {bins.map((bin, i) => {
        const marked = drag !== null && i >= Math.min(...drag) && i <= Math.max(...drag);
        const inner = (
          <>
            <i style={{ height: `${(bin.n / most) * 100}%` }} />
            {left !== undefined && <b style={{ height: `${((left[i] ?? 0) / most) * 100}%` }} />}
            {labelled && <em aria-hidden="true">{bin.value}</em>}
          </>
        );
        return onPick === undefined ? (
          <span key={`${bin.value} ${bin.lo}`} title={said(bin, i)}>{inner}</span>
        ) : (
          <button key={`${bin.value} ${bin.lo}`} type="button" tabIndex={-1} data-marked={marked} title={said(bin, i)} aria-label={said(bin, i)} onKeyDown={(event) => event.key === "Enter" && bin.value !== null && onPick({ column, value: bin.value })}>{inner}</button>
        );
      })}
    </div>
  );
}
