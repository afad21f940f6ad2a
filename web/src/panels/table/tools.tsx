/** The bar above a table: filter, questions, group, view, columns, export. */
import { ChartScatter, Columns3, Download, Filter, Grid3x3, ImageIcon, Plus, Rows3, X } from "lucide-react";
import { Popover } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import type { GridTable } from "@/grid/columns";
import { csv } from "@/grid/csv";
import { computed } from "@/grid/filter";
import type { Question } from "@/grid/roles";
import { rolesOf } from "@/grid/roles";
import { value } from "@/lib/format";
import { saveAs } from "@/lib/save";
import type { Pick, TableState } from "@/lib/tables";
import { CopyPython } from "@/ui/parts";

interface Props {
  table: GridTable;
  rows: Uint32Array;
  state: TableState;
  onState: (change: TableState) => void;
  questions: Question[];
  error: string | null;
  name: string;
  extra?: ReactNode;
  python?: string | undefined;
}

/** Two lines: tools, then questions with what is picked. */
export function Tools({ table, rows, state, onState, questions, error, name, extra, python }: Props) {
  const images = table.columns.some((column) => column.kind === "media");
  const all = table.rows.toLocaleString("en-US");
  const groupable = table.columns.filter((column) => column.kind !== "media" && column.kind !== "mixed");
  const view = (next: TableState["view"]) => onState({ view: next, row: undefined });
  return (
    <>
      <div className="tbl-tools">
        <FilterField value={state.q ?? ""} onChange={(q) => onState({ q: q === "" ? undefined : q, row: undefined })} example={example(table)} invalid={error !== null} />
        <label className="row"><span className="muted">Group by</span>
          <select className="field" value={state.group ?? ""} onChange={(event) => onState({ group: event.target.value || undefined, row: undefined })}>
            <option value="">nothing</option>
            {groupable.map((column) => <option key={column.name} value={column.name}>{column.name}</option>)}
          </select>
        </label>
        <div className="switch" role="group" aria-label="View">
          <button type="button" aria-pressed={state.view === undefined} title="Rows" aria-label="Rows" onClick={() => view(undefined)}><Rows3 size={14} /></button>
          {images && <button type="button" aria-pressed={state.view === "images"} title="Images" aria-label="Images" onClick={() => view("images")}><ImageIcon size={14} /></button>}
          <button type="button" aria-pressed={state.view === "plot"} title="Plot" aria-label="Plot" onClick={() => view("plot")}><ChartScatter size={14} /></button>
          {rolesOf(table).length > 0 && <button type="button" aria-pressed={state.side === "matrix"} title="Confusion matrix" aria-label="Confusion matrix" onClick={() => onState({ side: state.side === "matrix" ? undefined : "matrix", row: undefined })}><Grid3x3 size={14} /></button>}
        </div>
        <ColumnsMenu table={table} state={state} onState={onState} />
        <button type="button" className="button icon" aria-label="Save as CSV" title="Save the rows that are left as CSV" onClick={() => saveAs(`${name}.csv`, "text/csv", csv(table, rows))}><Download size={14} /></button>
        {python !== undefined && <CopyPython text={python} />}
        {extra}
      </div>
      {error !== null && <div className="tbl-error" role="alert">{error}</div>}
      <div className="tbl-line">
        <span className="tbl-count" data-count={rows.length}><b>{rows.length.toLocaleString("en-US")}</b>{rows.length === table.rows ? " rows" : ` of ${all} rows`}{rows.length !== table.rows && table.rows > 0 ? ` · ${((rows.length / table.rows) * 100).toPrecision(3)} %` : ""}</span>
        {questions.map((question) => {
          const on = matches(question, state);
          return (
            <button key={question.title} type="button" className="chip" aria-pressed={on} title={question.says} onClick={() => onState(on ? { q: undefined, group: undefined, view: undefined, side: undefined, row: undefined } : { q: question.q, group: question.group, view: question.view, side: question.side, pick: undefined, row: undefined })}>
              {question.title}
            </button>
          );
        })}
        {(state.pick ?? []).map((pick) => (
          <button key={pick.column} type="button" className="tag accent" onClick={() => onState({ pick: without(state.pick ?? [], pick) })} aria-label={`Drop the filter on ${pick.column}`}>
            {pick.column} {said(pick)}<X size={11} />
          </button>
        ))}
        {(state.q !== undefined || state.pick !== undefined || state.group !== undefined || state.sort !== undefined) && <button type="button" className="link" onClick={() => onState({ q: undefined, pick: undefined, group: undefined, sort: undefined, row: undefined })}>Reset</button>}
      </div>
    </>
  );
}

