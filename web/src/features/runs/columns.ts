/** Which columns a table of runs deserves. Pure. */
import type { RunLine } from "@/api/types";
import { metric, span, value } from "@/lib/format";
import { differing, lowerIsBetter, mainMetric } from "@/lib/runs";

export interface Column {
  id: string;
  title: string;
  /** The server's name to sort by, null where it can't. */
  order: string | null;
  numeric: boolean;
  width: number;
  text: (run: RunLine, now: number) => string;
  /** The number behind the text, for bars and export; null where there is none. */
  number: (run: RunLine) => number | null;
}

const fixed: Column[] = [
  {
    id: "runtime",
    title: "Runtime",
    order: null,
    numeric: true,
    width: 90,
    text: (run, now) => span(runtime(run, now)),
    number: () => null,
  },
  { id: "user", title: "User", order: "username", numeric: false, width: 90, text: (run) => run.user ?? "–", number: () => null },
  { id: "job_type", title: "Job type", order: "jobType", numeric: false, width: 96, text: (run) => run.job_type ?? "–", number: () => null },
];

/** Seconds from creation to the end, or to the last sign of life. */
export function runtime(run: RunLine, now: number): number {
  const end = run.ended_at ?? (run.state === "running" ? new Date(now).toISOString() : run.heartbeat_at);
  return Math.max(0, (Date.parse(end) - Date.parse(run.created_at)) / 1000);
}

function of(kind: "config" | "summary", key: string): Column {
  const read = (run: RunLine) => (kind === "config" ? run.config : run.summary)[key];
  return {
    id: `${kind}.${key}`,
    title: key,
    order: kind === "config" ? `config.${key}.value` : `summary_metrics.${key}`,
    numeric: true,
    width: Math.min(180, Math.max(92, key.length * 7.2 + 28)),
    text: (run) => {
      const v = read(run);
      return typeof v === "number" ? metric(v) : value(v);
    },
    number: (run) => {
      const v = read(run);
      return typeof v === "number" && Number.isFinite(v) ? v : null;
    },
  };
}

/** Main metric first, then what differs in the config, then the other numbers of the summary. */
export function columnsFor(runs: readonly RunLine[]): Column[] {
  const main = mainMetric(runs);
  const numbers = new Map<string, number>();
  for (const run of runs) {
    for (const [key, v] of Object.entries(run.summary)) {
      if (typeof v === "number" && !key.startsWith("_") && key !== main) numbers.set(key, (numbers.get(key) ?? 0) + 1);
    }
  }
  const rest = [...numbers].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key);
  return [
    ...(main === null ? [] : [of("summary", main)]),
    ...differing(runs).slice(0, 12).map((key) => of("config", key)),
    ...rest.slice(0, 24).map((key) => of("summary", key)),
    ...fixed,
  ];
}

/** Per column the range of its numbers and whether low is good, for the bars in the cells. */
export function rangeOf(column: Column, runs: readonly RunLine[]): { lo: number; hi: number; lower: boolean } | null {
  let lo = Infinity;
  let hi = -Infinity;
  for (const run of runs) {
    const n = column.number(run);
    if (n === null) continue;
    lo = Math.min(lo, n);
    hi = Math.max(hi, n);
  }
  return hi > lo && column.id.startsWith("summary.") ? { lo, hi, lower: lowerIsBetter(column.title) } : null;
}

/** The table as CSV (RFC 4180). */
export function csv(columns: readonly Column[], runs: readonly RunLine[], now: number): string {
  const quote = (s: string) => (/[",\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
  const head = ["name", "id", "state", "created", ...columns.map((column) => column.id)];
  const rows = runs.map((run) => [run.name, run.run_id, run.state, run.created_at, ...columns.map((c) => String(c.number(run) ?? c.text(run, now)))]);
  return [head, ...rows].map((row) => row.map(quote).join(",")).join("\r\n");
}
