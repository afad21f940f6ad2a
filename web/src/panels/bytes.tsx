/** Bytes by kind as one bar, with the words for the kinds. */
import { bytes } from "@/lib/format";
import "./bytes.css";

interface Kind {
  kind: string;
  size_bytes: number;
}

const kindNames: Record<string, { label: string; colour: string }> = {
  version: { label: "artifact files", colour: "var(--accent)" },
  run_file: { label: "run files and media", colour: "var(--info)" },
  segment: { label: "history", colour: "var(--warn)" },
  tail: { label: "newest history", colour: "color-mix(in oklab, var(--warn) 50%, var(--surface))" },
  manifest: { label: "manifests", colour: "var(--fg-3)" },
  upload: { label: "uploads under way", colour: "var(--bad)" },
};
const kindOf = (name: string) => kindNames[name] ?? { label: name, colour: "var(--fg-3)" };

/** Each kind with its bytes, in words. */
export const told = (kinds: readonly Kind[]): string => kinds.map((one) => `${kindOf(one.kind).label} ${bytes(one.size_bytes)}`).join(", ");

/** A bar as long as its bytes are of `most`. */
export function BytesBar({ kinds, most }: { kinds: readonly Kind[]; most: number }) {
  return (
    <span className="bytes-bar" role="img" aria-label={told(kinds)}>
      {kinds.map((one) => <i key={one.kind} style={{ width: `${(one.size_bytes / most) * 100}%`, background: kindOf(one.kind).colour }} />)}
    </span>
  );
}

/** What the colours mean, of the kinds that occur. */
export function BytesKey({ kinds, sizes = false }: { kinds: readonly Kind[]; sizes?: boolean }) {
  const present = Object.keys(kindNames).filter((name) => kinds.some((one) => one.kind === name));
  if (present.length === 0) return null;
  return (
    <div className="row wrap bytes-key">
      {present.map((name) => <span key={name} className="row muted"><i style={{ background: kindOf(name).colour }} />{kindOf(name).label}{sizes && ` ${bytes(kinds.reduce((sum, one) => (one.kind === name ? sum + one.size_bytes : sum), 0))}`}</span>)}
    </div>
  );
}
