/** What runs logged besides numbers: by key, with a step slider, one run or several side by side. */
import { Columns2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { mediaAddress, referred, useRows, useRun } from "@/api/needs";
import type { RunLine } from "@/api/types";
import { type Command, useCommands } from "@/lib/commands";
import { moveSteps, onMove, useSteps } from "@/lib/steps";
import { Empty, Failure } from "@/ui/parts";
import { useNear } from "../frame";
import { TableView } from "../table";
import { Images } from "./images";
import { histogramOf, type Media, picturesOf } from "./kinds";
import "./media.css";

const CustomChart = lazy(() => import("./plot").then((part) => ({ default: part.CustomChart })));
const HistogramPlot = lazy(() => import("./histogram").then((part) => ({ default: part.HistogramPlot })));

interface Props {
  entity: string;
  project: string;
  /** Those that have the key, the first of them shown first. */
  runs: RunLine[];
  name: string;
  kinds: string[];
  colour: (run: RunLine) => string;
  /** The step to begin with, where a chart's click has led here. */
  at?: number;
}

const MOST_BESIDE = 4;

const underPointer = () => document.querySelector<HTMLElement>("[data-panel^='media:']:hover, [data-panel^='media:']:focus-within")?.dataset.panel?.slice("media:".length);
const stepKeys: readonly Command[] = [
  { id: "step.back", label: "Step before: media under the pointer, or all", group: "Media", keys: "[", run: () => moveSteps(underPointer(), -1) },
  { id: "step.on", label: "Next step: media under the pointer, or all", group: "Media", keys: "]", run: () => moveSteps(underPointer(), 1) },
];

/** One key over its steps. */
export function MediaPanel({ entity, project, runs, name, kinds, colour, at }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const near = useNear(box);
  const [chosen, setChosen] = useState<string | null>(null);
  const [beside, setBeside] = useState(false);
  const [steps, setSteps] = useState<number[]>([]);
  const step = useSteps((s) => s.steps[name]) ?? at ?? null;
  const setStep = useSteps((s) => s.set);
  const first = runs.find((run) => run.run_id === chosen) ?? runs[0];
  const wide = kinds.includes("table") || beside;
  const shown = beside ? runs.slice(0, MOST_BESIDE) : first === undefined ? [] : [first];
  const index = step === null ? steps.length - 1 : nearest(steps, step);
  const overSteps = kinds.includes("histogram");
  useCommands(stepKeys);
  useEffect(() => {
    if (steps.length < 2 || overSteps) return;
    return onMove(name, (by) => {
      const next = steps[Math.max(0, Math.min(steps.length - 1, index + by))];
      if (next !== undefined) setStep(name, next);
    });
  }, [name, steps, index, overSteps, setStep]);
  const noteSteps = useCallback((found: number[]) => setSteps((now) => (now.length === found.length && now.at(-1) === found.at(-1) ? now : found)), []);
  return (
    <section ref={box} className="panel card media" data-wide={wide || undefined} data-panel={`media:${name}`} aria-label={name}>
      <header className="panel-head">
        <h3 className="ellipsis" title={name}>{name}</h3>
        <span className="grow" />
        {runs.length > 1 && !beside && (
          <select className="media-run" aria-label={`Run whose ${name} is shown`} value={first?.run_id} onChange={(event) => setChosen(event.target.value)}>
            {runs.map((run) => <option key={run.id} value={run.run_id}>{run.name}</option>)}
          </select>
        )}
        {runs.length > 1 && !kinds.includes("table") && (
          <button type="button" className="button quiet icon" aria-pressed={beside} aria-label={`Compare ${name} of several runs`} title="Side by side" onClick={() => setBeside(!beside)}><Columns2 size={14} /></button>
        )}
      </header>
      <div className="panel-body media-body" data-beside={beside || undefined} tabIndex={0} role="group" aria-label={`${name}: content`}>
        {near && shown.map((run) => (
          <div key={run.id} className="media-of">
            {beside && <div className="row media-name"><i className="dot" style={{ background: colour(run) }} /><span className="ellipsis">{run.name}</span></div>}
            <OfRun entity={entity} project={project} run={run} name={name} step={overSteps ? null : step} onSteps={noteSteps} overSteps={overSteps} />
          </div>
        ))}
      </div>
      {steps.length > 1 && !overSteps && (
        <footer className="media-steps">
          <span className="muted">step {steps[index]?.toLocaleString("en-US")}</span>
          <input
            type="range"
            min={0}
            max={steps.length - 1}
            value={index}
            aria-label={`Step of ${name}`}
            aria-valuetext={`step ${steps[index] ?? 0}`}
            onChange={(event) => setStep(name, steps[Number(event.target.value)] ?? 0)}
          />
        </footer>
      )}
    </section>
  );
}

function nearest(steps: readonly number[], step: number): number {
  let best = steps.length - 1;
  for (let i = 0; i < steps.length; i += 1) if (Math.abs((steps[i] ?? 0) - step) < Math.abs((steps[best] ?? 0) - step)) best = i;
  return best;
}

function OfRun({ entity, project, run, name, step, onSteps, overSteps }: { entity: string; project: string; run: RunLine; name: string; step: number | null; onSteps: (steps: number[]) => void; overSteps: boolean }) {
  const rows = useRows(entity, project, run.run_id, [name]);
  const found = useMemo(() => (rows.data?.rows ?? []).filter((row) => row[name] !== undefined && row[name] !== null), [rows.data, name]);
  const steps = useMemo(() => found.map((row) => Number(row._step)), [found]);
  useEffect(() => onSteps(steps), [steps, onSteps]);
  const index = step === null ? found.length - 1 : nearest(steps, step);
  const media = found[index]?.[name] as Media | undefined;
  if (rows.error !== null && media === undefined) return <Failure error={rows.error} />;
  if (media === undefined) return rows.data === undefined ? <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} /> : <Empty title="Nothing here" />;
  if (overSteps) {
    const list = found.flatMap((row) => {
      const histogram = histogramOf(row[name] as Media);
      return histogram === null ? [] : [{ step: Number(row._step), ...histogram }];
    });
    return <Lazy name={name}><HistogramPlot rows={list} title={name} /></Lazy>;
  }
  return <One entity={entity} project={project} media={media} run={run} name={name} />;
}

