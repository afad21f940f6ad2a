/** What a run was: its facts, its configuration, its results. */
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import type { RunDetail } from "@/api/types";
import { span, value } from "@/lib/format";
import { Ago, Code } from "@/ui/parts";

/** Facts at the left, config and summary beside. */
export function Overview({ run, entity, project }: { run: RunDetail; entity: string; project: string }) {
  const end = run.ended_at ?? run.heartbeat_at;
  const facts: [string, React.ReactNode][] = [
    ["Run id", <code key="id">{run.run_id}</code>],
    ["State", run.state_cause === null ? run.state : `${run.state}: ${run.state_cause}`],
    ["Created", <Ago key="at" at={run.created_at} />],
    ["Duration", span((Date.parse(end) - Date.parse(run.created_at)) / 1000)],
    ["User", run.user ?? "–"],
    ["Group", run.group ?? "–"],
    ["Job type", run.job_type ?? "–"],
    ["Sweep", run.sweep ?? "–"],
    ["Host", run.host ?? "–"],
    ["Program", run.program === null ? "–" : <code key="program">{run.program}</code>],
    ["Git", run.repo === null ? "–" : <code key="git">{run.repo}{run.commit === null ? "" : ` @ ${run.commit.slice(0, 10)}`}</code>],
    ["Exit code", run.exit_code === null ? "–" : String(run.exit_code)],
  ];
  return (
    <div className="overview">
      <section className="card pad">
        <h2>Facts</h2>
        <dl className="facts">{facts.map(([term, fact]) => <Pair key={term} term={term} fact={fact} />)}</dl>
        {run.notes !== null && run.notes !== "" && (<><h2>Notes</h2><p className="notes">{run.notes}</p></>)}
        <h2>Open in Python</h2>
        <Code text={`run = wandb.Api().run("${entity}/${project}/${run.run_id}")`} />
      </section>
      <Values title="Config" values={run.config} note="Set with wandb.init(config=...) or run.config." />
      <Values title="Summary" values={run.summary} note="The last value of each metric, or what run.summary was given." />
    </div>
  );
}

function Pair({ term, fact }: { term: string; fact: React.ReactNode }) {
  return (<><dt>{term}</dt><dd>{fact}</dd></>);
}

/** Nested keys joined by dots, in order. */
export function flat(values: Record<string, unknown>, prefix = ""): [string, unknown][] {
  return Object.entries(values).flatMap(([key, v]): [string, unknown][] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const nested = typeof v === "object" && v !== null && !Array.isArray(v) && !("_type" in v) && Object.keys(v).length > 0;
    return nested ? flat(v as Record<string, unknown>, name) : [[name, v]];
  });
}

function Values({ title, values, note }: { title: string; values: Record<string, unknown>; note: string }) {
  const [query, setQuery] = useState("");
  const all = useMemo(() => flat(values).filter(([key]) => !key.startsWith("_wandb")).sort((a, b) => a[0].localeCompare(b[0])), [values]);
  const shown = all.filter(([key]) => key.toLowerCase().includes(query.toLowerCase()));
  return (
    <section className="card pad">
      <div className="row">
        <h2>{title}</h2><span className="tag">{all.length}</span><span className="grow" />
        {all.length > 6 && (
          <label className="row field-search"><Search size={14} aria-hidden="true" /><input className="field" style={{ width: 150 }} aria-label={`Find in ${title}`} placeholder="Find" value={query} onChange={(event) => setQuery(event.target.value)} /></label>
        )}
      </div>
      {all.length === 0 ? <p className="muted">{note}</p> : (
        <dl className="facts values">{shown.map(([key, v]) => <Pair key={key} term={key} fact={<span className="mono" title={typeof v === "number" ? String(v) : undefined}>{media(v) ?? value(v)}</span>} />)}</dl>
      )}
    </section>
  );
}

function media(v: unknown): string | null {
  if (typeof v !== "object" || v === null || !("_type" in v)) return null;
  const one = v as { _type: string; nrows?: number; ncols?: number; count?: number; width?: number; height?: number };
  const detail = one.nrows !== undefined ? ` of ${one.nrows} rows` : one.count !== undefined ? ` of ${one.count}` : one.width !== undefined ? ` ${one.width}×${one.height}` : "";
  return `${one._type.replace(/-file$|-file\/.*$/, "")}${detail}`;
}
