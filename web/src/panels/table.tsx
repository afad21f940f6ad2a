/** A `wandb.Table`: histograms that filter, expressions, sorting, grouping, images in the cells. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Download, Filter, X } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { mediaAddress, type Owner, useTable } from "@/api/needs";
import { type Bin, fromFile, type GridColumn, type GridTable, histogram, type Media, sorted } from "@/grid/columns";
import { compile, ExpressionError } from "@/grid/expression";
import { value } from "@/lib/format";
import { saveAs } from "@/lib/save";
import { Failure, Skeleton } from "@/ui/parts";
import "./table.css";

/** A table by the address of its file. */
export function TableView({ address, owner }: { address: string; owner: Owner }) {
  const found = useTable(address);
  const table = useMemo(() => (found.data === undefined ? null : fromFile(found.data)), [found.data]);
  if (found.error !== null) return <Failure error={found.error} />;
  if (table === null) return <Skeleton rows={6} height={16} />;
  return <Grid table={table} owner={owner} />;
}

type Choice = { column: string; bin: Bin };

function Grid({ table, owner }: { table: GridTable; owner: Owner }) {
  const [query, setQuery] = useState("");
  const [choices, setChoices] = useState<Choice[]>([]);
  const [order, setOrder] = useState<{ column: string; down: boolean } | null>(null);
  const [group, setGroup] = useState("");
  const test = useMemo(() => {
    if (query.trim() === "") return { run: null, error: null };
    try {
      return { run: compile(query, table), error: null };
    } catch (error) {
      return { run: null, error: error instanceof ExpressionError ? error.message : String(error) };
    }
  }, [query, table]);
  const rows = useMemo(() => {
    const chosen = choices.map((choice) => ({ values: table.columns.find((one) => one.name === choice.column)?.values ?? [], bin: choice.bin }));
    const kept: number[] = [];
    for (let row = 0; row < table.rows; row += 1) {
      if (test.run !== null && !test.run(row)) continue;
      if (chosen.every(({ values, bin }) => inside(values[row], bin))) kept.push(row);
    }
    const found = Uint32Array.from(kept);
    const by = order === null ? undefined : table.columns.find((one) => one.name === order.column);
    return by === undefined ? found : sorted(by, found, order?.down ?? false);
  }, [table, test, choices, order]);
  const histograms = useMemo(() => table.columns.map((column) => histogram(column, rows)), [table, rows]);
  const groupable = table.columns.filter((column) => column.kind !== "media" && column.kind !== "mixed");
  const grouped = table.columns.find((column) => column.name === group);
  return (
    <div className="tbl">
      <div className="row tbl-tools">
        <label className="row field-search grow"><Filter size={14} aria-hidden="true" /><input className="field grow mono" aria-label="Filter expression" aria-invalid={test.error !== null} placeholder='row["label"] != row["prediction"]' value={query} onChange={(event) => setQuery(event.target.value)} /></label>
        <label className="row"><span className="muted">Group by</span>
          <select className="field" value={group} onChange={(event) => setGroup(event.target.value)}><option value="">nothing</option>{groupable.map((column) => <option key={column.name}>{column.name}</option>)}</select>
        </label>
        <span className="muted">{rows.length === table.rows ? `${table.rows.toLocaleString("en-US")} rows` : `${rows.length.toLocaleString("en-US")} of ${table.rows.toLocaleString("en-US")} rows`}</span>
        <button type="button" className="button quiet icon" aria-label="Save as CSV" onClick={() => saveAs("table.csv", "text/csv", toCsv(table, rows))}><Download size={14} /></button>
      </div>
      {test.error !== null && <div className="tbl-error" role="alert">{test.error}</div>}
      {choices.length > 0 && (
        <div className="row tbl-choices">
          {choices.map((choice) => (
            <button key={choice.column} type="button" className="tag accent" onClick={() => setChoices(choices.filter((one) => one !== choice))} aria-label={`Drop the filter on ${choice.column}`}>
              {choice.column} {choice.bin.value === null ? `${value(choice.bin.lo)} to ${value(choice.bin.hi)}` : `= ${choice.bin.value}`}<X size={11} />
            </button>
          ))}
        </div>
      )}
      {grouped === undefined ? (
        <Rows table={table} rows={rows} histograms={histograms} owner={owner} order={order} onOrder={setOrder} onBin={(column, bin) => setChoices([...choices.filter((one) => one.column !== column), { column, bin }])} />
      ) : (
        <Groups table={table} rows={rows} by={grouped} owner={owner} />
      )}
    </div>
  );
}

function inside(v: unknown, bin: Bin): boolean {
  if (bin.value !== null) return String(v) === bin.value;
  return typeof v === "number" && bin.lo !== null && bin.hi !== null && v >= bin.lo && v <= bin.hi;
}

