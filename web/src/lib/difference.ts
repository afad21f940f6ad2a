/** What differs between two nested values, as flat lines. Pure. */

export interface DifferenceLine {
  path: string;
  left: unknown;
  right: unknown;
  kind: "same" | "changed" | "added" | "removed";
}

const isMap = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);

/** Every leaf by its path with dots; lists are leaves. */
export function flat(value: Record<string, unknown>, before = ""): Map<string, unknown> {
  const out = new Map<string, unknown>();
  for (const [key, v] of Object.entries(value)) {
    const path = before === "" ? key : `${before}.${key}`;
    if (isMap(v) && Object.keys(v).length > 0) for (const [inner, one] of flat(v, path)) out.set(inner, one);
    else out.set(path, v);
  }
  return out;
}

/** Lines of both sides by path; left is the older one. */
export function difference(left: Record<string, unknown>, right: Record<string, unknown>): DifferenceLine[] {
  const [a, b] = [flat(left), flat(right)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().map((path) => {
    const [x, y] = [a.get(path), b.get(path)];
    const kind = !a.has(path) ? "added" : !b.has(path) ? "removed" : JSON.stringify(x) === JSON.stringify(y) ? "same" : "changed";
    return { path, left: x, right: y, kind };
  });
}
