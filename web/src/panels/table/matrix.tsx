/** The confusion matrix beside the rows; a click on a cell leaves only its rows. */
import { X } from "lucide-react";
import { useMemo, useState } from "react";
import type { GridTable } from "@/grid/columns";
import { filtered } from "@/grid/filter";
import { confusion, MOST_CLASSES, rates } from "@/grid/matrix";
import type { Roles } from "@/grid/roles";
import type { TableState } from "@/lib/tables";

interface Props {
  table: GridTable;
  roles: Roles[];
  state: TableState;
  onState: (change: TableState) => void;
}

const percent = (share: number) => (Number.isFinite(share) ? `${(share * 100).toFixed(share > 0.9995 || share === 0 ? 0 : 1)} %` : "–");

/** Rows are true classes, columns predicted ones. */
export function MatrixSide({ table, roles, state, onState }: Props) {
  const [which, setWhich] = useState(0);
  const [shares, setShares] = useState(false);
  const pair = roles[Math.min(which, roles.length - 1)] ?? { actual: "", predicted: "" };
  const truth = table.columns.find((column) => column.name === pair.actual);
  const guess = table.columns.find((column) => column.name === pair.predicted);
  const other = useMemo(() => (state.pick ?? []).filter((pick) => pick.column !== pair.actual && pick.column !== pair.predicted), [state.pick, pair.actual, pair.predicted]);
  const found = useMemo(() => {
    if (truth === undefined || guess === undefined) return null;
    const all = filtered(table, "", other).rows;
    const matrix = confusion(truth, guess, all);
    return { matrix, ...rates(matrix) };
  }, [table, truth, guess, other]);
  if (found === null || truth === undefined || guess === undefined) return null;
  const { matrix, recall, precision } = found;
  const n = matrix.classes.length;
  const sums = matrix.classes.map((_, r) => matrix.classes.reduce((sum, __, c) => sum + (matrix.counts[r * n + c] ?? 0), 0));
  const most = Math.max(1, ...matrix.classes.flatMap((_, r) => matrix.classes.map((__, c) => (r === c ? 0 : (matrix.counts[r * n + c] ?? 0)))));
  const picked = (r: string, c: string) => {
    const at = (name: string) => state.pick?.find((pick) => pick.column === name);
    const [one, two] = [at(truth.name), at(guess.name)];
    return one !== undefined && "value" in one && one.value === r && two !== undefined && "value" in two && two.value === c;
  };
  const choose = (r: string, c: string) =>
    onState(picked(r, c) ? { pick: other.length === 0 ? undefined : other } : { pick: [...other, { column: truth.name, value: r }, { column: guess.name, value: c }], q: undefined, group: undefined, row: undefined });
  return (
    <aside className="tbl-side" aria-label="Confusion matrix">
      <header className="row"><h3 className="grow">Confusion matrix</h3><button type="button" className="button quiet icon" aria-label="Close the matrix" onClick={() => onState({ side: undefined })}><X size={14} /></button></header>
      {roles.length > 1 && (
        <div className="switch" role="group" aria-label="Prediction">{roles.map((role, i) => <button key={role.predicted} type="button" aria-pressed={which === i} onClick={() => setWhich(i)}>{role.predicted}</button>)}</div>
      )}
      <p className="matrix-said"><b>{matrix.right.toLocaleString("en-US")}</b> of {matrix.total.toLocaleString("en-US")} right, <b>{percent(matrix.right / Math.max(1, matrix.total))}</b>
        <label className="row"><input type="checkbox" checked={shares} onChange={(event) => setShares(event.target.checked)} />shares</label></p>
      <div className="matrix-scroll" tabIndex={0}>
        <table className="matrix" aria-label={`${truth.name} by row, ${guess.name} by column`}>
          <thead>
            <tr><td /><th colSpan={n} className="muted">{guess.name}</th><td /></tr>
            <tr><th className="muted">{truth.name}</th>{matrix.classes.map((name) => <th key={name} title={name}>{name}</th>)}<th title="Share of the true class that was found">recall</th></tr>
          </thead>
          <tbody>
            {matrix.classes.map((r, i) => (
              <tr key={r}>
                <th title={r}>{r}</th>
                {matrix.classes.map((c, j) => {
                  const count = matrix.counts[i * n + j] ?? 0;
                  const share = count / Math.max(1, sums[i] ?? 1);
                  const strength = i === j ? share * 0.55 : count === 0 ? 0 : 0.18 + 0.6 * (count / most);
                  const said = `${truth.name} ${r}, ${guess.name} ${c}: ${count} rows`;
                  return (
                    <td key={c}>
                      <button type="button" data-diagonal={i === j} data-picked={picked(r, c)} style={{ "--strength": `${Math.round(strength * 100)}%` } as React.CSSProperties} disabled={count === 0} title={said} aria-label={said} aria-pressed={picked(r, c)} onClick={() => choose(r, c)}>
                        {count === 0 ? "" : shares ? (share * 100).toFixed(0) : count}
                      </button>
                    </td>
                  );
                })}
                <td className="matrix-rate">{percent(recall[i] ?? Number.NaN)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot><tr><th title="Share of the predictions of a class that are right">precision</th>{precision.map((share, i) => <td key={matrix.classes[i]} className="matrix-rate">{Number.isFinite(share) ? (share * 100).toFixed(0) : "–"}</td>)}<td /></tr></tfoot>
        </table>
      </div>
      {n >= MOST_CLASSES && <p className="muted">The {MOST_CLASSES} most frequent classes.</p>}
    </aside>
  );
}
