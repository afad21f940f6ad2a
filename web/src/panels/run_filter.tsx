/** The filter of runs: comparisons that must all hold, with the fields and values that the project has. */
import { Plus, X } from "lucide-react";
import { useId } from "react";
import { useRunColumns } from "@/api/needs";
import type { RunColumn } from "@/api/types";
import type { RunTest } from "@/lib/search";
import "./run_filter.css";

interface Props {
  entity: string;
  project: string;
  tests: readonly RunTest[];
  onTests: (tests: RunTest[] | undefined) => void;
}

const words: Record<RunTest["op"], string> = { "=": "is", "!=": "is not", "<": "<", "<=": "≤", ">": ">", ">=": "≥", matches: "matches", exists: "exists", missing: "is missing", within: "within the last" };
const states = ["running", "finished", "failed", "crashed", "killed", "pending", "preempting"];
const spans = [
  { label: "hour", value: 3600 },
  { label: "day", value: 86_400 },
  { label: "week", value: 604_800 },
  { label: "30 days", value: 2_592_000 },
];

function opsFor(column: RunColumn | undefined): RunTest["op"][] {
  const kinds = column?.kinds ?? [];
  if (kinds.includes("instant")) return ["within"];
  if (kinds.includes("number")) return ["=", "!=", "<", "<=", ">", ">=", "exists", "missing"];
  if (column?.name === "state") return ["=", "!="];
  return ["=", "!=", "matches", "exists", "missing"];
}

/** Config before summary before the rest: what people filter by. */
function ranked(columns: readonly RunColumn[]): RunColumn[] {
  const order = { config: 0, summary: 1, run: 2 } as const;
  return [...columns].sort((a, b) => order[a.section] - order[b.section] || a.name.localeCompare(b.name));
}

/** The list of comparisons, each in place. */
export function RunFilter({ entity, project, tests, onTests }: Props) {
  const { data } = useRunColumns(entity, project);
  const columns = ranked(data?.columns ?? []);
  const put = (next: RunTest[]) => onTests(next.length === 0 ? undefined : next);
  const change = (at: number, test: RunTest) => put(tests.map((one, i) => (i === at ? test : one)));
  return (
    <div className="filter" role="group" aria-label="Filter">
      {tests.map((test, i) => (
        <TestRow key={i} test={test} columns={columns} onTest={(next) => change(i, next)} onDrop={() => put(tests.filter((_, at) => at !== i))} />
      ))}
      <button type="button" className="button" onClick={() => put([...tests, { field: "state", op: "=", value: "running" }])}><Plus size={14} />Add a condition</button>
    </div>
  );
}

function TestRow({ test, columns, onTest, onDrop }: { test: RunTest; columns: readonly RunColumn[]; onTest: (test: RunTest) => void; onDrop: () => void }) {
  const list = useId();
  const column = columns.find((one) => one.name === test.field);
  const ops = opsFor(column);
  const numeric = column?.kinds.includes("number") === true && test.op !== "matches";
  const bare = test.op === "exists" || test.op === "missing";
  const pick = (field: string) => {
    const next = columns.find((one) => one.name === field);
    const op = opsFor(next).includes(test.op) ? test.op : (opsFor(next)[0] ?? "=");
    onTest({ field, op, value: field === "state" ? "running" : op === "within" ? 86_400 : next?.kinds.includes("number") === true ? Number(test.value) || 0 : "" });
  };
  return (
    <div className="filter-row">
      <input className="field mono" list={list} aria-label="Field" defaultValue={test.field} key={test.field} onChange={(event) => columns.some((one) => one.name === event.target.value) && pick(event.target.value)} onBlur={(event) => event.target.value !== test.field && pick(event.target.value)} />
      <datalist id={list}>{columns.map((one) => <option key={one.name} value={one.name} />)}</datalist>
      <select className="field" aria-label="Comparison" value={test.op} onChange={(event) => onTest({ ...test, op: event.target.value as RunTest["op"] })}>
        {(ops.includes(test.op) ? ops : [test.op, ...ops]).map((op) => <option key={op} value={op}>{words[op]}</option>)}
      </select>
      {bare ? <span /> : test.field === "state" ? (
        <select className="field" aria-label="Value" value={String(test.value)} onChange={(event) => onTest({ ...test, value: event.target.value })}>
          {states.map((state) => <option key={state}>{state}</option>)}
        </select>
      ) : test.op === "within" ? (
        <select className="field" aria-label="Value" value={String(test.value)} onChange={(event) => onTest({ ...test, value: Number(event.target.value) })}>
          {spans.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
        </select>
      ) : (
        <input
          className="field"
          aria-label="Value"
          type={numeric ? "number" : "text"}
          step="any"
          placeholder={numeric && column?.low != null ? `${column.low} to ${column.high}` : "value"}
          value={String(test.value ?? "")}
          onChange={(event) => onTest({ ...test, value: numeric && event.target.value !== "" ? Number(event.target.value) : event.target.value })}
        />
      )}
      <button type="button" className="button quiet icon" aria-label="Remove this condition" onClick={onDrop}><X size={14} /></button>
    </div>
  );
}
