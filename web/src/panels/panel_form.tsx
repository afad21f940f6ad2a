/** What a panel shows and how, as a form; nothing is saved here. */
import { Plus, X } from "lucide-react";
import { useMemo } from "react";
import { useRunColumns } from "@/api/needs";
import { type LineSettings, panelKinds, type PanelKind, type PanelSpec } from "@/lib/panel_spec";
import { smoothKinds } from "@/lib/smooth";
import "./panel_form.css";

/** A panel's title; without one of its own, what it shows. */
export const titleOf = (spec: PanelSpec) => spec.title || spec.keys.map((key) => key.replace(/^(config|summary)\./, "")).join(spec.kind === "scatter" ? " against " : ", ") || (panelKinds.find((one) => one.kind === spec.kind)?.label ?? "Panel");

interface Props {
  spec: PanelSpec;
  onSpec: (spec: PanelSpec) => void;
  /** The project whose runs have the values, and what holds where the panel says nothing. */
  context: { entity: string; project: string; settings: LineSettings };
  /** Keys of the history. */
  keys: { name: string; kinds: string[] }[];
  /** How a setting is called that is left to the page. */
  plain?: string;
}

/** Kind, title, keys and how they are drawn. */
export function PanelForm({ spec, onSpec, context, keys, plain = "as in the workspace" }: Props) {
  const columns = useRunColumns(context.entity, context.project);
  const kind = panelKinds.find((one) => one.kind === spec.kind);
  const line = spec.kind === "line";
  const names = useMemo(() => {
    if (line) return keys.filter((key) => key.kinds.includes("number")).map((key) => key.name);
    const values = (columns.data?.columns ?? []).filter((one) => one.section !== "run");
    const numbers = values.filter((one) => one.kinds.includes("number")).map((one) => one.name);
    return spec.kind === "box" || spec.kind === "scatter" ? [...numbers, ...values.filter((one) => !one.kinds.includes("number")).map((one) => one.name)] : numbers;
  }, [line, keys, columns.data, spec.kind]);
  const settings = spec.settings;
  const set = (next: Partial<PanelSpec["settings"]>) => onSpec({ ...spec, settings: { ...settings, ...next } });
  const [least, most] = kind?.keys ?? [0, 0];
  const roles = spec.kind === "scatter" ? ["Horizontal", "Vertical", "Colour"] : spec.kind === "box" ? ["Value", "By"] : spec.kind === "line" ? ["Metric"] : ["Value"];
  const numberField = (label: string, value: number | null | undefined, put: (n: number | null) => void) => (
    <input className="field" type="number" step="any" aria-label={label} placeholder={label} value={value ?? ""} onChange={(event) => put(event.target.value === "" ? null : Number(event.target.value))} />
  );
  return (
    <>
      <label className="form-row"><span>Kind</span>
        <select className="field" value={spec.kind} onChange={(event) => onSpec({ ...spec, kind: event.target.value as PanelKind, keys: [] })}>
          {panelKinds.map((one) => <option key={one.kind} value={one.kind}>{one.label}</option>)}
        </select>
      </label>
      <label className="form-row"><span>Title</span><input className="field" value={spec.title} placeholder={titleOf({ ...spec, title: "" })} onChange={(event) => onSpec({ ...spec, title: event.target.value })} /></label>
      {Array.from({ length: Math.min(most, Math.max(least, spec.keys.length)) }, (_, i) => (
        <div className="form-row" key={i}>
          <span>{roles[i] ?? roles.at(-1)}</span>
          <span className="row">
            <select className="field grow" aria-label={`${roles[i] ?? roles.at(-1)} ${i + 1}`} value={spec.keys[i] ?? ""} onChange={(event) => onSpec({ ...spec, keys: Array.from({ length: Math.max(spec.keys.length, i + 1) }, (_one, at) => (at === i ? event.target.value : (spec.keys[at] ?? ""))).filter((key) => key !== "") })}>
              <option value="">choose</option>
              {names.map((name) => <option key={name}>{name}</option>)}
            </select>
            {i >= least && <button type="button" className="button quiet icon" aria-label={`Remove ${spec.keys[i]}`} onClick={() => onSpec({ ...spec, keys: spec.keys.filter((_one, at) => at !== i) })}><X size={14} /></button>}
          </span>
        </div>
      ))}
      {most > Math.max(least, spec.keys.length) && names.length > spec.keys.length && (
        <button type="button" className="button" onClick={() => onSpec({ ...spec, keys: [...spec.keys, names.find((name) => !spec.keys.includes(name)) ?? ""].filter((key) => key !== "") })}><Plus size={14} />{spec.kind === "line" ? "Another metric" : roles[spec.keys.length] ?? "Another"}</button>
      )}
      {spec.kind === "markdown" && <textarea className="field panel-text mono" aria-label="Markdown" rows={14} value={spec.text ?? ""} onChange={(event) => onSpec({ ...spec, text: event.target.value })} />}
      {line && (
        <>
          <label className="form-row"><span>Horizontal</span>
            <select className="field" value={settings.x ?? ""} onChange={(event) => set({ x: event.target.value || undefined })}>
              <option value="">{plain}</option>
              <option value="_step">step</option>
              <option value="_relative">time since the start</option>
              <option value="_timestamp">clock</option>
              {names.map((name) => <option key={name}>{name}</option>)}
            </select>
          </label>
          <label className="form-row"><span>Smoothing</span>
            <span className="row">
              <select className="field grow" aria-label="Kind of smoothing" value={settings.smoothing?.kind ?? ""} onChange={(event) => set({ smoothing: event.target.value === "" ? undefined : { kind: event.target.value as "ema", weight: settings.smoothing?.weight ?? 0.6 } })}>
                <option value="">{plain}</option>
                {smoothKinds.map((one) => <option key={one.kind} value={one.kind}>{one.label}</option>)}
              </select>
              {settings.smoothing !== undefined && <input type="range" min={0} max={0.99} step={0.01} aria-label="Weight of the smoothing" value={settings.smoothing.weight} onChange={(event) => set({ smoothing: { kind: settings.smoothing?.kind ?? "ema", weight: Number(event.target.value) } })} />}
            </span>
          </label>
          <label className="form-row"><span>Legend</span><input className="field mono" value={settings.legend ?? ""} placeholder={"${run:name} ${config:lr}"} onChange={(event) => set({ legend: event.target.value || undefined })} /></label>
          <div className="form-row"><span>Horizontal range</span><span className="row">{numberField("first", settings.xLow, (n) => set({ xLow: n }))}{numberField("last", settings.xHigh, (n) => set({ xHigh: n }))}</span></div>
          <div className="form-row"><span>Vertical range</span><span className="row">{numberField("lowest", settings.yLow, (n) => set({ yLow: n }))}{numberField("highest", settings.yHigh, (n) => set({ yHigh: n }))}</span></div>
        </>
      )}
      {(line || spec.kind === "scatter") && (
        <>
          <label className="check"><input type="checkbox" checked={settings.logX ?? context.settings.logX} onChange={(event) => set({ logX: event.target.checked })} />Logarithmic horizontal axis</label>
          <label className="check"><input type="checkbox" checked={settings.logY ?? context.settings.logY} onChange={(event) => set({ logY: event.target.checked })} />Logarithmic vertical axis</label>
        </>
      )}
      {line && <label className="check"><input type="checkbox" checked={settings.outliers ?? context.settings.outliers} onChange={(event) => set({ outliers: event.target.checked })} />Ignore outliers in the scale</label>}
    </>
  );
}
