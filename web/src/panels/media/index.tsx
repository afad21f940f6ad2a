/** What runs logged besides numbers: by key, with a step slider, one run or several side by side. */
import { Columns2 } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { RunLine } from "@/api/types";
import { type Command, useCommands } from "@/lib/commands";
import { mediaId, mediaKey, panelInHand } from "@/lib/panels";
import { moveSteps, onMove, useSteps } from "@/lib/steps";
import { type Acts, type Exports, PanelCard, useNear } from "../frame";
import { nearest, OfRun } from "./content";
import "./media.css";

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
  /** What the page around can do with the panel. */
  acts?: Acts;
  full?: boolean;
}

const MOST_BESIDE = 4;
const none: Acts = {};

const underPointer = () => mediaKey(panelInHand()) ?? undefined;
const stepKeys: readonly Command[] = [
  { id: "step.back", label: "Step before: media under the pointer, or all", group: "Media", keys: "[", run: () => moveSteps(underPointer(), -1) },
  { id: "step.on", label: "Next step: media under the pointer, or all", group: "Media", keys: "]", run: () => moveSteps(underPointer(), 1) },
];

/** One key over its steps. */
export function MediaPanel({ entity, project, runs, name, kinds, colour, at, acts = none, full = false }: Props) {
  const box = useRef<HTMLElement>(null);
  const near = useNear(box) || full;
  const [chosen, setChosen] = useState<string | null>(null);
  const [beside, setBeside] = useState(false);
  const [steps, setSteps] = useState<number[]>([]);
  const [given, setGiven] = useState<Record<string, Exports>>({});
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
  const onExports = useCallback((run: RunLine, exports: Exports) => setGiven((now) => ({ ...now, [run.run_id]: exports })), []);
  const exports = useMemo(() => together(shown.map((run) => given[run.run_id] ?? {})), [given, shown.map((run) => run.id).join()]);
  return (
    <PanelCard
      ref={box}
      id={mediaId(name)}
      title={name}
      className="media"
      exports={exports}
      acts={acts}
      full={full}
      wide={wide}
      body={{ className: "media-body", "data-beside": beside || undefined, tabIndex: 0, role: "group", "aria-label": `${name}: content` }}
      extra={
        <>
          {runs.length > 1 && !beside && (
            <select className="media-run" aria-label={`Run whose ${name} is shown`} value={first?.run_id} onChange={(event) => setChosen(event.target.value)}>
              {runs.map((run) => <option key={run.id} value={run.run_id}>{run.name}</option>)}
            </select>
          )}
          {runs.length > 1 && !kinds.includes("table") && (
            <button type="button" className="button quiet icon" aria-pressed={beside} aria-label={`Compare ${name} of several runs`} title="Side by side" onClick={() => setBeside(!beside)}><Columns2 size={14} /></button>
          )}
        </>
      }
      slider={
        steps.length > 1 && !overSteps && (
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
        )
      }
    >
      {near && shown.map((run) => (
        <div key={run.id} className="media-of">
          {beside && <div className="row media-name"><i className="dot" style={{ background: colour(run) }} /><span className="ellipsis">{run.name}</span></div>}
          <OfRun entity={entity} project={project} run={run} name={name} step={overSteps ? null : step} onSteps={noteSteps} overSteps={overSteps} onExports={onExports} />
        </div>
      ))}
    </PanelCard>
  );
}

/** What several runs side by side give together: pictures in one picture, Python one after the other. */
function together(each: readonly Exports[]): Exports {
  const [only, ...others] = each;
  if (only === undefined || others.length === 0) return only ?? {};
  const python = each.flatMap((one) => (one.python === undefined ? [] : [one.python]));
  return { ...(only.png === undefined ? {} : { png: only.png }), ...(python.length === 0 ? {} : { python: () => python.map((one) => one()).join("\n\n") }) };
}
