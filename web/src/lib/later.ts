/** What a page can do without until it has drawn what it was opened for. */
import { type ComponentType, lazy, useEffect, useState } from "react";

const idle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run));

/** Do something once the document has been loaded for so long and nothing else is to do. A page that waits for its first
 * data is idle, too: what comes later is not to stand in the way of those. */
export function whenQuiet(run: () => void, ms: number): void {
  const begin = () => void setTimeout(() => idle(run), ms);
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
}

const FIRST_DATA_MS = 700;
let quiet = false;
const waiting = new Set<() => void>();

whenQuiet(() => {
  quiet = true;
  for (const tell of waiting) tell();
  waiting.clear();
}, FIRST_DATA_MS);

/** False until a page's first moments are over; true at once on every page after it. */
export function useLater(): boolean {
  const [now, setNow] = useState(quiet);
  useEffect(() => {
    if (now) return;
    const tell = () => setNow(true);
    if (quiet) tell();
    else waiting.add(tell);
    return () => void waiting.delete(tell);
  }, [now]);
  return now;
}

const AGAIN_MS = 2000;

/** A part whose script comes late. While the server is away the page does without it, and asks again. */
export function late<P extends object>(load: () => Promise<ComponentType<P>>) {
  const patient = (): Promise<{ default: ComponentType<P> }> =>
    load().then((part) => ({ default: part }), () => new Promise<void>((done) => setTimeout(done, AGAIN_MS)).then(patient));
  return lazy(patient);
}
