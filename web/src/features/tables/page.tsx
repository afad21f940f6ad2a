/** Tables of a project: the list of them, or the bench with one table or several at once. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeftRight, X } from "lucide-react";
import { useMemo } from "react";
import { useRuns, useVersion } from "@/api/needs";
import type { GridTable } from "@/grid/columns";
import { BY_PLACE, joined, keysFor, stacked } from "@/grid/join";
import { runColour } from "@/lib/colour";
import { type TableMode, type TableSource, type TablesSearch, readSource, sourceName } from "@/lib/tables";
import { useTheme } from "@/lib/theme";
import { Bench } from "@/panels/table/bench";
import { CompareMenu } from "@/panels/table/compare";
import { isTable, placeOf } from "@/panels/table/found";
import { pythonAt } from "@/panels/table/python";
import { type Place, useGridTables } from "@/panels/table/source";
import { Empty, Failure, Skeleton } from "@/ui/parts";
import { TableList } from "./list";
import "./page.css";

interface Found {
  source: TableSource;
  label: string;
  colour: number;
  place: Place;
}

/** The page; everything about the view is in the address. */
export function Tables() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const search = useSearch({ from: "/$entity/$project/tables" });
  const sources = useMemo(() => (search.t ?? []).map(readSource).filter((one): one is TableSource => one !== null), [search.t]);
  if (sources.length === 0) return <TableList entity={entity} project={project} />;
  return <Sources key={JSON.stringify(search.t)} entity={entity} project={project} sources={sources} search={search} />;
}

function Sources({ entity, project, sources, search }: { entity: string; project: string; sources: TableSource[]; search: TablesSearch }) {
  const runs = useRuns({ entity, project, limit: 1000 });
  // All versions of one page are of one collection: its detail names the others' numbers.
  const version = sources.find((one): one is Extract<TableSource, { kind: "version" }> => one.kind === "version");
  const needsRuns = sources.some((one) => one.kind === "run");
  if (needsRuns && runs.error !== null) return <Frame><Failure error={runs.error} /></Frame>;
  if (needsRuns && runs.data === undefined) return <Frame><Skeleton rows={9} /></Frame>;
  const known: (Found | string)[] = sources.map((source) => {
    if (source.kind === "version") return sourceName(source);
    const run = runs.data?.runs.find((one) => one.run_id === source.run);
    const logged = run?.summary[source.key];
    if (run === undefined) return `There is no run ${source.run} in this project, or you have no access to it.`;
    if (!isTable(logged)) return `Run ${run.name} has no table ${source.key}.`;
    return { source, label: run.name, colour: run.ordinal, place: placeOf(run, logged) };
  });
  if (version !== undefined) return <VersionSources entity={entity} project={project} sources={sources} search={search} />;
  const missing = known.find((one): one is string => typeof one === "string");
  if (missing !== undefined) return <Frame><Empty title="This table is not there"><p>{missing}</p><Link className="button" to="/$entity/$project/tables" params={{ entity, project }} search={{}}>All tables</Link></Empty></Frame>;
  return <Loaded entity={entity} project={project} found={known as Found[]} search={search} />;
}

/** Versions know their number only by name: each is asked for, at most two of them. */
function VersionSources({ entity, project, sources, search }: { entity: string; project: string; sources: TableSource[]; search: TablesSearch }) {
  const [one, two] = sources.filter((source): source is Extract<TableSource, { kind: "version" }> => source.kind === "version");
  const first = useVersion(entity, project, one?.collection ?? "", one?.version ?? "");
  const second = useVersion(entity, project, (two ?? one)?.collection ?? "", (two ?? one)?.version ?? "");
  const error = first.error ?? second.error;
  if (error !== null) return <Frame><Failure error={error} /></Frame>;
  if (first.data === undefined || second.data === undefined) return <Frame><Skeleton rows={9} /></Frame>;
  const found = [one, two].flatMap((source, i): Found[] => {
    const at = i === 0 ? first.data : second.data;
    return source === undefined || at === undefined ? [] : [{ source, label: `${source.collection}:${source.version}`, colour: i * 4, place: { owner: { kind: "version", id: at.id }, path: source.path } }];
  });
  return <Loaded entity={entity} project={project} found={found} search={search} />;
}

