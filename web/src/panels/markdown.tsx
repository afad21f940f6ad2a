/** Text between the charts. */
import type { PanelSpec } from "@/lib/panel_spec";
import { Markdown } from "@/ui/markdown";
import { PanelFrame, type PanelContext } from "./frame";

/** A panel of Markdown. */
export function MarkdownPanel({ spec, context, full }: { spec: PanelSpec; context: PanelContext; full?: boolean }) {
  return (
    <PanelFrame spec={spec} context={context} full={full} exports={spec.text === undefined ? {} : { file: { name: `${spec.title}.md`, address: `data:text/markdown;charset=utf-8,${encodeURIComponent(spec.text)}` } }}>
      <div className="markdown-panel">{spec.text === undefined || spec.text.trim() === "" ? <p className="muted panel-none">Nothing written yet.</p> : <Markdown text={spec.text} />}</div>
    </PanelFrame>
  );
}
