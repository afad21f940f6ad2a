/** What one run logged under a key, by the kind of the value at a step. */
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { mediaAddress, referred, useRows, useRun } from "@/api/needs";
import type { RunLine } from "@/api/types";
import { csvRow } from "@/lib/csv";
import type { VegaHandle } from "@/charts/vega";
import type { TableSource } from "@/lib/tables";
import { Empty, Failure } from "@/ui/parts";
import type { Exports } from "../frame";
import { TableView } from "../table";
import { pythonOf } from "../table/python";
import { figurePython, filesPython, type Give, histogramsPython, picturesPng, type Spot, useGive } from "./give";
import { Images } from "./images";
import { histogramOf, listed, type Media, picturesOf } from "./kinds";

const CustomChart = lazy(() => import("./plot").then((part) => ({ default: part.CustomChart })));
const HistogramPlot = lazy(() => import("./histogram").then((part) => ({ default: part.HistogramPlot })));
const PlotlyFigure = lazy(() => import("./figure").then((part) => ({ default: part.PlotlyFigure })));

interface Props {
  entity: string;
  project: string;
  run: RunLine;
  name: string;
  /** Null for the last one. */
  step: number | null;
  onSteps: (steps: number[]) => void;
  /** All steps are drawn in one. */
  overSteps: boolean;
  onExports: (run: RunLine, exports: Exports) => void;
}

/** Where in a rising list the nearest value stands. */
export function nearest(steps: readonly number[], step: number): number {
  let best = steps.length - 1;
  for (let i = 0; i < steps.length; i += 1) if (Math.abs((steps[i] ?? 0) - step) < Math.abs((steps[best] ?? 0) - step)) best = i;
  return best;
}

/** The value of a run at a step, or all of its histograms. */
export function OfRun({ entity, project, run, name, step, onSteps, overSteps, onExports }: Props) {
  const rows = useRows(entity, project, run.run_id, [name]);
  const found = useMemo(() => (rows.data?.rows ?? []).filter((row) => row[name] !== undefined && row[name] !== null), [rows.data, name]);
  const steps = useMemo(() => found.map((row) => Number(row._step)), [found]);
  useEffect(() => onSteps(steps), [steps, onSteps]);
  const index = step === null ? found.length - 1 : nearest(steps, step);
  const media = found[index]?.[name] as Media | undefined;
  const give = useCallback((exports: Exports) => onExports(run, exports), [onExports, run]);
  const at = steps[index] ?? 0;
  const spot = useMemo<Spot>(() => ({ entity, project, run: run.run_id, key: name, step: at }), [entity, project, run.run_id, name, at]);
  if (rows.error !== null && media === undefined) return <Failure error={rows.error} />;
  if (media === undefined) return rows.data === undefined ? <Loading name={name} /> : <Empty title="Nothing here" />;
  if (overSteps) return <Histograms found={found} name={name} spot={spot} give={give} />;
  return <One media={media} run={run} spot={spot} give={give} />;
}

const Loading = ({ name }: { name: string }) => <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} />;
const Lazy = ({ name, children }: { name: string; children: ReactNode }) => <Suspense fallback={<Loading name={name} />}>{children}</Suspense>;

/** A drawing of Vega whose handle is held for exports; the confusion matrix of `wandb.plot` is none. */
function useVegaExports(give: Give, csv: (() => string) | undefined, python: () => string): (made: VegaHandle | null) => void {
  const [handle, setHandle] = useState<VegaHandle | null>(null);
  const exports = useMemo<Exports>(() => ({ python, ...(handle === null ? {} : { svg: handle.svg }), ...(csv === undefined ? {} : { csv }) }), [handle, csv, python]);
  useGive(give, exports);
  return setHandle;
}

function Histograms({ found, name, spot, give }: { found: Record<string, unknown>[]; name: string; spot: Spot; give: Give }) {
  const list = useMemo(
    () =>
      found.flatMap((row) => {
        const histogram = histogramOf(row[name] as Media);
        return histogram === null ? [] : [{ step: Number(row._step), ...histogram }];
      }),
    [found, name],
  );
  const csv = useCallback(() => [csvRow(["step", "from", "to", "count"]), ...list.flatMap((row) => row.counts.map((n, i) => csvRow([row.step, row.edges[i] ?? null, row.edges[i + 1] ?? null, n])))].join("\r\n"), [list]);
  const onHandle = useVegaExports(give, csv, useCallback(() => histogramsPython(spot), [spot]));
  return <Lazy name={name}><HistogramPlot rows={list} title={name} onHandle={onHandle} /></Lazy>;
}

interface OneProps {
  media: Media;
  run: RunLine;
  spot: Spot;
  give: Give;
}