function Loaded({ entity, project, found, search }: { entity: string; project: string; found: Found[]; search: TablesSearch }) {
  const navigate = useNavigate({ from: "/$entity/$project/tables" });
  const theme = useTheme((s) => s.theme);
  const tables = useGridTables(found.map((one) => one.place));
  const change = (next: Partial<TablesSearch>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const failed = tables.find((one) => one.error !== null);
  const data = tables.map((one) => one.data);
  const ready = data.every((one) => one !== undefined);
  const sources = useMemo(
    () => (ready ? found.map((one, i) => ({ mark: { label: one.label, index: one.colour }, table: data[i] as GridTable })) : []),
    [ready, found.map((one) => one.label).join("\u0000"), ...data],
  );
  const keys = useMemo(() => (sources.length > 1 ? keysFor(sources) : []), [sources]);
  const mode: TableMode = search.mode ?? "join";
  const on = search.on ?? keys[0] ?? BY_PLACE;
  const single = sources.length === 1;
  const table = useMemo(() => {
    const [only] = sources;
    if (only === undefined) return null;
    return single ? only.table : mode === "stack" ? stacked(sources) : joined(sources, on);
  }, [sources, single, mode, on]);
  if (failed?.error != null) return <Frame><Failure error={failed.error} /></Frame>;
  const [first] = found;
  if (table === null || first === undefined) return <Frame><Skeleton rows={9} /></Frame>;
  const name = first.source.kind === "run" ? first.source.key : first.source.path;
  const without = (i: number) => change({ t: found.filter((_, at) => at !== i).map((one) => sourceName(one.source)), row: undefined, q: undefined, pick: undefined, sort: undefined });
  return (
    <main id="main" className="page tables-page">
      <header className="tables-head">
        <Link className="muted" to="/$entity/$project/tables" params={{ entity, project }} search={{}}>Tables</Link>
        <h1 className="ellipsis">{name}</h1>
        {found.map((one, i) => (
          <span key={sourceName(one.source)} className="source">
            <i className="dot" style={{ background: runColour(one.colour, theme) }} />
            {!single && <span className="muted">{i}</span>}
            {one.source.kind === "run" ? <Link to="/$entity/$project/runs/$run" params={{ entity, project, run: one.source.run }}>{one.label}</Link> : <span>{one.label}</span>}
            {!single && <button type="button" className="link" aria-label={`Without ${one.label}`} onClick={() => without(i)}><X size={12} /></button>}
          </span>
        ))}
        {!single && (
          <>
            {found.length === 2 && <button type="button" className="button icon" aria-label="Swap the two" title="Swap the two" onClick={() => change({ t: [...found].reverse().map((one) => sourceName(one.source)), row: undefined })}><ArrowLeftRight size={14} /></button>}
            <span className="grow" />
            <div className="switch" role="group" aria-label="How the tables meet">
              {([["join", "Joined"], ["side", "Side by side"], ["stack", "Stacked"]] as const).map(([value, label]) => (
                <button key={value} type="button" aria-pressed={mode === value} onClick={() => change({ mode: value === "join" ? undefined : value, q: undefined, pick: undefined, sort: undefined, group: undefined, row: undefined })}>{label}</button>
              ))}
            </div>
            {mode === "join" && (
              <label className="row"><span className="muted">on</span>
                <select className="field" aria-label="Key of the join" value={on} onChange={(event) => change({ on: event.target.value, row: undefined })}>
                  {keys.map((key) => <option key={key} value={key}>{key}</option>)}
                  {!keys.includes(on) && on !== BY_PLACE && <option value={on}>{on}</option>}
                  <option value={BY_PLACE}>place in the table</option>
                </select>
              </label>
            )}
          </>
        )}
      </header>
      {mode === "side" && !single ? (
        <div className="tables-side">
          {sources.map((one, i) => (
            <section key={one.mark.label + i} className="tables-bench" aria-label={one.mark.label}>
              <h2 className="row"><i className="dot" style={{ background: runColour(one.mark.index, theme) }} />{one.mark.label}</h2>
              <Bench table={one.table} state={search} onState={change} name={name.replace(/\W+/g, "_")} />
            </section>
          ))}
        </div>
      ) : (
        <div className="tables-bench">
          <Bench table={table} state={search} onState={change} name={name.replace(/\W+/g, "_")} extra={single && <CompareMenu entity={entity} project={project} source={first.source} />} python={single ? pythonAt(entity, project, first.source, first.place.path) : undefined} />
        </div>
      )}
    </main>
  );
}

function Frame({ children }: { children: React.ReactNode }) {
  return <main id="main" className="page"><div className="inner wide">{children}</div></main>;
}
