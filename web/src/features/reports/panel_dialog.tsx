/** A panel of a grid, made or changed with the result in sight. */
import { useState } from "react";
import { useKeys, useRunColumns } from "@/api/needs";
import { type Json, list, newId, object, tableFrom, tablePanel } from "@/api/report_spec";
import { panelFrom, panelTo } from "@/api/view_spec";
import { type PanelSpec, plainSettings } from "@/lib/panel_spec";
import { PanelForm } from "@/panels/panel_form";
import { tablesOf } from "@/panels/table/found";
import { Dialog } from "@/ui/dialog";
import { axesFrom, ReportPanel } from "./panel";
import type { GridRuns } from "./run_sets";

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

interface Props {
  /** null: a new one. */
  panel: unknown;
  place: Place;
  runs: GridRuns;
  onSave: (panel: Json) => void;
  onClose: () => void;
}

const COLUMNS = 24;
const VIEW_HEIGHT = 420;
const kinds = [
  { type: "chart", label: "Chart of runs", viewType: null },
  { type: "media", label: "Pictures and other media", viewType: "Media Browser" },
  { type: "table", label: "Logged table", viewType: "Weave" },
  { type: "parallel", label: "Parallel coordinates", viewType: "Parallel Coordinates Plot" },
  { type: "importance", label: "Parameter importance", viewType: "Parameter Importance" },
] as const;
type Kind = (typeof kinds)[number]["type"];

const kindOf = (panel: Json): Kind => kinds.find((one) => one.viewType === panel.viewType && (one.type !== "table" || tableFrom(panel.config) !== null))?.type ?? "chart";

/** A new panel of a kind over what the runs have. */
function fresh(kind: Kind, names: { series: string[]; media: string[]; tables: string[]; config: string[]; summary: string[] }): Json {
  const base: Json = { __id__: newId() };
  if (kind === "media") return { ...base, viewType: "Media Browser", config: { mediaKeys: names.media.slice(0, 1) } };
  if (kind === "table") return { ...base, ...tablePanel(names.tables[0] ?? "") };
  if (kind === "parallel") return { ...base, viewType: "Parallel Coordinates Plot", config: { columns: [...names.config.slice(0, 5).map((name) => ({ accessor: `c::${name}` })), ...names.summary.slice(0, 1).map((name) => ({ accessor: `summary:${name}` }))] } };
  if (kind === "importance") return { ...base, viewType: "Parameter Importance", config: { targetKey: names.summary[0] ?? "" } };
  const spec: PanelSpec = { id: String(base.__id__), kind: "line", title: "", keys: names.series.slice(0, 1), x: "_step", stream: "history", settings: {}, raw: base };
  return panelTo(spec);
}

