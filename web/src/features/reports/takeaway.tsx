/** A report to take away: one file with its data, Markdown, or paper. */
import { Download, Printer } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { type Command, useCommands } from "@/lib/commands";
import { saveAs } from "@/lib/save";
import { useTheme } from "@/lib/theme";
import { toastError } from "@/lib/toasts";

interface Props {
  title: string;
  markdown: () => string;
  /** Goes into the file as data. */
  about: Record<string, unknown>;
}

/** Print the page as it is drawn in the light theme: paper is white. */
async function onPaper() {
  const { look, theme: before } = useTheme.getState();
  const { dataset } = document.documentElement;
  dataset.theme = "light";
  useTheme.setState({ look: "light", theme: "light" });
  await new Promise((done) => setTimeout(done, before === "light" ? 50 : 800));
  window.print();
  dataset.theme = before;
  useTheme.setState({ look, theme: before });
}

const article = () => document.querySelector<HTMLElement>("article.report");

/** The buttons. What they need is loaded when one is pressed. */
export function Takeaway({ title, markdown, about }: Props) {
  const [busy, setBusy] = useState(false);
  const act = useCallback((what: (shown: HTMLElement) => Promise<void>) => {
    const shown = article();
    if (shown === null) return;
    setBusy(true);
    void import("./export_html").then(({ withAll }) => withAll(shown, () => what(shown))).catch(toastError).finally(() => setBusy(false));
  }, []);
  const html = () => act(async (shown) => { const { htmlOf } = await import("./export_html"); saveAs(`${title}.html`, "text/html", await htmlOf(shown, title, about)); });
  const print = useCallback(() => act(onPaper), [act]);
  // The browser's own key would print before the panels further down are drawn.
  useCommands(useMemo<Command[]>(() => [{ id: "report.print", label: "Print, or save as PDF", group: "Report", keys: "Ctrl+p", run: () => { if (!busy) print(); } }], [busy, print]));
  return (
    <>
      <button type="button" className="button" disabled={busy} title="One file that opens from disk, with its data" onClick={html}><Download size={14} />{busy ? "Gathering…" : "HTML"}</button>
      <button type="button" className="button" onClick={() => saveAs(`${title}.md`, "text/markdown", markdown())}><Download size={14} />Markdown</button>
      <button type="button" className="button icon" disabled={busy} aria-label="Print or save as PDF" title="Print or save as PDF" onClick={print}><Printer size={14} /></button>
    </>
  );
}
