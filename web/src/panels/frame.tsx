/** What every panel has around its drawing: title, menu with exports, receipt at the foot. */
import { Code2, Download, ExternalLink, FileImage, Image as ImageIcon, Link2, Maximize2, MoreHorizontal, Pencil, Table2, Trash2 } from "lucide-react";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { RunLine } from "@/api/types";
import { svgToPng } from "@/charts/export";
import type { LineSettings, PanelSpec } from "@/lib/panel_spec";
import type { RunSet } from "@/lib/run_set";
import { saveAs } from "@/lib/save";
import { toast, toastError } from "@/lib/toasts";
import { given, useWhole } from "@/lib/whole";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import "./frame.css";
import { copyText } from "@/lib/clipboard";

/** What the page around gives to each of its panels. What is absent can't be done there. */
export interface PanelContext {
  entity: string;
  project: string;
  set: RunSet<RunLine>;
  settings: LineSettings;
  onPick?: (run: RunLine, x: number, xKey: string) => void;
  onFull?: (spec: PanelSpec) => void;
  onEdit?: (spec: PanelSpec) => void;
  onRemove?: (spec: PanelSpec) => void;
  /** The page that has the runs of this panel. */
  source?: string;
  /** The panel's own address. */
  link?: (spec: PanelSpec) => string;
}

/** What a panel can give away of what it shows. */
export interface Exports {
  csv?: () => string | Promise<string>;
  svg?: () => string | Promise<string>;
  python?: () => string;
}

interface Props {
  spec: PanelSpec;
  context: PanelContext;
  exports: Exports;
  children: ReactNode;
  foot?: ReactNode;
  /** Present where the panel can show its numbers as a table. */
  table?: { shown: boolean; onShow: (shown: boolean) => void };
  full?: boolean;
  wide?: boolean;
  extra?: ReactNode;
}

const fileName = (title: string) => title.replaceAll(/[^\w.-]+/g, "_").slice(0, 80) || "panel";

/** The card. */
export function PanelFrame({ spec, context, exports, children, foot, table, full = false, wide = false, extra }: Props) {
  const { title } = spec;
  const save = (make: () => Promise<[string, string, string | Blob]>) => void make().then(([name, type, content]) => saveAs(name, type, content)).catch(toastError);
  const copy = (text: string, what: string) => void copyText(text).then(() => toast(`${what} copied.`)).catch(toastError);
  const { csv, svg, python } = exports;
  const { onFull, onEdit, onRemove, link, source } = context;
  const own = useRef<HTMLElement>(null);
  useEffect(() => {
    if (own.current !== null) given.set(own.current, { title, svg, csv });
  }, [title, svg, csv]);
  return (
    <section ref={own} className="panel card" data-full={full || undefined} data-wide={wide || undefined} data-panel={spec.id} aria-label={title}>
      <header className="panel-head">
        <h3 className="ellipsis grow" title={title}>{title}</h3>
        {extra}
        {table !== undefined && (
          <button type="button" className="button quiet icon" aria-label={`View ${title} as a table`} title="View as table" aria-pressed={table.shown} onClick={() => table.onShow(!table.shown)}>
            <Table2 size={14} />
          </button>
        )}
        {source !== undefined && <a className="button quiet icon" href={source} aria-label={`Open the runs of ${title}`} title="Open these runs in their workspace"><ExternalLink size={14} /></a>}
        {onFull !== undefined && !full && (
          <button type="button" className="button quiet icon" aria-label={`Full screen: ${title}`} title="Full screen" onClick={() => onFull(spec)}><Maximize2 size={14} /></button>
        )}
        <Menu trigger={<button type="button" className="button quiet icon" aria-label={`More for ${title}`}><MoreHorizontal size={14} /></button>}>
          {onEdit !== undefined && <MenuItem icon={<Pencil size={14} />} keys="e" onSelect={() => onEdit(spec)}>Edit</MenuItem>}
          {onFull !== undefined && !full && <MenuItem icon={<Maximize2 size={14} />} keys="f" onSelect={() => onFull(spec)}>Full screen</MenuItem>}
          {table !== undefined && <MenuItem icon={<Table2 size={14} />} onSelect={() => table.onShow(!table.shown)}>{table.shown ? "View as chart" : "View as table"}</MenuItem>}
          {(onEdit !== undefined || table !== undefined) && <MenuLine />}
          {svg !== undefined && (
            <>
              <MenuItem icon={<ImageIcon size={14} />} onSelect={() => save(async () => [`${fileName(title)}.png`, "image/png", await svgToPng(await svg())])}>Save as PNG</MenuItem>
              <MenuItem icon={<FileImage size={14} />} onSelect={() => save(async () => [`${fileName(title)}.svg`, "image/svg+xml", await svg()])}>Save as SVG</MenuItem>
            </>
          )}
          {csv !== undefined && <MenuItem icon={<Download size={14} />} onSelect={() => save(async () => [`${fileName(title)}.csv`, "text/csv", await csv()])}>Save as CSV</MenuItem>}
          {python !== undefined && <MenuItem icon={<Code2 size={14} />} onSelect={() => copy(python(), "Python lines")}>Copy as Python</MenuItem>}
          {link !== undefined && <MenuItem icon={<Link2 size={14} />} onSelect={() => copy(link(spec), "Link")}>Copy link</MenuItem>}
          {onRemove !== undefined && (
            <>
              <MenuLine />
              <MenuItem bad icon={<Trash2 size={14} />} onSelect={() => onRemove(spec)}>Remove from this view</MenuItem>
            </>
          )}
        </Menu>
      </header>
      <div className="panel-body">{children}</div>
      {foot !== undefined && <footer className="panel-foot">{foot}</footer>}
    </section>
  );
}

/** Whether an element is near the window: panels ask for data only then. */
export function useNear(box: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  const whole = useWhole((s) => s.whole);
  const margin = useRef("900px");
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watcher = new IntersectionObserver((entries) => setNear(entries.some((entry) => entry.isIntersecting)), {
      rootMargin: margin.current,
      root: element.closest("[data-scroll]"),
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [box]);
  return near || whole;
}
