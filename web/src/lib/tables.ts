/** What the address of a table's page carries: which tables, and everything that makes the view of them. Pure. */

/** One value of a column, or a range of numbers. */
export type Pick = { column: string; value: string } | { column: string; lo: number; hi: number };

/** The view of a table. What is absent has its default. */
export interface TableState {
  q?: string | undefined;
  pick?: Pick[] | undefined;
  sort?: string | undefined;
  group?: string | undefined;
  view?: "images" | "plot" | undefined;
  side?: "matrix" | undefined;
  row?: number | undefined;
  size?: number | undefined;
  hide?: string[] | undefined;
  add?: { name: string; expression: string }[] | undefined;
  plot?: { mark: "point" | "bar" | "box"; x: string; y: string; colour: string } | undefined;
}

/** How several tables are looked at. */
export type TableMode = "join" | "stack" | "side";

/** Tables by name (`run/ID/KEY`, `version/COLLECTION/VERSION/PATH`), how they meet, and the view. */
export interface TablesSearch extends TableState {
  t?: string[] | undefined;
  mode?: TableMode | undefined;
  on?: string | undefined;
}

export type TableSource = { kind: "run"; run: string; key: string } | { kind: "version"; collection: string; version: string; path: string };

/** A source by its name; null for anything else. */
export function readSource(name: string): TableSource | null {
  const [kind, first, ...rest] = name.split("/");
  if (kind === "run" && first !== undefined && rest.length > 0) return { kind, run: first, key: rest.join("/") };
  const [version, ...path] = rest;
  if (kind === "version" && first !== undefined && version !== undefined && path.length > 0) return { kind, collection: first, version, path: path.join("/") };
  return null;
}

/** The name of a source. */
export const sourceName = (source: TableSource): string =>
  source.kind === "run" ? `run/${source.run}/${source.key}` : `version/${source.collection}/${source.version}/${source.path}`;

const isPick = (v: unknown): v is Pick =>
  typeof v === "object" && v !== null && "column" in v && (("value" in v && typeof v.value === "string") || ("lo" in v && typeof v.lo === "number" && "hi" in v && typeof v.hi === "number"));
const texts = (v: unknown): string[] | undefined => (Array.isArray(v) && v.every((one) => typeof one === "string") && v.length > 0 ? v : undefined);
const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : typeof v === "number" ? String(v) : undefined);
const whole = (v: unknown): number | undefined => (typeof v === "number" && Number.isInteger(v) && v >= 0 ? v : undefined);

/** The parts of an address that make sense; anything else is left out. */
export function readTables(raw: Record<string, unknown>): TablesSearch {
  const plot = raw.plot as Record<string, unknown> | undefined;
  const added = Array.isArray(raw.add) ? raw.add.filter((one): one is { name: string; expression: string } => typeof one?.name === "string" && typeof one?.expression === "string") : [];
  const picks = Array.isArray(raw.pick) ? raw.pick.filter(isPick) : [];
  return {
    t: texts(raw.t),
    mode: raw.mode === "stack" || raw.mode === "side" ? raw.mode : undefined,
    on: typeof raw.on === "string" ? raw.on : undefined,
    q: text(raw.q),
    pick: picks.length > 0 ? picks : undefined,
    sort: text(raw.sort),
    group: text(raw.group),
    view: raw.view === "images" || raw.view === "plot" ? raw.view : undefined,
    side: raw.side === "matrix" ? "matrix" : undefined,
    row: whole(raw.row),
    size: whole(raw.size),
    hide: texts(raw.hide),
    add: added.length > 0 ? added : undefined,
    plot:
      typeof plot === "object" && plot !== null && ["point", "bar", "box"].includes(String(plot.mark))
        ? { mark: plot.mark as "point", x: text(plot.x) ?? "", y: text(plot.y) ?? "", colour: text(plot.colour) ?? "" }
        : undefined,
  };
}
