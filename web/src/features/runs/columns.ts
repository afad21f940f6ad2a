/** Which columns a table of runs deserves, and their values as text. Pure. */
import type { RunColumn } from "@/api/types";
import { ago, metric, span, value } from "@/lib/format";
import { lowerIsBetter } from "@/lib/runs";

export interface Column {
  /** As the server names it. */
  name: string;
  title: string;
  numeric: boolean;
  width: number;
  lower: boolean;
}

const own = ["created_at", "duration", "tags", "notes", "group", "job_type", "username"];
const MOST_FIRST = 18;

/** Every column that may be chosen, those of runs themselves last. */
export function allColumns(columns: readonly RunColumn[]): Column[] {
  const order = { summary: 0, config: 1, run: 2 } as const;
  return [...columns]
    .filter((one) => one.section !== "run" || own.includes(one.name) || ["host", "sweep", "program", "commit"].includes(one.name))
    .filter((one) => !one.name.startsWith("summary._") && !one.name.startsWith("config._"))
    .sort((a, b) => order[a.section] - order[b.section])
    .map((one) => {
      const title = one.name.replace(/^(config|summary)\./, "").replace("created_at", "created").replace("username", "user").replace("_type", " type");
      const numeric = one.kinds.includes("number");
      return { name: one.name, title, numeric, lower: lowerIsBetter(one.name), width: one.name === "notes" ? 200 : one.name === "tags" ? 150 : Math.min(190, Math.max(92, title.length * 7.4 + 34)) };
    });
}

/** What is shown before anybody chooses: the metric that matters, config that tells runs apart, other numbers. */
export function firstColumns(columns: readonly RunColumn[], main: string | null, differs: readonly string[]): string[] {
  const numbers = columns.filter((one) => one.section === "summary" && one.kinds.includes("number") && !one.name.startsWith("summary._")).map((one) => one.name);
  const wanted = [...(main === null ? [] : [`summary.${main}`]), "tags", ...differs, ...numbers, "created_at", "duration", "notes", "username", "job_type"];
  const known = new Set(columns.map((one) => one.name));
  return [...new Set(wanted)].filter((name) => known.has(name)).slice(0, MOST_FIRST);
}

/** A cell as text. */
export function cellText(column: Column, v: unknown, now: number): string {
  if (v === null || v === undefined) return "–";
  if (column.name === "created_at" || column.name === "heartbeat_at") return ago(String(v), now);
  if (column.name === "duration") return span(Number(v));
  if (Array.isArray(v) && column.name === "tags") return v.join(", ") || "–";
  return typeof v === "number" ? metric(v) : value(v);
}

/** The range of a column's numbers, for the bars in its cells; null where a bar would say nothing. */
export function rangeOf(column: Column, values: readonly unknown[] | undefined): { lo: number; hi: number } | null {
  if (!column.name.startsWith("summary.") || values === undefined) return null;
  let lo = Infinity;
  let hi = -Infinity;
  for (const v of values) {
    if (typeof v !== "number") continue;
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  return hi > lo ? { lo, hi } : null;
}
