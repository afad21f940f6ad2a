/** Rows as pictures, with what they are and what was predicted. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { type GridColumn, type GridTable, isMedia } from "@/grid/columns";
import type { Roles } from "@/grid/roles";
import { value } from "@/lib/format";

interface Props {
  table: GridTable;
  rows: Uint32Array;
  columns: GridColumn[];
  roles: Roles[];
  size: number;
  open: number | undefined;
  onOpen: (row: number) => void;
}

/** Tiles in as many columns as fit. A tile with a wrong prediction has a marked edge. */
export function Images({ table, rows, columns, roles, size, open, onOpen }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    if (scroller.current === null) return;
    const watcher = new ResizeObserver((entries) => setWidth(entries[0]?.contentRect.width ?? 800));
    watcher.observe(scroller.current);
    return () => watcher.disconnect();
  }, []);
  const picture = columns.find((column) => column.kind === "media");
  const facts = columns.filter((column) => column.kind !== "media" && column.kind !== "mixed").slice(0, 2);
  const [pair] = roles;
  const truth = table.columns.find((column) => column.name === pair?.actual);
  const guess = table.columns.find((column) => column.name === pair?.predicted);
  const tile = Math.max(64, size);
  const across = Math.max(1, Math.floor((width - 16) / (tile + 10)));
  const lines = useVirtualizer({ count: Math.ceil(rows.length / across), getScrollElement: () => scroller.current, estimateSize: () => tile + 32, overscan: 3 });
  useEffect(() => lines.measure(), [tile, across]);
  if (picture === undefined) return <p className="muted tbl-none">No column of pictures is shown.</p>;
  return (
    <div ref={scroller} className="tbl-scroll tiles" tabIndex={0} aria-label={`${rows.length} pictures`}>
      <div style={{ height: lines.getTotalSize(), position: "relative" }}>
        {lines.getVirtualItems().map((line) => (
          <div key={line.index} className="tile-line" style={{ transform: `translateY(${line.start}px)`, height: tile + 32 }}>
            {Array.from(rows.slice(line.index * across, (line.index + 1) * across)).map((row) => {
              const media = picture.values[row];
              const wrong = truth !== undefined && guess !== undefined && String(truth.values[row]) !== String(guess.values[row]);
              const caption = truth !== undefined && guess !== undefined ? `${value(truth.values[row])} → ${value(guess.values[row])}` : facts.map((column) => value(column.values[row])).join(" · ");
              return (
                <button key={row} type="button" className="tile" data-wrong={wrong} data-open={open === row} style={{ width: tile }} onClick={() => onOpen(row)} title={wrong ? `is ${value(truth?.values[row])}, predicted ${value(guess?.values[row])}` : caption}>
                  {isMedia(media) && media.src !== undefined ? <img loading="lazy" decoding="async" src={media.src} alt={caption} style={{ width: tile, height: tile }} /> : <span className="tile-none" style={{ width: tile, height: tile }} />}
                  <span className="ellipsis">{caption}</span>
                </button>
              );
            })}
          </div>
        ))}
      </div>
      {rows.length === 0 && <p className="tbl-none muted">No row passes. Drop a filter above.</p>}
    </div>
  );
}
