/** A report that begins with the runs and panels of this workspace. */
import { useNavigate } from "@tanstack/react-router";
import { FileText } from "lucide-react";
import { useProject } from "@/api/needs";
import { gridOfWorkspace } from "@/api/report_spec";
import { useMakeReport } from "@/api/reports";
import { panelTo } from "@/api/view_spec";
import type { PanelSpec } from "@/lib/panel_spec";
import { toastError } from "@/lib/toasts";
import type { WorkspaceState } from "./state";

const MOST_PANELS = 12;

/** The button. It takes the panels of the open sections, and opens the report to be written. */
export function ToReport({ entity, project, state, panels }: { entity: string; project: string; state: WorkspaceState; panels: readonly PanelSpec[] }) {
  const navigate = useNavigate();
  const make = useMakeReport(entity, project);
  const home = useProject(entity, project);
  if (home.data?.may_write !== true) return null;
  const { search, settings } = state;
  const begin = () => {
    const stored = panels.slice(0, MOST_PANELS).map((spec) => panelTo({ ...spec, settings: { ...(settings.smoothing.weight > 0 ? { smoothing: settings.smoothing } : {}), ...(settings.x === "" ? {} : { x: settings.x }), ...(settings.logX ? { logX: true } : {}), ...(settings.logY ? { logY: true } : {}), ...(settings.outliers ? { outliers: true } : {}), ...spec.settings } }));
    const grid = gridOfWorkspace(entity, project, { search: search.q ?? "", tests: search.where ?? [], order: search.order ?? "-created_at", groupBy: [...state.groupBy], hidden: [...state.hidden] }, stored);
    make.mutate({ title: `Report on ${project}`, spec: { version: 5, blocks: [grid] } }, { onSuccess: (made) => void navigate({ to: "/$entity/$project/reports/$slug", params: { entity, project, slug: made.slug }, search: { edit: true } }), onError: toastError });
  };
  return <button type="button" className="button quiet icon" aria-label="Report from this workspace" title="Begin a report with these runs and panels" disabled={make.isPending} onClick={begin}><FileText size={15} /></button>;
}