function toCsv(table: GridTable, rows: Uint32Array): string {
  const quote = (v: unknown) => {
    const text = v === null || v === undefined ? "" : typeof v === "object" ? ((v as Media).path ?? JSON.stringify(v)) : String(v);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [table.columns.map((column) => quote(column.name)).join(",")];
  for (const row of rows) lines.push(table.columns.map((column) => quote(column.values[row])).join(","));
  return lines.join("\r\n");
}

interface RowsProps {
  table: GridTable;
  rows: Uint32Array;
  histograms: Bin[][];
  owner: Owner;
  order: { column: string; down: boolean } | null;
  onOrder: (order: { column: string; down: boolean }) => void;
  onBin: (column: string, bin: Bin) => void;
}

function Rows({ table, rows, histograms, owner, order, onOrder, onBin }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const images = table.columns.some((column) => column.kind === "media");
  const height = images ? 52 : 30;
  const items = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => height, overscan: 10 });
  const template = table.columns.map((column) => (column.kind === "media" ? "84px" : column.kind === "text" ? "minmax(130px, 1fr)" : "minmax(104px, 1fr)")).join(" ");
  return (
    <div ref={scroller} className="tbl-scroll" role="grid" aria-label="Table" aria-rowcount={rows.length} tabIndex={0}>
      <div className="tbl-head" role="row" style={{ gridTemplateColumns: template }}>
        {table.columns.map((column, i) => (
          <div key={column.name} role="columnheader" className="tbl-th">
            <button type="button" className="head-button" onClick={() => onOrder({ column: column.name, down: order?.column === column.name ? !order.down : false })} title={`${column.name} (${column.kind})`}>
              <span className="ellipsis">{column.name}</span>
              {order?.column === column.name && (order.down ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
            </button>
            <Bars bins={histograms[i] ?? []} onBin={(bin) => onBin(column.name, bin)} name={column.name} />
          </div>
        ))}
      </div>
      <div style={{ height: items.getTotalSize(), position: "relative" }}>
        {items.getVirtualItems().map((item) => {
          const row = rows[item.index] ?? 0;
          return (
            <div key={row} role="row" className="tbl-row" style={{ gridTemplateColumns: template, height, transform: `translateY(${item.start}px)` }}>
              {table.columns.map((column) => <Cell key={column.name} column={column} row={row} owner={owner} />)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Bars({ bins, onBin, name }: { bins: Bin[]; onBin: (bin: Bin) => void; name: string }) {
  if (bins.length < 2) return <div className="bars" />;
  const most = Math.max(...bins.map((bin) => bin.n), 1);
  return (
    <div className="bars" role="group" aria-label={`Distribution of ${name}`}>
      {bins.map((bin) => {
        const label = `${bin.value ?? `${value(bin.lo)} to ${value(bin.hi)}`}: ${bin.n.toLocaleString("en-US")} rows`;
        return <button key={`${bin.value} ${bin.lo}`} type="button" tabIndex={-1} title={label} aria-label={label} onClick={() => onBin(bin)}><i style={{ height: `${(bin.n / most) * 100}%` }} /></button>;
      })}
    </div>
  );
}

function Cell({ column, row, owner }: { column: GridColumn; row: number; owner: Owner }) {
  const v = column.values[row];
  const media = typeof v === "object" && v !== null && "_type" in v ? (v as Media) : null;
  if (media !== null && media._type === "image-file" && media.path !== undefined) {
    return <div role="gridcell" className="tbl-td"><img loading="lazy" decoding="async" src={mediaAddress(owner.kind, owner.id, media.path)} alt={media.caption ?? `${column.name} of row ${row}`} /></div>;
  }
  const text = media === null ? value(v) : (media.path ?? media._type);
  return <div role="gridcell" className={column.kind === "number" ? "tbl-td num" : "tbl-td"} title={text}><span className="ellipsis">{text}</span></div>;
}

function Groups({ table, rows, by, owner }: { table: GridTable; rows: Uint32Array; by: GridColumn; owner: Owner }) {
  const groups = useMemo(() => {
    const found = new Map<string, number[]>();
    for (const row of rows) {
      const key = String(by.values[row]);
      const list = found.get(key);
      if (list === undefined) found.set(key, [row]);
      else list.push(row);
    }
    return [...found].sort((a, b) => (by.kind === "number" ? Number(a[0]) - Number(b[0]) : b[1].length - a[1].length));
  }, [rows, by]);
  const most = Math.max(...groups.map(([, list]) => list.length), 1);
  return (
    <div className="tbl-scroll" tabIndex={0}>
      <table className="table">
        <thead><tr><th>{by.name}</th><th>Rows</th>{table.columns.filter((column) => column !== by).map((column) => <th key={column.name}>{column.name}</th>)}</tr></thead>
        <tbody>
          {groups.slice(0, 500).map(([key, list]) => (
            <tr key={key} className="group-row">
              <td><b>{key}</b></td>
              <td><span className="row"><i className="count-bar" style={{ width: (list.length / most) * 80 }} />{list.length.toLocaleString("en-US")}</span></td>
              {table.columns.filter((column) => column !== by).map((column) => (
                <td key={column.name}>
                  {column.kind === "media" ? (
                    <span className="strip">{list.slice(0, 8).map((row) => {
                      const media = column.values[row] as Media | null;
                      return media?.path === undefined ? null : <img key={row} loading="lazy" src={mediaAddress(owner.kind, owner.id, media.path)} alt={`row ${row}`} />;
                    })}</span>
                  ) : (
                    <span className="small-bars"><Bars bins={histogram(column, list, 12)} onBin={() => undefined} name={`${column.name} where ${by.name} is ${key}`} /></span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
