/** A table as text for other programs. Pure. */
import { type GridTable, isMedia } from "./columns";

/** Comma-separated, RFC 4180: media by their path, nested values as JSON. */
export function csv(table: GridTable, rows: ArrayLike<number>): string {
  const quote = (v: unknown) => {
    const text = v === null || v === undefined ? "" : isMedia(v) ? (v.path ?? "") : typeof v === "object" ? JSON.stringify(v) : String(v);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [table.columns.map((column) => quote(column.name)).join(",")];
  for (let i = 0; i < rows.length; i += 1) lines.push(table.columns.map((column) => quote(column.values[rows[i] ?? 0])).join(","));
  return `${lines.join("\r\n")}\r\n`;
}
