/** The runs at the left: search, colours, what is shown, the config that differs. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Eye, EyeOff, Search } from "lucide-react";
import { useMemo, useRef } from "react";
import type { RunLine } from "@/api/types";
import { runColour } from "@/lib/colour";
import { metric, value } from "@/lib/format";
import { useHover } from "@/lib/hover";
import { differing, mainMetric } from "@/lib/runs";
import { useTheme } from "@/lib/theme";
import { RunState } from "@/ui/parts";

interface Props {
  entity: string;
  project: string;
  runs: RunLine[];
  total: number;
  query: string;
  onQuery: (query: string) => void;
  hidden: Set<string>;
  onHidden: (hidden: Set<string>) => void;
}

/** A list of any length: only the rows in sight exist. */
export function RunsSidebar({ entity, project, runs, total, query, onQuery, hidden, onHidden }: Props) {
  const theme = useTheme((s) => s.theme);
  const lit = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const scroller = useRef<HTMLDivElement>(null);
  const key = useMemo(() => mainMetric(runs), [runs]);
  const differs = useMemo(() => differing(runs).slice(0, 2), [runs]);
  const rows = useVirtualizer({ count: runs.length, getScrollElement: () => scroller.current, estimateSize: () => 44, overscan: 12 });
  const toggle = (run: RunLine) => {
    const next = new Set(hidden);
    if (!next.delete(run.run_id)) next.add(run.run_id);
    onHidden(next);
  };
  return (
    <aside className="sidebar" aria-label="Runs">
      <div className="sidebar-head">
        <div className="row"><h2>Runs</h2><span className="muted">{runs.length - hidden.size} of {total.toLocaleString("en-US")} shown</span></div>
        <label className="row field-search">
          <Search size={14} aria-hidden="true" />
          <input className="field grow" aria-label="Find runs" placeholder="Find runs (regex)" value={query} onChange={(event) => onQuery(event.target.value)} />
        </label>
        {key !== null && <div className="sidebar-legend muted"><span className="ellipsis grow">{differs.join(" · ")}</span><span className="ellipsis" title={key}>{key}</span></div>}
      </div>
      <div ref={scroller} className="sidebar-list" tabIndex={0} role="list">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const run = runs[item.index];
            if (run === undefined) return null;
            const off = hidden.has(run.run_id);
            const of = key === null ? undefined : run.summary[key];
            return (
              <div key={run.id} role="listitem" className="run-row" data-lit={lit === run.id} data-off={off} style={{ transform: `translateY(${item.start}px)` }} onMouseEnter={() => hover(run.id)} onMouseLeave={() => hover(null)}>
                <button type="button" className="button quiet icon" aria-pressed={!off} aria-label={`${off ? "Show" : "Hide"} ${run.name}`} onClick={() => toggle(run)}>
                  {off ? <EyeOff size={14} /> : <Eye size={14} />}
                </button>
                <i className="dot" style={{ background: runColour(run.ordinal, theme) }} />
                <div className="grow">
                  <div className="row">
                    <Link className="ellipsis grow run-name" to="/$entity/$project/runs/$run" params={{ entity, project, run: run.run_id }}>{run.name}</Link>
                    {typeof of === "number" && <span>{metric(of)}</span>}
                  </div>
                  <div className="row run-sub muted">
                    <span className="ellipsis grow">{differs.map((one) => value(run.config[one])).join(" · ") || run.job_type || ""}</span>
                    {run.state !== "finished" && <RunState state={run.state} cause={run.state_cause} />}
                  </div>
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </aside>
  );
}