function Lazy({ name, children }: { name: string; children: ReactNode }) {
  return <Suspense fallback={<div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} />}>{children}</Suspense>;
}

function One({ entity, project, media, run, name }: { entity: string; project: string; media: Media; run: RunLine; name: string }) {
  // Charts and names of classes are in the run's own facts, which only its page has.
  const asks = name.endsWith("_table") || media.boxes !== undefined || media.masks !== undefined || media.all_boxes !== undefined || media.all_masks !== undefined;
  const facts = useRun(entity, project, run.run_id, asks);
  const pictures = picturesOf(media);
  const address = (path: string) => mediaAddress("run", run.id, path);
  if (pictures.length > 0) return <Images runId={run.id} pictures={pictures} labels={facts.data?.class_labels ?? {}} name={name} />;
  if (media._type === "table-file" && media.path !== undefined) {
    const chart = facts.data?.charts[name.replace(/_table$/, "")];
    if (chart !== undefined) return <Lazy name={name}><CustomChart address={address(media.path)} chart={chart} title={name.replace(/_table$/, "")} /></Lazy>;
    if (asks && facts.data === undefined) return <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} />;
    // The run's own copy is a preview without media; the whole table lies in the version logged with it.
    const whole = referred(media.artifact_path) ?? { owner: { kind: "run" as const, id: run.id }, path: media.path };
    return <TableView owner={whole.owner} path={whole.path} from={{ entity, project, source: { kind: "run", run: run.run_id, key: name } }} />;
  }
  if (media._type === "html-file" && media.path !== undefined) {
    // The frame may run the page's own scripts but is of no origin: it reads nothing of this one.
    return <iframe className="frame" sandbox="allow-scripts" src={address(media.path)} title={name} />;
  }
  if (media._type === "audio-file" && media.path !== undefined) return <Captioned caption={media.caption}><audio controls preload="none" src={address(media.path)} aria-label={media.caption ?? name} /></Captioned>;
  if (media._type === "audio") return <>{(media as unknown as { audio: Media[] }).audio.map((one) => <Captioned key={one.path} caption={one.caption}><audio controls preload="none" src={address(one.path ?? "")} aria-label={one.caption ?? name} /></Captioned>)}</>;
  if (media._type === "video-file" && media.path !== undefined) {
    return <Captioned caption={media.caption}>{/\.gif$/i.test(media.path) ? <img className="preview" src={address(media.path)} alt={media.caption ?? name} /> : <video controls loop muted className="preview" src={address(media.path)} aria-label={media.caption ?? name} />}</Captioned>;
  }
  if (media.path !== undefined) return <p><a href={address(media.path)} download>{media.path.slice(media.path.lastIndexOf("/") + 1)}</a> <span className="muted">({media._type})</span></p>;
  return <pre className="code">{JSON.stringify(media, null, 2)}</pre>;
}

function Captioned({ caption, children }: { caption?: string; children: ReactNode }) {
  return <figure className="captioned">{children}{caption !== undefined && <figcaption>{caption}</figcaption>}</figure>;
}