const without = (picks: Pick[], pick: Pick): Pick[] | undefined => {
  const left = picks.filter((one) => one !== pick);
  return left.length === 0 ? undefined : left;
};
const said = (pick: Pick): string => ("value" in pick ? `= ${pick.value}` : `${value(pick.lo)} to ${value(pick.hi)}`);
const matches = (question: Question, state: TableState): boolean =>
  question.q === state.q && question.group === state.group && question.view === state.view && question.side === state.side;

function example(table: GridTable): string {
  const [pair] = rolesOf(table);
  if (pair !== undefined) return `row["${pair.actual}"] != row["${pair.predicted}"]`;
  const first = table.columns.find((column) => column.kind === "number") ?? table.columns[0];
  return first === undefined ? "" : `row["${first.name}"] == ${first.kind === "number" ? "1" : '"…"'}`;
}

/** Typing filters after a pause; Enter at once. */
function FilterField({ value: given, onChange, example: placeholder, invalid }: { value: string; onChange: (q: string) => void; example: string; invalid: boolean }) {
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(() => onChange(text), 350);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label className="row field-search grow tbl-filter">
      <Filter size={14} aria-hidden="true" />
      <input className="field grow mono" aria-label="Filter expression" aria-invalid={invalid} placeholder={placeholder} value={text} onChange={(event) => setText(event.target.value)} onKeyDown={(event) => event.key === "Enter" && onChange(text)} />
    </label>
  );
}

function ColumnsMenu({ table, state, onState }: { table: GridTable; state: TableState; onState: (change: TableState) => void }) {
  const hidden = state.hide ?? [];
  const [name, setName] = useState("");
  const [expression, setExpression] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const toggle = (column: string) => {
    const next = hidden.includes(column) ? hidden.filter((one) => one !== column) : [...hidden, column];
    onState({ hide: next.length === 0 ? undefined : next });
  };
  return (
    <Popover.Root>
      <Popover.Trigger className="button icon" aria-label="Columns" title="Columns, row height"><Columns3 size={14} /></Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="card pop" align="end" sideOffset={4}>
          <h3>Columns</h3>
          <div className="pop-list">
            {table.columns.map((column) => (
              <label key={column.name} className="row">
                <input type="checkbox" checked={!hidden.includes(column.name)} onChange={() => toggle(column.name)} />
                <span className="ellipsis grow">{column.name}</span>
                {state.add?.some((one) => one.name === column.name) === true ? <button type="button" className="link" aria-label={`Remove ${column.name}`} onClick={() => { const left = state.add?.filter((one) => one.name !== column.name) ?? []; onState({ add: left.length === 0 ? undefined : left }); }}><X size={12} /></button> : <span className="muted">{column.kind}</span>}
              </label>
            ))}
          </div>
          <h3>New column</h3>
          <form className="pop-form" onSubmit={(event) => {
            event.preventDefault();
            try {
              computed(table, name, expression);
            } catch (error) {
              setProblem(error instanceof Error ? error.message : String(error));
              return;
            }
            setProblem(null);
            onState({ add: [...(state.add ?? []), { name, expression }] });
            setName("");
            setExpression("");
          }}>
            <input className="field" aria-label="Name of the new column" placeholder="name" value={name} onChange={(event) => setName(event.target.value)} />
            <input className="field mono" aria-label="Expression of the new column" placeholder={example(table)} value={expression} onChange={(event) => setExpression(event.target.value)} />
            {problem !== null && <span className="tbl-error" role="alert">{problem}</span>}
            <button type="submit" className="button" disabled={name.trim() === "" || expression.trim() === "" || table.columns.some((column) => column.name === name)}><Plus size={13} />Add</button>
          </form>
          <h3>Size</h3>
          <div className="switch" role="group" aria-label="Row height">
            {[32, 52, 96, 160].map((size) => <button key={size} type="button" aria-pressed={state.size === size} onClick={() => onState({ size })}>{size}</button>)}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
