/** The console of a run: any number of lines, in colour, searchable, following the end while it runs. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useConsole } from "@/api/needs";
import type { RunDetail } from "@/api/types";
import { ansi } from "@/lib/ansi";
import { Empty, Failure, Skeleton } from "@/ui/parts";

/** The log view. */
export function RunLogs({ entity, project, run }: { entity: string; project: string; run: RunDetail }) {
  const found = useConsole(entity, project, run.run_id);
  const [query, setQuery] = useState("");
  const [stamps, setStamps] = useState(false);
  const [follow, setFollow] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const all = useMemo(() => found.data?.lines ?? [], [found.data]);
  const lines = useMemo(() => (query === "" ? all : all.filter((line) => line.line.toLowerCase().includes(query.toLowerCase()))), [all, query]);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => 19, overscan: 30 });
  useEffect(() => {
    if (follow && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines.length, rows]);
  if (found.error !== null) return <div className="inner"><Failure error={found.error} /></div>;
  if (found.data === undefined) return <Skeleton rows={12} height={14} />;
  if (found.data.total === 0) {
    return <Empty title="No line of output"><p>What the script prints appears here while it runs, unless <code>console="off"</code> was set.</p></Empty>;
  }
  return (
    <div className="logs">
      <div className="row run-tools">
        <label className="row field-search"><Search size={14} aria-hidden="true" /><input className="field" aria-label="Find in the log" placeholder="Find" value={query} onChange={(event) => setQuery(event.target.value)} /></label>
        <span className="muted">{query === "" ? `${found.data.total.toLocaleString("en-US")} lines` : `${lines.length.toLocaleString("en-US")} of ${all.length.toLocaleString("en-US")} lines`}{found.data.total > all.length ? `, the last ${all.length.toLocaleString("en-US")} here; output.log among the files has all` : ""}</span>
        <span className="grow" />
        <button type="button" className="button quiet" aria-pressed={stamps} onClick={() => setStamps(!stamps)}>Timestamps</button>
        <button type="button" className="button quiet" aria-pressed={follow} onClick={() => setFollow(!follow)}><ArrowDownToLine size={14} />Follow</button>
      </div>
      <div ref={scroller} className="log-body" tabIndex={0} role="log" aria-label="Console output" onWheel={(event) => event.deltaY < 0 && setFollow(false)}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            return (
              <div key={line.number} className="log-line" data-level={line.level ?? ""} style={{ transform: `translateY(${item.start}px)` }}>
                <span className="log-number">{line.number + 1}</span>
                {stamps && <span className="log-stamp">{line.timestamp?.replace("T", " ").slice(0, 19) ?? ""}</span>}
                <span>{ansi(line.line).map((span, i) => <span key={i} data-colour={span.colour} style={{ fontWeight: span.bold ? 650 : undefined, opacity: span.dim ? 0.7 : undefined }}>{span.text}</span>)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