/** Nothing changes in the report until it is saved. */
export function PanelDialog({ panel, place, runs, onSave, onClose }: Props) {
  const first = runs.sets[0]?.set ?? { entity: "", project: "" };
  const keys = useKeys(first.entity, first.project, runs.all.runs.map((run) => run.id), "history");
  const columns = useRunColumns(first.entity, first.project);
  const found = keys.data?.keys ?? [];
  const telling = columns.data?.columns ?? [];
  const names = {
    series: found.filter((key) => key.kinds.includes("number") && !key.name.startsWith("_")).sort((a, b) => Number(/loss|acc/i.test(b.name)) - Number(/loss|acc/i.test(a.name))).map((key) => key.name),
    media: found.filter((key) => !key.kinds.includes("number") && !key.kinds.includes("table")).map((key) => key.name),
    tables: tablesOf(runs.all.runs).map((one) => one.key),
    config: telling.filter((one) => one.section === "config").map((one) => one.name.slice(7)),
    summary: telling.filter((one) => one.section === "summary" && one.kinds.includes("number")).map((one) => one.name.slice(8)),
  };
  const [draft, setDraft] = useState<Json | null>(panel === null ? null : object(panel));
  const [at, setAt] = useState(place);
  const shown = draft ?? fresh("chart", names);
  const kind = kindOf(shown);
  const config = object(shown.config);
  const change = (next: Json) => setDraft({ ...shown, config: { ...config, ...next } });
  const side = (name: keyof Place, label: string, most: number) => (
    <label className="form-row"><span>{label}</span><input className="field" type="number" min={name === "w" || name === "h" ? 2 : 0} max={most} value={at[name]} onChange={(event) => setAt({ ...at, [name]: Math.max(0, Math.min(most, Math.round(Number(event.target.value)))) })} /></label>
  );
  const chosen = (values: readonly string[], given: readonly string[], put: (next: string[]) => void, label: string) => (
    <fieldset><legend>{label}</legend><div className="pop-list">{[...new Set([...given, ...values])].map((name) => <label key={name}><input type="checkbox" checked={given.includes(name)} onChange={(event) => put(event.target.checked ? [...given, name] : given.filter((one) => one !== name))} /><span className="ellipsis">{name}</span></label>)}</div></fieldset>
  );
  const save = () => onSave({ ...shown, layout: { ...object(shown.layout), ...at, w: Math.max(2, Math.min(at.w, COLUMNS - at.x)), h: Math.max(2, at.h) } });
  const axes = axesFrom(config);
  // A title that says what is shown goes on doing so until somebody writes another.
  const own = typeof config.chartTitle === "string" && config.chartTitle !== "";
  const put = (spec: PanelSpec) => setDraft(panelTo({ ...spec, title: own || spec.title !== panelFrom(shown, "draft").title ? spec.title : "" }));
  return (
    <Dialog title={panel === null ? "Add a panel" : "Edit the panel"} open onClose={onClose} size="full">
      <div className="panel-window">
        <div className="panel-window-view report-preview"><ReportPanel panel={shown} at="draft" runs={runs} height={VIEW_HEIGHT} full /></div>
        <form className="panel-form" onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); save(); }}>
          <label className="form-row"><span>Shows</span>
            <select className="field" value={kind} onChange={(event) => setDraft(fresh(event.target.value as Kind, names))}>{kinds.map((one) => <option key={one.type} value={one.type}>{one.label}</option>)}</select>
          </label>
          {kind === "chart" && panelFrom(shown, "draft").kind !== "unknown" && <PanelForm spec={panelFrom(shown, "draft")} onSpec={put} context={{ ...first, settings: plainSettings }} keys={found} plain="as it comes" />}
          {kind === "chart" && panelFrom(shown, "draft").kind === "unknown" && <p className="muted">This panel is kept as it is; its place can be changed.</p>}
          {kind !== "chart" && kind !== "table" && <label className="form-row"><span>Title</span><input className="field" value={String(config.chartTitle ?? "")} onChange={(event) => change({ chartTitle: event.target.value || undefined })} /></label>}
          {kind === "media" && chosen(names.media, list(config.mediaKeys).map(String), (mediaKeys) => change({ mediaKeys }), "Keys")}
          {kind === "table" && (
            <label className="form-row"><span>Table</span>
              <select className="field" value={tableFrom(config)?.key ?? ""} onChange={(event) => setDraft({ ...shown, ...tablePanel(event.target.value) })}>
                {[...new Set([tableFrom(config)?.key ?? "", ...names.tables])].filter((one) => one !== "").map((one) => <option key={one}>{one}</option>)}
              </select>
            </label>
          )}
          {kind === "parallel" && (
            <>
              {chosen(names.config, axes.filter((one) => one.config).map((one) => one.name), (next) => change({ columns: [...next.map((name) => ({ accessor: `c::${name}` })), ...list(config.columns).filter((_, i) => axes[i]?.config === false)] }), "Parameters")}
              {chosen(names.summary, axes.filter((one) => !one.config).map((one) => one.name), (next) => change({ columns: [...list(config.columns).filter((_, i) => axes[i]?.config === true), ...next.map((name) => ({ accessor: `summary:${name}` }))] }), "Results")}
            </>
          )}
          <fieldset className="panel-place"><legend>Place, in {COLUMNS} columns</legend>{side("x", "From the left", COLUMNS - 2)}{side("y", "From the top", 400)}{side("w", "Width", COLUMNS)}{side("h", "Height", 60)}</fieldset>
          <div className="row"><button type="submit" className="button primary">{panel === null ? "Add" : "Save"}</button><button type="button" className="button" onClick={onClose}>Cancel</button></div>
        </form>
      </div>
    </Dialog>
  );
}
