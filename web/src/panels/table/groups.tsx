/** One line for each value of a column: how many rows, how every other column is spread among them, and their pictures. */
import { useMemo } from "react";
import { type Bin, countInto, type GridColumn, type GridTable, histogram, isMedia, summary } from "@/grid/columns";
import { groups } from "@/grid/filter";
import { metric } from "@/lib/format";
import type { Pick } from "@/lib/tables";
import { Bars } from "./bars";

interface Props {
  table: GridTable;
  rows: Uint32Array;
  columns: GridColumn[];
  by: GridColumn;
  images: boolean;
  onPick: (pick: Pick) => void;
  onOpen: (row: number) => void;
}

const MOST_GROUPS = 300;

/** The groups. All lines of a column share its bins, each scaled to its own rows, so that shapes compare. */
export function Groups({ table, rows, columns, by, images, onPick, onOpen }: Props) {
  const found = useMemo(() => groups(by, rows), [by, rows]);
  const others = useMemo(() => columns.filter((column) => column !== by && column.kind !== "mixed"), [columns, by]);
  const bins = useMemo(() => others.map((column) => histogram(column, rows)), [others, rows]);
  const most = Math.max(...found.map((group) => group.rows.length), 1);
  return (
    <div className="tbl-scroll" tabIndex={0}>
      <table className="table groups">
        <thead>
          <tr><th>{by.name}</th><th>Rows</th>{others.map((column, i) => <th key={column.name}>{column.name}<Deviation column={column} bins={bins[i] ?? []} groups={found} all={rows} /></th>)}</tr>
        </thead>
        <tbody>
          {found.slice(0, MOST_GROUPS).map((group) => (
            <tr key={group.key} data-group={group.key}>
              <td><button type="button" className="link group-key" title={`Only rows where ${by.name} is ${group.key}`} onClick={() => onPick({ column: by.name, value: group.key })}>{group.key}</button></td>
              <td><span className="group-count"><i style={{ width: `${(group.rows.length / most) * 100}%` }} /><b>{group.rows.length.toLocaleString("en-US")}</b><span className="muted">{((group.rows.length / Math.max(1, rows.length)) * 100).toFixed(1)} %</span></span></td>
              {others.map((column, i) => (
                <td key={column.name}>
                  {column.kind === "media" ? <Strip column={column} rows={group.rows} most={images ? 40 : 14} onOpen={onOpen} /> : <Spread table={table} column={column} bins={bins[i] ?? []} rows={group.rows} label={`${column.name} where ${by.name} is ${group.key}`} />}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {found.length > MOST_GROUPS && <p className="muted tbl-none">The first {MOST_GROUPS} of {found.length.toLocaleString("en-US")} groups.</p>}
    </div>
  );
}

function Spread({ column, bins, rows, label }: { table: GridTable; column: GridColumn; bins: Bin[]; rows: Uint32Array; label: string }) {
  const counts = useMemo(() => countInto(column, rows, bins), [column, rows, bins]);
  const own = bins.map((bin, i) => ({ ...bin, n: counts[i] ?? 0 }));
  const mean = column.kind === "number" && bins.some((bin) => bin.value === null) ? summary(column, rows).mean : null;
  return <span className="spread"><Bars column={column.name} bins={own} label={label} />{mean !== null && <span className="muted">mean {metric(mean)}</span>}</span>;
}

function Strip({ column, rows, most, onOpen }: { column: GridColumn; rows: Uint32Array; most: number; onOpen: (row: number) => void }) {
  return (
    <span className="strip">
      {Array.from(rows.slice(0, most)).map((row) => {
        const media = column.values[row];
        return !isMedia(media) || media.src === undefined ? null : (
          <button key={row} type="button" aria-label={`Open row ${row}`} onClick={() => onOpen(row)}><img loading="lazy" decoding="async" src={media.src} alt="" /></button>
        );
      })}
      {rows.length > most && <span className="muted">+{(rows.length - most).toLocaleString("en-US")}</span>}
    </span>
  );
}

/** How far the shares of a group stray from those of all rows: the check of a stratified split in one number. */
function Deviation({ column, bins, groups: found, all }: { column: GridColumn; bins: Bin[]; groups: { key: string; rows: Uint32Array }[]; all: Uint32Array }) {
  const worst = useMemo(() => {
    if (bins.length < 2 || bins[0]?.value === null || found.length < 2 || found.length > 12) return null;
    // Shares of a handful of rows say nothing.
    if (found.some((group) => group.rows.length < 10 * bins.length)) return null;
    const whole = countInto(column, all, bins);
    let at = { points: 0, text: "" };
    for (const group of found) {
      const counts = countInto(column, group.rows, bins);
      bins.forEach((bin, i) => {
        const points = ((counts[i] ?? 0) / group.rows.length - (whole[i] ?? 0) / all.length) * 100;
        if (Math.abs(points) > Math.abs(at.points)) at = { points, text: `${column.name} ${bin.value}: ${(((counts[i] ?? 0) / group.rows.length) * 100).toFixed(1)} % of ${group.key}, ${(((whole[i] ?? 0) / all.length) * 100).toFixed(1)} % of all` };
      });
    }
    return at;
  }, [column, bins, found, all]);
  return worst === null ? null : <span className="muted deviation" title={worst.text}>shares differ by at most {Math.abs(worst.points).toFixed(1)} points</span>;
}
