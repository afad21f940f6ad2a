/** Reads a table's file beside the page: bytes in, typed columns out. */
import { fromFile, type TableFile } from "./columns";

/** Clients write bare NaN and infinities, which JSON does not know: they become null outside of texts. */
function parsed(text: string): TableFile {
  try {
    return JSON.parse(text) as TableFile;
  } catch {
    return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) => (found.startsWith('"') ? found : "null"))) as TableFile;
  }
}

self.onmessage = (event: MessageEvent<{ id: number; bytes: ArrayBuffer; base: string }>) => {
  const { id, bytes, base } = event.data;
  try {
    const file = parsed(new TextDecoder().decode(bytes));
    if (!Array.isArray(file.columns) || !Array.isArray(file.data)) throw new Error("expected an object with columns and data");
    const table = fromFile(file, base);
    const buffers = table.columns.flatMap((column) => (column.values instanceof Float64Array ? [column.values.buffer as ArrayBuffer] : []));
    self.postMessage({ id, table }, { transfer: buffers });
  } catch (error) {
    self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
