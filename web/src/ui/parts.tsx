/** Small parts that every screen uses. */
import { type Query, useQueryClient } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { ago } from "@/lib/format";
import { copyText } from "@/lib/clipboard";

/** A run's state as shape, colour and word; the cause is its title. */
export function RunState({ state, cause }: { state: string; cause?: string | null }) {
  return (
    <span className="state" data-state={state} title={cause ?? state}>
      <i aria-hidden="true" />
      {state}
    </span>
  );
}

/** How long ago, kept fresh. */
export function Ago({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return <time dateTime={at} title={new Date(at).toLocaleString()}>{ago(at, now)}</time>;
}

/** Grey bars in the shape of what will come. */
export function Skeleton({ rows = 6, height = 20 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label="Loading" style={{ display: "grid", gap: 12, padding: 16 }}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="skeleton" style={{ height, width: `${92 - ((i * 17) % 45)}%` }} />
      ))}
    </div>
  );
}

const failed = (query: Query) => query.state.status === "error";

/** What went wrong, in the server's own words; where asking again may help, what failed is asked again. */
export function Failure({ error }: { error: unknown }) {
  const client = useQueryClient();
  const status = error instanceof Error && "status" in error ? Number(error.status) : 400;
  const again = (status === 0 || status >= 500) && client.getQueryCache().findAll({ type: "active", predicate: failed }).length > 0;
  return (
    <div className="error" role="alert">
      <strong>That did not work.</strong>
      <div>{error instanceof Error ? error.message : String(error)}</div>
      {again && <button type="button" className="button small" onClick={() => void client.refetchQueries({ type: "active", predicate: failed })}>Try again</button>}
    </div>
  );
}

/** Nothing here yet, and what fills it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** An alias in its colour: candidate, to_evaluate and production have their own. */
export function AliasTag({ alias }: { alias: string }) {
  return <span className="tag alias" data-alias={alias}>{alias}</span>;
}

/** A button that copies the lines of Python which give exactly what is shown. */
export function CopyPython({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="button"
      title={text}
      onClick={() =>
        void copyText(text).then(() => {
          setCopied(true);
          setTimeout(() => setCopied(false), 1500);
        })
      }
    >
      {copied ? <Check size={14} /> : <Copy size={14} />}
      {copied ? "Copied" : "Copy as Python"}
    </button>
  );
}

/** Code with a copy button. */
export function Code({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void copyText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <pre className="code" data-line={!text.includes("\n") || undefined} tabIndex={0}>
      <button type="button" className="button" onClick={copy} aria-label={`${copied ? "Copied" : label}: ${text.slice(0, 40)}`}>
        {copied ? <Check size={13} /> : <Copy size={13} />}
        {copied ? "Copied" : label}
      </button>
      {text}
    </pre>
  );
}
