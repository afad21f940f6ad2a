/** The console of a run: any number of lines, in colour, searchable, following the end while it runs. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, ChevronDown, ChevronUp, Download, Search } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { CONSOLE_PAGE, consoleAddress, useConsoleCount, useConsoleMatches, useConsolePages, useConsoleProcesses } from "@/api/needs";
import type { RunDetail } from "@/api/types";
import { ansi } from "@/lib/ansi";
import { type Command, useCommands } from "@/lib/commands";
import { byName } from "@/lib/format";
import { numbersIn } from "@/lib/ranges";
import { Empty, Failure, Skeleton } from "@/ui/parts";

const ROW = 19;

/** The log view. Only the pages around the lines in sight are fetched. */
export function RunLogs({ entity, project, run }: { entity: string; project: string; run: RunDetail }) {
  const found = useConsoleCount(entity, project, run.run_id);
  const total = found.data ?? 0;
  const [query, setQuery] = useState("");
  const asked = useDeferredValue(query.trim());
  const known = useConsoleProcesses(entity, project, run.run_id).data;
  const processes = useMemo(() => (known ?? []).toSorted((a, b) => byName(a.label, b.label)), [known]);
  const [label, setLabel] = useState<string | null>(null);
  const own = processes.find((one) => one.label === label);
  const matches = useConsoleMatches(entity, project, run.run_id, asked, own?.label ?? null);
  const [stamps, setStamps] = useState(false);
  const [only, setOnly] = useState(false);
  const [follow, setFollow] = useState(true);
  const [hit, setHit] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const numbers = useMemo(() => (asked === "" ? [] : (matches.data?.numbers ?? [])), [asked, matches.data]);
  const filtered = only && asked !== "";
  const shown = useMemo(() => (filtered ? numbersIn(numbers.map((one) => [one, 1])) : numbersIn(own === undefined ? [[0, total]] : own.ranges)), [filtered, numbers, own, total]);
  const { count } = shown;
  const rows = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 30 });
  const items = rows.getVirtualItems();
  const numberAt = (index: number) => shown.at(index) ?? 0;
  const pages = [...new Set(items.map((item) => Math.floor(numberAt(item.index) / CONSOLE_PAGE)))].slice(0, 60);
  const lines = useConsolePages(entity, project, run.run_id, pages, total);
  const marked = useMemo(() => new Set(numbers), [numbers]);
  const current = numbers[Math.min(hit, numbers.length - 1)];
  useEffect(() => {
    if (follow && count > 0) rows.scrollToIndex(count - 1, { align: "end" });
  }, [follow, count, rows]);
  const sought = useRef("");
  useEffect(() => {
    // The first line found comes into sight once; what is found later, while the log grows, moves nothing.
    const [first] = numbers;
    if (sought.current === asked || (asked !== "" && first === undefined)) return;
    sought.current = asked;
    if (first !== undefined) rows.scrollToIndex(Math.max(0, shown.placeOf(first)), { align: "center" });
  }, [asked, numbers, shown, rows]);
  const jump = (to: number) => {
    if (numbers.length === 0) return;
    const next = (to + numbers.length) % numbers.length;
    setHit(next);
    setFollow(false);
    rows.scrollToIndex(Math.max(0, shown.placeOf(numbers[next] ?? 0)), { align: "center" });
  };
  useCommands(useMemo<Command[]>(() => [{ id: "log.find", label: "Find in the log", group: "This run", keys: "/", run: () => document.getElementById("find-log")?.focus() }], []));
  if (found.error !== null && found.data === undefined) return <div className="inner"><Failure error={found.error} /></div>;
  if (found.data === undefined) return <Skeleton rows={12} height={14} />;
  if (total === 0) {
    return <Empty title="No line of output"><p>What the script prints appears here while it runs, unless <code>console="off"</code> was set.</p></Empty>;
  }
  return (
    <div className="logs">
      <div className="row run-tools">
        <label className="row field-search">
          <Search size={14} aria-hidden="true" />
          <input
            id="find-log"
            className="field"
            aria-label="Find in the log"
            placeholder="Find"
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setHit(0);
              if (event.target.value !== "") setFollow(false);
            }}
            onKeyDown={(event) => event.key === "Enter" && jump(event.shiftKey ? hit - 1 : current === undefined ? 0 : hit + 1)}
          />
        </label>
        {asked !== "" && (
          <>
            <span className="muted" role="status">{numbers.length === 0 ? (matches.isFetching ? "looking" : "no line") : `${Math.min(hit, numbers.length - 1) + 1} of ${numbers.length.toLocaleString("en-US")}${matches.data?.more === true ? "+" : ""}`}</span>
            <button type="button" className="button quiet icon" aria-label="Line found before" onClick={() => jump(hit - 1)}><ChevronUp size={15} /></button>
            <button type="button" className="button quiet icon" aria-label="Next line found" onClick={() => jump(hit + 1)}><ChevronDown size={15} /></button>
            <button type="button" className="button quiet" aria-pressed={only} onClick={() => setOnly(!only)}>Only these</button>
          </>
        )}
        <span className="grow" />
        {processes.length > 1 && (
          <select className="field" aria-label="Process" value={own?.label ?? ""} onChange={(event) => { setLabel(event.target.value === "" ? null : event.target.value); setHit(0); }}>
            <option value="">All {processes.length} processes</option>
            {processes.map((one) => <option key={one.label} value={one.label}>{one.label}</option>)}
          </select>
        )}
        <span className="muted">{own === undefined ? "" : `${numbersIn(own.ranges).count.toLocaleString("en-US")} of `}{total.toLocaleString("en-US")} lines</span>
        <button type="button" className="button quiet" aria-pressed={stamps} onClick={() => setStamps(!stamps)}>Timestamps</button>
        <button type="button" className="button quiet" aria-pressed={follow} onClick={() => setFollow(!follow)}><ArrowDownToLine size={14} />Follow</button>
        <a className="button quiet icon" aria-label="Download the whole log" title="Download" href={consoleAddress(entity, project, run.run_id)} download><Download size={14} /></a>
      </div>
      <div ref={scroller} className="log-body" tabIndex={0} role="log" aria-label="Console output" onWheel={(event) => event.deltaY < 0 && setFollow(false)}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const number = numberAt(item.index);
            const line = lines.get(number);
            return (
              <div key={number} className="log-line" data-level={line?.level ?? ""} data-found={(marked.has(number) && !filtered) || undefined} data-current={(number === current && asked !== "") || undefined} style={{ transform: `translateY(${item.start}px)` }}>
                <span className="log-number" title={line?.level === "error" ? "Written to stderr" : undefined}>{(number + 1).toLocaleString("en-US")}</span>
                {processes.length > 1 && own === undefined && <span className="log-process" title={line?.label ?? ""}>{line?.label ?? ""}</span>}
                {stamps && <span className="log-stamp">{line?.timestamp?.replace("T", " ").slice(0, 19) ?? ""}</span>}
                <span>{line === undefined ? "" : ansi(line.line).map((span, i) => <span key={i} data-colour={span.colour} style={{ fontWeight: span.bold ? 650 : undefined, opacity: span.dim ? 0.7 : undefined }}>{span.text}</span>)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
