/** The view of a parallel coordinates panel: what its address carries. Pure. */

/** A range of numbers, or some of the words of an axis. */
export type Span = { lo: number; hi: number } | { values: string[] };

/** What differs from the panel's own choice. */
export interface ParallelView {
  order?: string[] | undefined;
  hide?: string[] | undefined;
  flip?: string[] | undefined;
  /** Axes whose scale is not the one that fits them by itself. */
  scale?: string[] | undefined;
  colour?: string | undefined;
  brush?: Record<string, Span> | undefined;
}

const texts = (v: unknown): string[] | undefined => (Array.isArray(v) && v.every((one) => typeof one === "string") && v.length > 0 ? v : undefined);

function isSpan(v: unknown): v is Span {
  if (typeof v !== "object" || v === null) return false;
  return ("lo" in v && typeof v.lo === "number" && "hi" in v && typeof v.hi === "number") || ("values" in v && texts(v.values) !== undefined);
}

/** The parts of an address that make sense; anything else is left out. */
export function readParallel(raw: Record<string, unknown>): ParallelView {
  const brush = typeof raw.brush === "object" && raw.brush !== null ? Object.entries(raw.brush).filter((one): one is [string, Span] => isSpan(one[1])) : [];
  return {
    order: texts(raw.order),
    hide: texts(raw.hide),
    flip: texts(raw.flip),
    scale: texts(raw.scale),
    colour: typeof raw.colour === "string" ? raw.colour : undefined,
    brush: brush.length > 0 ? Object.fromEntries(brush) : undefined,
  };
}

/** Whether a line's values lie inside every brush. A value that is missing lies in none. */
export function passes(values: Record<string, unknown>, brush: Record<string, Span> | undefined): boolean {
  return Object.entries(brush ?? {}).every(([name, span]) => {
    const v = values[name];
    if ("values" in span) return v !== null && v !== undefined && span.values.includes(typeof v === "string" ? v : JSON.stringify(v));
    return typeof v === "number" && v >= span.lo && v <= span.hi;
  });
}
