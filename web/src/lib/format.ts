/** Numbers, times and sizes as a person reads them. Pure. */

const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** The order of names as people count: `rank 2` before `rank 10`. */
export const byName = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** Bytes with three significant digits: `1.21 MB`. */
export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** A metric: five significant digits, exponents only where they help. */
export function metric(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(value.toExponential(3)).toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(5)));
}

/** Any config or summary value in one line. */
export function value(v: unknown): string {
  if (v === null || v === undefined) return "–";
  if (typeof v === "number") return metric(v);
  if (typeof v === "string") return v;
  return JSON.stringify(v);
}

/** Seconds as `1h 02m`, `3m 20s`, `4.2s`. */
export function span(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  const pad = (n: number) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}m ${pad(s % 60)}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${pad(Math.floor((s % 3600) / 60))}m`;
  return `${Math.floor(s / 86400)}d ${pad(Math.floor((s % 86400) / 3600))}h`;
}

/** How long ago, against `now` in milliseconds. */
export function ago(iso: string, now: number): string {
  const s = (now - Date.parse(iso)) / 1000;
  if (s < 5) return "now";
  if (s < 86400 * 7) return `${span(Math.floor(s)).split(" ")[0]} ago`;
  return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** A moment to the second: `26 Nov 2026, 18:53:44`. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** `1,204,331 points`, `1 point`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** What the marks of an axis say. A linear axis keeps to one form: powers of ten when its largest mark is from `long`
 * on, or below a thousandth; of a logarithmic one each mark has its own. Places without a mark are null. */
export function axisTexts(marks: readonly (number | null)[], { log, long }: { log: boolean; long: number }): string[] {
  const largest = Math.max(...marks.map((v) => Math.abs(v ?? 0)));
  return marks.map((v) => {
    if (v === null) return "";
    const size = log ? Math.abs(v) : largest;
    const exact = Number(v.toPrecision(10));
    if (exact !== 0 && (size >= long || size < 1e-3)) return exact.toExponential().replace("e+", "e");
    return exact.toLocaleString("en-US", { maximumFractionDigits: 12 });
  });
}
