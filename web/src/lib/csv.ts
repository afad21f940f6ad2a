/** Comma-separated values. Pure. */

/** A row of CSV (RFC 4180). */
export function csvRow(cells: readonly (string | number | null)[]): string {
  return cells.map((cell) => (cell === null ? "" : typeof cell === "string" && /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : String(cell))).join(",");
}
