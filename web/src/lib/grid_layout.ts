/** Places of panels in a grid of 24 columns: one is moved or resized, the others make room and fall up. Pure. */

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

export const COLUMNS = 24;
const SMALLEST = { w: 4, h: 4 };

const meet = (a: Place, b: Place) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** A place that lies in the grid and is not too small to read. */
export function fitted({ x, y, w, h }: Place): Place {
  const wide = Math.min(COLUMNS, Math.max(SMALLEST.w, w));
  return { x: Math.max(0, Math.min(COLUMNS - wide, x)), y: Math.max(0, y), w: wide, h: Math.max(SMALLEST.h, h) };
}

/** All places after one of them is wanted elsewhere: none covers another, and no row is left empty. */
export function arranged(places: readonly Place[], moved: number, wanted: Place): Place[] {
  const next = places.map((place, i) => (i === moved ? fitted(wanted) : place));
  // Where two begin in one row, the one in hand comes first.
  const order = next.map((_, i) => i).sort((a, b) => rank(next, a, moved) - rank(next, b, moved) || (next[a]?.x ?? 0) - (next[b]?.x ?? 0));
  const laid: Place[] = [];
  for (const i of order) {
    const place = next[i];
    if (place === undefined) continue;
    let y = laid.reduce((low, one) => Math.max(low, one.y + one.h), 0);
    while (y > 0 && !laid.some((one) => meet(one, { ...place, y: y - 1 }))) y -= 1;
    next[i] = { ...place, y };
    laid.push(next[i]);
  }
  return next;
}

/** Where one place is wanted after a step by keyboard: a column aside, or past its neighbour above or below. */
export function stepped(places: readonly Place[], moved: number, dx: number, dy: number): Place {
  const own = places[moved] ?? { x: 0, y: 0, w: 0, h: 0 };
  if (dy === 0) return { ...own, x: own.x + dx };
  const lane = places.filter((one, i) => i !== moved && one.x < own.x + own.w && own.x < one.x + one.w).map((one) => one.y);
  if (dy < 0) return { ...own, y: Math.max(0, ...lane.filter((y) => y < own.y)) };
  const below = lane.filter((y) => y > own.y);
  return below.length === 0 ? own : { ...own, y: Math.min(...below) + 1 };
}

const rank = (places: readonly Place[], i: number, moved: number) => (places[i]?.y ?? 0) - (i === moved ? 0.5 : 0);
