/** A panel grid of a report, drawn live over all of its run sets; with `onBlock` it is written where it stands. */
import { Plus } from "lucide-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { shareToken } from "@/api/client";
import { type Json, list, object } from "@/api/report_spec";
import type { RunLine } from "@/api/types";
import { count, value } from "@/lib/format";
import { arranged, type Place, stepped } from "@/lib/grid_layout";
import type { RunSet } from "@/lib/run_set";
import { useTheme } from "@/lib/theme";
import { panelBeside } from "@/lib/panels";
import { Dialog } from "@/ui/dialog";
import { Failure, RunState } from "@/ui/parts";
import { MovableCell, ROW } from "./cell";
import { addressOf, useFull } from "./full";
import { PanelDialog } from "./panel_dialog";
import { ReportPanel, titleOf, workspaceSearchOf } from "./panel";
import { RunSetForms } from "./run_set_forms";
import { type FoundSet, useGridRuns } from "./run_sets";

// Height of a panel's head.
const HEAD = 52;
// What stands around the drawing of a panel that fills the window.
const FULL_ROUND = 190;

interface Props {
  block: unknown;
  /** Its place among the blocks: names panels that have no name of their own. */
  at: string;
  entity: string;
  project: string;
  onBlock?: (block: Json) => void;
}

const layoutOf = (panel: unknown, i: number): Place => {
  const place = object(object(panel).layout);
  const at = (name: string, plain: number) => (typeof place[name] === "number" ? (place[name] as number) : plain);
  return { x: at("x", 0), y: at("y", i * 8), w: at("w", 8), h: at("h", 6) };
};

/** The panels, and the runs under them. */
export function PanelGrid({ block, at, entity, project, onBlock }: Props) {
  const theme = useTheme((s) => s.theme);
  const metadata = object(object(block).metadata);
  const runs = useGridRuns(metadata, entity, project, theme);
  const [editing, setEditing] = useState<number | "new" | null>(null);
  const [trying, setTrying] = useState<{ panel: number; wanted: Place } | null>(null);
  const [full, onFull] = useFull();
  const section = object(metadata.panelBankSectionConfig);
  const panels = list(section.panels);
  const first = runs.sets[0]?.set;
  if (first === undefined) return null;
  const put = onBlock === undefined ? undefined : (change: Json) => onBlock({ ...object(block), metadata: { ...metadata, ...change } });
  const putPanels = put === undefined ? undefined : (next: unknown[]) => put({ panelBankSectionConfig: { ...section, panels: next } });
  const idOf = (panel: unknown, i: number) => String(object(panel).__id__ ?? `${at}-${i}`);
  const large = panels.find((panel, i) => idOf(panel, i) === full);
  const stored = panels.map(layoutOf);
  const places = trying === null ? stored : arranged(stored, trying.panel, trying.wanted);
  const bottom = stored.reduce((low, place) => Math.max(low, place.y + place.h), 0);
  const place = (panel: number, wanted: Place) => {
    const next = arranged(stored, panel, wanted);
    putPanels?.(panels.map((one, i) => ({ ...object(one), layout: { ...object(object(one).layout), ...next[i] } })));
  };
  return (
    <div className="report-grid-outer">
      {runs.error !== null ? <Failure error={runs.error} /> : runs.waiting ? <div className="skeleton report-grid-wait" role="status" aria-label="Loading panels" /> : runs.all.runs.length === 0 && panels.length > 0 && put === undefined ? <p className="muted">No run matches {runs.sets.length === 1 ? "this run set" : "these run sets"} ({runs.sets.map(({ set }) => set.name).join(", ")}).</p> : (
        <div className="report-grid">
          {panels.map((panel, i) => {
            const { x, y, w, h } = places[i] ?? layoutOf(panel, i);
            const key = idOf(panel, i);
            const drawn = <ReportPanel panel={panel} at={key} runs={runs} height={h * ROW - HEAD} onFull={() => onFull(key)} link={() => addressOf(key)} {...(putPanels === undefined ? {} : { onEdit: () => setEditing(i), onRemove: () => putPanels(panels.filter((_, at) => at !== i)) })} />;
            return putPanels === undefined ? (
              <div key={key} className="report-cell" data-place={key} style={{ gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` }}>{drawn}</div>
            ) : (
              <MovableCell key={key} id={key} place={{ x, y, w, h }} title={titleOf(panel)} onTry={(wanted) => setTrying(wanted === null ? null : { panel: i, wanted })} onPlace={(wanted) => place(i, wanted)} onStep={(dx, dy) => place(i, stepped(stored, i, dx, dy))}>{drawn}</MovableCell>
            );
          })}
        </div>
      )}
      {putPanels !== undefined && <div className="row report-add"><button type="button" className="button" onClick={() => setEditing("new")}><Plus size={14} />Add a panel</button></div>}
      {put === undefined ? metadata.hideRunSets !== true && runs.sets.filter((one) => one.enabled).map((one) => <RunList key={one.at} found={one} all={runs.all} />) : <RunSetForms sets={runs.sets} stored={list(metadata.runSets)} all={runs.all} entity={entity} project={project} onSets={(runSets) => put({ runSets })} />}
      {large !== undefined && !runs.waiting && (
        <Dialog title={titleOf(large)} open onClose={() => onFull(undefined)} onBeside={(by) => onFull(panelBeside(String(full), by))} size="full">
          <div className="full-panel"><ReportPanel key={full} panel={large} at={String(full)} runs={runs} height={window.innerHeight - FULL_ROUND} link={() => addressOf(String(full))} full /></div>
        </Dialog>
      )}
      {editing !== null && putPanels !== undefined && (
        <PanelDialog panel={editing === "new" ? null : panels[editing]} place={editing === "new" ? { x: 0, y: bottom, w: 12, h: 8 } : layoutOf(panels[editing], editing)} runs={runs} onClose={() => setEditing(null)} onSave={(panel) => { putPanels(editing === "new" ? [...panels, panel] : panels.map((one, at) => (at === editing ? panel : one))); setEditing(null); }} />
      )}
    </div>
  );
}

function RunList({ found: { set, shown, total }, all }: { found: FoundSet; all: RunSet<RunLine> }) {
  // Whoever holds a link sees these runs here and has no page for them.
  const shared = shareToken() !== null;
  const home = `${set.entity}/${set.project}`;
  const of = (run: RunLine, name: string) => (name.startsWith("config.") ? run.config[name.slice(7)] : run.summary[name.slice(8)]);
  return (
    <details className="report-runs">
      <summary>{set.name} <span className="muted">{count(total, "run")} of {home}</span></summary>
      {!shared && <p className="report-runs-home"><Link to="/$entity/$project" params={{ entity: set.entity, project: set.project }} search={workspaceSearchOf(set)}>These runs in their workspace</Link></p>}
      <div className="table-scroll">
        <table className="table">
          <thead><tr><th>Run</th><th>State</th>{set.columns.map((name) => <th key={name} className="num">{name.replace(/^(config|summary)\./, "")}</th>)}</tr></thead>
          <tbody>{shown.slice(0, 50).map((run) => <tr key={run.id}><td><span className="row"><i className="dot" style={{ background: all.colour(all.runs.find((one) => one.id === run.id) ?? run) }} />{shared ? run.name : <Link to="/$entity/$project/runs/$run" params={{ entity: set.entity, project: set.project, run: run.run_id }}>{run.name}</Link>}</span></td><td><RunState state={run.state} cause={run.state_cause} /></td>{set.columns.map((name) => <td key={name} className="num">{value(of(run, name))}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}
