/** A table and everything that can be asked of it. The view is a value that its owner keeps, in the address or here. */
import { lazy, Suspense, useMemo, useState } from "react";
import { computed, filtered } from "@/grid/filter";
import type { GridTable } from "@/grid/columns";
import { sorted } from "@/grid/columns";
import { questionsFor, rolesOf } from "@/grid/roles";
import type { Pick, TableState } from "@/lib/tables";
import { Groups } from "./groups";
import { Images } from "./images";
import { MatrixSide } from "./matrix";
import { RowSide } from "./row";
import { Rows } from "./rows";
import { Tools } from "./tools";
import "./table.css";

const Plot = lazy(() => import("./plot").then((part) => ({ default: part.Plot })));

export interface BenchProps {
  table: GridTable;
  state: TableState;
  onState: (change: TableState) => void;
  /** File name of an export, without its ending. */
  name: string;
  /** More buttons for the bar of tools. */
  extra?: React.ReactNode;
  /** Lines of Python that give this table. */
  python?: string | undefined;
}

/** The bench: tools, questions, then rows, groups, pictures or a plot, and a side for matrix or row. */
export function Bench({ table: given, state, onState, name, extra, python }: BenchProps) {
  const { table, problem } = useMemo(() => withComputed(given, state), [given, state.add]);
  const picks = state.pick ?? [];
  const { rows: found, error } = useMemo(() => filtered(table, state.q ?? "", picks), [table, state.q, state.pick]);
  const rows = useMemo(() => {
    const down = state.sort?.startsWith("-") === true;
    const by = table.columns.find((column) => column.name === (down ? state.sort?.slice(1) : state.sort));
    return by === undefined ? found : sorted(by, found, down);
  }, [found, table, state.sort]);
  const roles = useMemo(() => rolesOf(table), [table]);
  const questions = useMemo(() => questionsFor(table), [table]);
  const shown = useMemo(() => table.columns.filter((column) => state.hide?.includes(column.name) !== true), [table, state.hide]);
  const grouped = table.columns.find((column) => column.name === state.group);
  const pick = (next: Pick) => onState({ pick: [...picks.filter((one) => one.column !== next.column), next], row: undefined });
  const open = (row: number) => onState({ row });
  const view = { table, rows, columns: shown, roles };
  return (
    <div className="tbl">
      <Tools table={table} rows={rows} state={state} onState={onState} questions={questions} error={error ?? problem} name={name} extra={extra} python={python} />
      <div className="tbl-split">
        <div className="tbl-main">
          {state.view === "plot" ? (
            <Suspense fallback={<div className="tbl-plot"><div className="tbl-plot-box"><div className="skeleton panel-skeleton" role="status" aria-label="Loading the plot" /></div></div>}><Plot {...view} state={state} onState={onState} onPick={pick} onOpen={open} /></Suspense>
          ) : grouped !== undefined ? (
            <Groups {...view} by={grouped} onPick={pick} onOpen={open} images={state.view === "images"} />
          ) : state.view === "images" ? (
            <Images {...view} size={state.size ?? 72} onOpen={open} open={state.row} />
          ) : (
            <Rows {...view} state={state} onState={onState} onPick={pick} onOpen={open} />
          )}
        </div>
        {state.row !== undefined && state.row < table.rows ? (
          <RowSide table={table} row={state.row} rows={rows} onRow={(row) => onState({ row })} />
        ) : state.side === "matrix" && roles.length > 0 ? (
          <MatrixSide table={table} roles={roles} state={state} onState={onState} />
        ) : null}
      </div>
    </div>
  );
}

function withComputed(table: GridTable, state: TableState): { table: GridTable; problem: string | null } {
  let now = table;
  let problem: string | null = null;
  for (const { name, expression } of state.add ?? []) {
    try {
      now = { ...now, columns: [...now.columns, computed(now, name, expression)] };
    } catch (error) {
      problem = `Column ${name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return { table: now, problem };
}

/** A view kept here, for panels whose place has no address of its own. */
export function useOwnState(initial: TableState): [TableState, (change: TableState) => void] {
  const [state, setState] = useState<TableState>(initial);
  return [state, (change) => setState((now) => ({ ...now, ...change }))];
}
