/** The line above the panels: search, axis, smoothing, scale, undo, saved views, new panels. */
import { Bookmark, PanelLeft, Plus, Redo2, Search, Settings2, Undo2 } from "lucide-react";
import { type ReactNode, Suspense } from "react";
import { late, useLater } from "@/lib/later";
import { panelKinds, type PanelSpec } from "@/lib/panel_spec";
import { smoothKinds, windowOf } from "@/lib/smooth";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { Popover } from "@/ui/popover";
import type { WorkspaceState } from "./state";

const Views = late(() => import("./views").then((part) => part.Views));

interface Props {
  entity: string;
  project: string;
  state: WorkspaceState;
  keys: { name: string; kinds: string[] }[];
  onAdd: (spec: PanelSpec) => void;
  /** The way to a report. */
  report?: ReactNode;
  /** Open the list of runs, where the window is too narrow for it. */
  onRuns: () => void;
}

const own = [
  { value: "", label: "Step" },
  { value: "_relative", label: "Time" },
  { value: "_timestamp", label: "Clock" },
] as const;

let made = 0;

/** A new panel of a kind, with the first keys that fit it. */
function fresh(kind: PanelSpec["kind"], keys: string[]): PanelSpec {
  made += 1;
  const first = kind === "line" ? keys.slice(0, 1) : keys.slice(0, panelKinds.find((one) => one.kind === kind)?.keys[0] ?? 0).map((key) => `summary.${key}`);
  return { id: `own-${Date.now().toString(36)}-${made}`, kind, title: "", keys: first, x: "_step", stream: "history", settings: {} };
}

/** All of it acts on every panel at once. */
export function Toolbar({ entity, project, state, keys, onAdd, onRuns, report }: Props) {
  const { search, settings, seek } = state;
  const numeric = keys.filter((key) => key.kinds.includes("number")).map((key) => key.name);
  const later = useLater();
  return (
    <div className="tools">
      <button type="button" className="button narrow-only" onClick={onRuns}><PanelLeft size={14} />Runs</button>
      <label className="row field-search">
        <Search size={14} aria-hidden="true" />
        <input id="find-panels" className="field grow" aria-label="Find charts" placeholder="Find charts" value={search.panels ?? ""} onChange={(event) => seek({ panels: event.target.value || undefined })} />
      </label>
      <div className="segments" role="group" aria-label="Horizontal axis">
        {own.map((choice) => (
          <button key={choice.label} type="button" aria-pressed={(search.x ?? "") === choice.value} onClick={() => seek({ x: choice.value === "" ? undefined : choice.value })}>{choice.label}</button>
        ))}
        <select aria-label="Another metric as horizontal axis" value={numeric.includes(search.x ?? "") ? search.x : ""} data-used={numeric.includes(search.x ?? "") || undefined} onChange={(event) => seek({ x: event.target.value || undefined })}>
          <option value="">Metric</option>
          {numeric.map((name) => <option key={name}>{name}</option>)}
        </select>
      </div>
      <label className="row smooth-tool">
        <span className="muted">Smooth</span>
        <input id="smoothing" type="range" min={0} max={0.99} step={0.01} value={settings.smoothing.weight} aria-label="Smoothing" onChange={(event) => seek({ smooth: Number(event.target.value) || undefined })} />
        <span className="smooth-value">{settings.smoothing.kind === "average" || settings.smoothing.kind === "gaussian" ? windowOf(settings.smoothing.weight) : settings.smoothing.weight.toFixed(2)}</span>
      </label>
      <button type="button" className="button quiet" aria-pressed={settings.logY} onClick={() => seek({ log: settings.logY ? undefined : true })}>Log</button>
      <Popover title="How lines are drawn" align="end" trigger={<button type="button" className="button quiet" aria-label="How lines are drawn"><Settings2 size={15} /></button>}>
        <div className="form-row">
          <span>Smoothing</span>
          <select className="field" aria-label="Kind of smoothing" value={settings.smoothing.kind} onChange={(event) => seek({ kind: event.target.value === "ema" ? undefined : event.target.value })}>
            {smoothKinds.map((one) => <option key={one.kind} value={one.kind}>{one.label}</option>)}
          </select>
        </div>
        <label className="check"><input type="checkbox" checked={settings.logX} onChange={(event) => seek({ logx: event.target.checked || undefined })} />Logarithmic horizontal axis</label>
        <label className="check"><input type="checkbox" checked={settings.outliers} onChange={(event) => seek({ clip: event.target.checked || undefined })} />Ignore outliers in the scale</label>
        <div className="form-row">
          <span>Groups draw</span>
          <select className="field" aria-label="Middle of a group" value={settings.aggregate} onChange={(event) => seek({ agg: event.target.value === "mean" ? undefined : event.target.value })}>
            <option value="mean">their mean</option>
            <option value="median">their median</option>
          </select>
        </div>
        <div className="form-row">
          <span>with a band of</span>
          <select className="field" aria-label="Band of a group" value={settings.band} onChange={(event) => seek({ band: event.target.value === "range" ? undefined : event.target.value })}>
            <option value="range">lowest to highest</option>
            <option value="std">standard deviation</option>
            <option value="err">standard error</option>
            <option value="none">nothing</option>
          </select>
        </div>
      </Popover>
      <span className="grow" />
      <button type="button" className="button quiet icon" aria-label="Undo" title="Undo (Ctrl Z)" disabled={state.undo === null} onClick={() => state.undo?.()}><Undo2 size={15} /></button>
      <button type="button" className="button quiet icon" aria-label="Redo" title="Redo (Ctrl Y)" disabled={state.redo === null} onClick={() => state.redo?.()}><Redo2 size={15} /></button>
      {later ? <Suspense fallback={<ViewsToCome />}>{report}<Views entity={entity} project={project} state={state} /></Suspense> : <ViewsToCome />}
      <Menu trigger={<button type="button" className="button"><Plus size={14} />Panel</button>}>
        <MenuLabel>Add a panel</MenuLabel>
        {panelKinds.map((one) => (
          <MenuItem key={one.kind} onSelect={() => onAdd(fresh(one.kind, numeric))}><span className="menu-two"><b>{one.label}</b><span className="muted">{one.about}</span></span></MenuItem>
        ))}
      </Menu>
    </div>
  );
}

const ViewsToCome = () => <button type="button" className="button quiet view-button" disabled><Bookmark size={14} />View</button>;
