/** One row whole, its picture large. */
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { type GridTable, isMedia, type Media } from "@/grid/columns";
import { value } from "@/lib/format";

interface Props {
  table: GridTable;
  row: number;
  rows: Uint32Array;
  onRow: (row: number | undefined) => void;
}

/** The side. Up and down go through the rows that are left. */
export function RowSide({ table, row, rows, onRow }: Props) {
  const at = rows.indexOf(row);
  const step = (by: number) => {
    const next = rows[at + by];
    if (next !== undefined) onRow(next);
  };
  return (
    <aside className="tbl-side" aria-label={`Row ${row}`} onKeyDown={(event) => {
      if (event.key === "Escape") onRow(undefined);
      else if (event.key === "ArrowDown") step(1);
      else if (event.key === "ArrowUp") step(-1);
      else return;
      event.preventDefault();
    }}>
      <header className="row">
        <h3 className="grow">Row {row.toLocaleString("en-US")}</h3>
        <button type="button" className="button quiet icon" aria-label="Row before" disabled={at <= 0} onClick={() => step(-1)}><ChevronUp size={15} /></button>
        <button type="button" className="button quiet icon" aria-label="Row after" disabled={at === -1 || at === rows.length - 1} onClick={() => step(1)}><ChevronDown size={15} /></button>
        <button type="button" className="button quiet icon" aria-label="Close the row" onClick={() => onRow(undefined)}><X size={14} /></button>
      </header>
      {table.columns.filter((column) => column.kind === "media").map((column) => {
        const media = column.values[row];
        return isMedia(media) ? <figure key={column.name} className="row-media"><Large media={media} /><figcaption className="muted">{column.name}{media.caption === undefined ? "" : ` · ${media.caption}`}</figcaption></figure> : null;
      })}
      <dl className="facts">
        {table.columns.filter((column) => column.kind !== "media").map((column) => (
          <Field key={column.name} name={column.name} v={column.values[row]} />
        ))}
      </dl>
    </aside>
  );
}

function Field({ name, v }: { name: string; v: unknown }) {
  return (<><dt className="mono">{name}</dt><dd>{typeof v === "object" && v !== null ? <pre className="code">{JSON.stringify(v, null, 2)}</pre> : value(v)}</dd></>);
}

function Large({ media }: { media: Media }) {
  if (media.src === undefined) return <span className="muted">{media._type}</span>;
  if (media._type === "image-file") return <a href={media.src} target="_blank" rel="noreferrer"><img src={media.src} alt={media.caption ?? "The picture of this row"} data-small={(media.width ?? 0) < 200} /></a>;
  if (media._type === "audio-file") return <audio controls src={media.src} aria-label="The sound of this row" />;
  if (media._type === "video-file") return <video controls src={media.src} aria-label="The video of this row" />;
  // The frame may run the page's own scripts but is of no origin: it reads nothing of this one.
  if (media._type === "html-file") return <iframe sandbox="allow-scripts" src={media.src} title="The page of this row" />;
  return <a href={media.src} download>{media.path}</a>;
}