function One({ media, run, spot, give }: OneProps) {
  const name = spot.key;
  // Charts and names of classes are in the run's own facts, which only its page has.
  const asks = name.endsWith("_table") || media.boxes !== undefined || media.masks !== undefined || media.all_boxes !== undefined || media.all_masks !== undefined;
  const facts = useRun(spot.entity, spot.project, run.run_id, asks);
  const pictures = useMemo(() => picturesOf(media), [media]);
  const address = (path: string) => mediaAddress("run", run.id, path);
  if (pictures.length > 0) return <Pictures pictures={pictures} run={run} labels={facts.data?.class_labels ?? {}} spot={spot} give={give} />;
  if (media._type === "table-file" && media.path !== undefined) {
    const chart = facts.data?.charts[name.replace(/_table$/, "")];
    if (chart !== undefined) return <Chart address={address(media.path)} chart={chart} spot={spot} give={give} />;
    if (asks && facts.data === undefined) return <Loading name={name} />;
    return <Logged media={media} path={media.path} run={run} spot={spot} give={give} />;
  }
  const whole = media._type === "joined-table" || media._type === "partitioned-table" ? referred(media.artifact_path) : null;
  if (whole !== null) return <TableView owner={whole.owner} path={whole.path} />;
  if (media._type === "plotly-file" && media.path !== undefined) return <Lazy name={name}><Figure path={media.path} address={address(media.path)} spot={spot} give={give} /></Lazy>;
  return <Files media={media} address={address} spot={spot} give={give} />;
}

function Pictures({ pictures, run, labels, spot, give }: { pictures: ReturnType<typeof picturesOf>; run: RunLine; labels: Record<string, Record<string, string>>; spot: Spot; give: Give }) {
  const box = useRef<HTMLDivElement>(null);
  const exports = useMemo<Exports>(
    () => ({
      png: () => {
        const body = box.current?.closest<HTMLElement>(".media-body");
        return body == null ? Promise.reject(new Error("The pictures are no longer shown.")) : picturesPng(body);
      },
      python: () => filesPython(spot, 'value.get("filenames") or [value["path"]]'),
    }),
    [spot],
  );
  useGive(give, exports);
  return <div ref={box}><Images runId={run.id} pictures={pictures} labels={labels} name={spot.key} /></div>;
}

/** The rows that a chart is drawn from are a table that the run has logged. */
const sourceOf = (spot: Spot): TableSource => ({ kind: "run", run: spot.run, key: spot.key });

function Chart({ address, chart, spot, give }: { address: string; chart: unknown; spot: Spot; give: Give }) {
  const onHandle = useVegaExports(give, undefined, useCallback(() => pythonOf(spot.entity, spot.project, sourceOf(spot)), [spot]));
  return <Lazy name={spot.key}><CustomChart address={address} chart={chart} title={spot.key.replace(/_table$/, "")} onHandle={onHandle} /></Lazy>;
}

function Logged({ media, path, run, spot, give }: OneProps & { path: string }) {
  const exports = useMemo<Exports>(() => ({ python: () => pythonOf(spot.entity, spot.project, sourceOf(spot)) }), [spot]);
  useGive(give, exports);
  // The run's own copy is a preview without media; the whole table lies in the version logged with it.
  const whole = referred(media.artifact_path) ?? { owner: { kind: "run" as const, id: run.id }, path };
  return <TableView owner={whole.owner} path={whole.path} from={{ entity: spot.entity, project: spot.project, source: sourceOf(spot) }} />;
}

const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

function Figure({ path, address, spot, give }: { path: string; address: string; spot: Spot; give: Give }) {
  const python = useCallback(() => figurePython(spot, path), [spot, path]);
  return <PlotlyFigure address={address} name={spot.key} file={fileName(path)} python={python} give={give} />;
}

/** Sound, film, pages, and what has no viewer; one or a list of them. */
function Files({ media, address, spot, give }: { media: Media; address: (path: string) => string; spot: Spot; give: Give }) {
  const many = useMemo(() => listed(media), [media]);
  const exports = useMemo<Exports>(() => {
    if (many !== null) return { python: () => filesPython(spot, `[one["path"] for one in value[${JSON.stringify(many.key)}]]`) };
    if (media.path === undefined) return { python: () => filesPython(spot, "[]") };
    return { file: { name: fileName(media.path), address: address(media.path) }, python: () => filesPython(spot, '[value["path"]]') };
    // `address` is new with each drawing and depends on the run, which `spot` names.
    // eslint-disable-next-line
  }, [many, media, spot]);
  useGive(give, exports);
  if (many !== null) return <>{many.list.map((one, i) => <File key={one.path ?? i} media={one} address={address} name={spot.key} />)}</>;
  return <File media={media} address={address} name={spot.key} alone />;
}

function File({ media, address, name, alone = false }: { media: Media; address: (path: string) => string; name: string; alone?: boolean }) {
  const { path } = media;
  if (path === undefined) return <pre className="code">{JSON.stringify(media, null, 2)}</pre>;
  const label = media.caption ?? name;
  if (media._type === "html-file") {
    // The frame may run the page's own scripts but is of no origin: it reads nothing of this one.
    return <iframe className={alone ? "frame" : "frame-of-many"} sandbox="allow-scripts" src={address(path)} title={label} />;
  }
  if (media._type === "audio-file") return <Captioned caption={media.caption}><audio controls preload="none" src={address(path)} aria-label={label} /></Captioned>;
  if (media._type === "video-file") {
    return <Captioned caption={media.caption}>{/\.gif$/i.test(path) ? <img className="preview" src={address(path)} alt={label} /> : <video controls loop muted className="preview" src={address(path)} aria-label={label} />}</Captioned>;
  }
  return <p><a href={address(path)} download>{fileName(path)}</a> <span className="muted">({media._type})</span></p>;
}

function Captioned({ caption, children }: { caption?: string; children: ReactNode }) {
  return <figure className="captioned">{children}{caption !== undefined && <figcaption>{caption}</figcaption>}</figure>;
}
