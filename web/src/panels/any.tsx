/** Any panel by its kind. What is not a line is loaded when it is first shown. */
import { lazy, Suspense } from "react";
import type { PanelSpec } from "@/lib/panel_spec";
import { BarPanel, ScalarPanel } from "./bar";
import { type PanelContext, PanelFrame } from "./frame";
import { LinePanel } from "./line";

const VegaPanel = lazy(() => import("./vega").then((part) => ({ default: part.VegaPanel })));
const ComparerPanel = lazy(() => import("./comparer").then((part) => ({ default: part.ComparerPanel })));
const MarkdownPanel = lazy(() => import("./markdown").then((part) => ({ default: part.MarkdownPanel })));

/** The drawing of a specification. */
export function AnyPanel({ spec, context, full = false }: { spec: PanelSpec; context: PanelContext; full?: boolean }) {
  if (spec.kind === "line") return <LinePanel spec={spec} context={context} full={full} />;
  if (spec.kind === "bar") return <BarPanel spec={spec} context={context} full={full} />;
  if (spec.kind === "scalar") return <ScalarPanel spec={spec} context={context} full={full} />;
  if (spec.kind === "unknown") {
    return (
      <PanelFrame spec={spec} context={context} full={full} exports={{}}>
        <p className="muted panel-none">A panel of the kind “{String(spec.raw?.viewType ?? "unknown")}” is not drawn here. It stays in the view as it is.</p>
      </PanelFrame>
    );
  }
  return (
    <Suspense fallback={<div className="panel card"><div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${spec.title}`} /></div>}>
      {spec.kind === "comparer" ? (
        <ComparerPanel spec={spec} context={context} full={full} />
      ) : spec.kind === "markdown" ? (
        <MarkdownPanel spec={spec} context={context} full={full} />
      ) : (
        <VegaPanel spec={spec} context={context} full={full} />
      )}
    </Suspense>
  );
}
