/** Tables from the bytes of their files, parsed in a worker so that the page stays responsive. */
import type { GridTable } from "./columns";

type Answer = { id: number; table?: GridTable; error?: string };
type Waiting = { done: (table: GridTable) => void; failed: (error: Error) => void };

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, Waiting>();

function started(): Worker {
  if (worker !== null) return worker;
  worker = new Worker(new URL("./columnise.worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = (event: MessageEvent<Answer>) => {
    const { id, table, error } = event.data;
    const one = waiting.get(id);
    waiting.delete(id);
    if (table !== undefined) one?.done(table);
    else one?.failed(new Error(`This file is no table: ${error ?? "unknown"}.`));
  };
  worker.onerror = (event) => {
    for (const one of waiting.values()) one.failed(new Error(`The table could not be read: ${event.message}`));
    waiting.clear();
    worker = null;
  };
  return worker;
}

/** Columns of a table's file. `base` is the address in front of the paths of its media. The bytes are used up. */
export function columnise(bytes: ArrayBuffer, base: string): Promise<GridTable> {
  return new Promise((done, failed) => {
    last += 1;
    waiting.set(last, { done, failed });
    started().postMessage({ id: last, bytes, base }, [bytes]);
  });
}
