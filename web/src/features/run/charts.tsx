/** Panels of one run: its metrics and media, or the figures of its machine. */
import { useMemo, useState } from "react";
import { useKeys } from "@/api/needs";
import type { RunDetail, RunLine } from "@/api/types";
import { type Command, useCommands } from "@/lib/commands";
import { type Chart, linkTo, mediaId, mediaKey, mediaKeys, panelBeside, panelInHand, panelOf, sections } from "@/lib/panels";
import { plainSettings } from "@/lib/panel_spec";
import { runSet } from "@/lib/run_set";
import { smoothKinds, type SmoothKind, windowOf } from "@/lib/smooth";
import { systemSections } from "@/lib/system";
import { useTheme } from "@/lib/theme";
import { AnyPanel } from "@/panels/any";
import type { PanelContext } from "@/panels/frame";
import { MediaPanel, MediaWindow } from "@/panels/media/lazy";
import { Dialog } from "@/ui/dialog";
import { Empty, Failure, Skeleton } from "@/ui/parts";

interface Props {
  entity: string;
  project: string;
  run: RunDetail;
  stream: "history" | "system";
  /** Where a chart's click has led here: a value of the axis `by`. */
  at?: number;
  by?: string;
  onStep: (at: number, by: string | undefined) => void;
  /** The panel that is shown over the whole window. */
  panel: string | undefined;
  onPanel: (panel: string | undefined) => void;
}

/** The grid of panels. */
export function RunCharts({ entity, project, run, stream, at, by, onStep, panel, onPanel }: Props) {
  const keys = useKeys(entity, project, useMemo(() => [run.id], [run.id]), stream);
  const theme = useTheme((s) => s.theme);
  const [weight, setWeight] = useState(0);
  const [kind, setKind] = useState<SmoothKind>("ema");
  const [logY, setLogY] = useState(false);
  const [find, setFind] = useState("");
  const set = useMemo(() => runSet<RunLine>([run], theme), [run, theme]);
  const context = useMemo<PanelContext>(
    () => ({ entity, project, set, settings: { ...plainSettings, smoothing: { kind, weight }, logY }, onFull: (spec) => onPanel(spec.id), link: (spec) => linkTo(spec.id), onPick: (_run, x, xKey) => onStep(x, xKey === "_step" ? undefined : xKey) }),
    [entity, project, set, kind, weight, logY, onStep, onPanel],
  );
  useCommands(useMemo<Command[]>(() => [{ id: "panel.full", label: "Panel under the pointer: full screen", group: "This run", keys: "f", run: () => onPanel(panelInHand()) }], [onPanel]));
  const wanted = find.toLowerCase();
  // What several processes log comes in blocks of each, so steps say little: time puts them side by side.
  const inTime = run.processes.length > 1;
  const groups = useMemo(() => {
    const all = keys.data?.keys ?? [];
    const found = stream === "system" ? systemSections(all) : sections(all);
    const placed = (chart: Chart): Chart => (inTime && chart.x === "_step" ? { ...chart, x: "_relative" } : chart);
    return found.map((group) => ({ ...group, charts: group.charts.map(placed).filter((chart) => chart.title.toLowerCase().includes(wanted) || chart.keys.some((key) => key.toLowerCase().includes(wanted))) })).filter((group) => group.charts.length > 0);
  }, [keys.data, stream, wanted, inTime]);
  const media = mediaKeys(keys.data?.keys ?? []).filter((key) => key.name.toLowerCase().includes(wanted));
  if (keys.error !== null && keys.data === undefined) return <div className="inner"><Failure error={keys.error} /></div>;
  if (keys.data === undefined) return <Skeleton rows={8} />;
  if (groups.length === 0 && media.length === 0 && find === "") {
    return (
      <Empty title={stream === "system" ? "No system metric" : "This run has logged no number"}>
        <p>{stream === "system" ? "The client sends processor, memory and GPU figures every few seconds, unless it was told not to." : <>Charts appear with the first <code>run.log(&#123;"loss": 0.5&#125;)</code>.</>}</p>
      </Empty>
    );
  }
  const one = (group: (typeof groups)[number]) => (
    <section key={group.name} className="section">
      <h2 className="section-title">{group.name} <span className="tag">{group.charts.length}</span></h2>
      <div className="panels">{group.charts.map((chart) => <AnyPanel key={chart.title} spec={panelOf(chart, stream)} context={context} />)}</div>
    </section>
  );
  const beside = (by: 1 | -1) => onPanel(panelBeside(panel ?? "", by));
  // A step of another axis is none of the media's.
  const step = by === undefined ? at : undefined;
  const mediaOf = (key: (typeof media)[number]) => ({ entity, project, runs: set.runs, colour: set.colour, name: key.name, kinds: key.kinds, at: step, acts: { onFull: () => onPanel(mediaId(key.name)), link: () => linkTo(mediaId(key.name)) } });
  const full = groups.flatMap((group) => group.charts.map((chart) => panelOf(chart, stream))).find((spec) => spec.id === panel);
  const large = media.find((key) => key.name === mediaKey(panel));
  return (
    <>
      <div className="row run-tools">
        <input className="field" aria-label="Find charts" placeholder="Find charts" value={find} onChange={(event) => setFind(event.target.value)} />
        <label className="row"><span className="muted">Smooth</span><input type="range" min={0} max={0.99} step={0.01} value={weight} aria-label="Smoothing" onChange={(event) => setWeight(Number(event.target.value))} /><span style={{ width: 32 }}>{kind === "average" || kind === "gaussian" ? windowOf(weight) : weight.toFixed(2)}</span></label>
        <select className="field" aria-label="Kind of smoothing" value={kind} onChange={(event) => setKind(event.target.value as SmoothKind)}>{smoothKinds.map((each) => <option key={each.kind} value={each.kind}>{each.label}</option>)}</select>
        <button type="button" className="button quiet" aria-pressed={logY} onClick={() => setLogY(!logY)}>Log</button>
      </div>
      {groups.slice(0, 1).map(one)}
      {media.length > 0 && stream === "history" && (
        <section className="section">
          <h2 className="section-title">Media and tables <span className="tag">{media.length}</span></h2>
          <div className="panels">{media.map((key) => <MediaPanel key={key.name} {...mediaOf(key)} />)}</div>
        </section>
      )}
      {groups.slice(1).map(one)}
      {large !== undefined && <MediaWindow key={large.name} {...mediaOf(large)} onBeside={beside} onClose={() => onPanel(undefined)} />}
      {full !== undefined && (
        <Dialog title={full.title} open onClose={() => onPanel(undefined)} onBeside={beside} size="full">
          <div className="full-panel"><AnyPanel key={full.id} spec={full} context={{ ...context, onFull: undefined }} full /></div>
        </Dialog>
      )}
    </>
  );
}
