/** What every panel has around its drawing: title, menu with exports, receipt at the foot. */
import { Code2, Download, ExternalLink, FileImage, Image as ImageIcon, Link2, Maximize2, MoreHorizontal, Pencil, Table2, Trash2 } from "lucide-react";
import { type HTMLAttributes, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { RunLine } from "@/api/types";
import { copyText } from "@/lib/clipboard";
import type { LineSettings, PanelSpec } from "@/lib/panel_spec";
import type { RunSet } from "@/lib/run_set";
import { saveAs } from "@/lib/save";
import { toast, toastError } from "@/lib/toasts";
import { given, useWhole } from "@/lib/whole";
import { Menu, MenuItem, MenuLine, MenuLink } from "@/ui/menu";
import "./frame.css";

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
  /** Lines are named under their drawing: no list of runs stands beside it. */
  legend?: boolean;
  /** The page that has the runs of this panel. */
  source?: string;
  /** The panel's own address. */
  link?: (spec: PanelSpec) => string;
}

/** What a panel can give away of what it shows. */
export interface Exports {
  csv?: () => string | Promise<string>;
  svg?: () => string | Promise<string>;
  /** Where the drawing is no SVG. */
  png?: () => Promise<Blob>;
  python?: () => string;
  /** The logged file itself. */
  file?: { name: string; address: string };
}

/** What can be done with a panel beside saving it; what is absent can't be done there. */
export interface Acts {
  onFull?: (() => void) | undefined;
  onEdit?: (() => void) | undefined;
  onRemove?: (() => void) | undefined;
  source?: string | undefined;
  link?: (() => string) | undefined;
}

interface CardProps {
  /** What a link to the panel names. */
  id: string;
  title: string;
  exports: Exports;
  acts: Acts;
  children: ReactNode;
  foot?: ReactNode;
  /** Present where the panel can show its numbers as a table. */
  table?: { shown: boolean; onShow: (shown: boolean) => void };
  full?: boolean;
  wide?: boolean;
  extra?: ReactNode;
  className?: string;
  /** Under the drawing, where it is more than a line of text. */
  slider?: ReactNode;
  body?: HTMLAttributes<HTMLDivElement> & { "data-beside"?: boolean | undefined };
  ref?: RefObject<HTMLElement | null>;
}

interface Props extends Omit<CardProps, "id" | "title" | "acts" | "className" | "slider" | "body" | "ref"> {
  spec: PanelSpec;
  context: PanelContext;
}

const fileName = (title: string) => title.replaceAll(/[^\w.-]+/g, "_").slice(0, 80) || "panel";

/** The card of a panel over runs. */
export function PanelFrame({ spec, context, ...rest }: Props) {
  const { onFull, onEdit, onRemove, link, source } = context;
  const bound = <T,>(act: ((spec: PanelSpec) => T) | undefined) => (act === undefined ? undefined : () => act(spec));
  return <PanelCard id={spec.id} title={spec.title} acts={{ onFull: bound(onFull), onEdit: bound(onEdit), onRemove: bound(onRemove), link: bound(link), source }} {...rest} />;
}

/** The card: what charts, media and tables have in common. */
export function PanelCard({ id, title, exports, acts, children, foot, table, full = false, wide = false, extra, className = "", slider, body, ref }: CardProps) {
  const { csv, svg } = exports;
  const own = useRef<HTMLElement>(null);
  const box = ref ?? own;
  useEffect(() => {
    if (box.current !== null) given.set(box.current, { title, svg, csv });
  }, [box, title, svg, csv]);
  return (
    <section ref={box} className={`panel card ${className}`} data-full={full || undefined} data-wide={wide || undefined} data-panel={id} aria-label={title}>
      <header className="panel-head">
        <h3 className="ellipsis grow" title={title}>{title}</h3>
        {extra}
        {table !== undefined && (
          <button type="button" className="button quiet icon" aria-label={`View ${title} as a table`} title="View as table" aria-pressed={table.shown} onClick={() => table.onShow(!table.shown)}>
            <Table2 size={14} />
          </button>
        )}
        {acts.source !== undefined && <a className="button quiet icon" href={acts.source} aria-label={`Open the runs of ${title}`} title="Open these runs in their workspace"><ExternalLink size={14} /></a>}
        {acts.onFull !== undefined && !full && (
          <button type="button" className="button quiet icon" aria-label={`Full screen: ${title}`} title="Full screen" onClick={acts.onFull}><Maximize2 size={14} /></button>
        )}
        <PanelMenu title={title} exports={exports} acts={full ? { ...acts, onFull: undefined } : acts} table={table} />
      </header>
      <div {...body} className={`panel-body ${body?.className ?? ""}`}>{children}</div>
      {slider}
      {foot !== undefined && <footer className="panel-foot">{foot}</footer>}
    </section>
  );
}

function PanelMenu({ title, exports, acts, table }: Pick<CardProps, "title" | "exports" | "acts" | "table">) {
  const save = (make: () => Promise<[string, string, string | Blob]>) => void make().then(([name, type, content]) => saveAs(name, type, content)).catch(toastError);
  const copy = (text: string, what: string) => void copyText(text).then(() => toast(`${what} copied.`)).catch(toastError);
  const { csv, svg, python, file } = exports;
  const { onFull, onEdit, onRemove, link } = acts;
  const png = exports.png ?? (svg === undefined ? undefined : async () => (await import("@/charts/export")).svgToPng(await svg()));
  const head = onFull !== undefined || onEdit !== undefined || table !== undefined;
  if (!head && png === undefined && csv === undefined && python === undefined && file === undefined && link === undefined && onRemove === undefined) return null;
  return (
    <Menu trigger={<button type="button" className="button quiet icon" aria-label={`More for ${title}`}><MoreHorizontal size={14} /></button>}>
      {onEdit !== undefined && <MenuItem icon={<Pencil size={14} />} keys="e" onSelect={onEdit}>Edit</MenuItem>}
      {onFull !== undefined && <MenuItem icon={<Maximize2 size={14} />} keys="f" onSelect={onFull}>Full screen</MenuItem>}
      {table !== undefined && <MenuItem icon={<Table2 size={14} />} onSelect={() => table.onShow(!table.shown)}>{table.shown ? "View as chart" : "View as table"}</MenuItem>}
      {head && <MenuLine />}
      {png !== undefined && <MenuItem icon={<ImageIcon size={14} />} onSelect={() => save(async () => [`${fileName(title)}.png`, "image/png", await png()])}>Save as PNG</MenuItem>}
      {svg !== undefined && <MenuItem icon={<FileImage size={14} />} onSelect={() => save(async () => [`${fileName(title)}.svg`, "image/svg+xml", await svg()])}>Save as SVG</MenuItem>}
      {csv !== undefined && <MenuItem icon={<Download size={14} />} onSelect={() => save(async () => [`${fileName(title)}.csv`, "text/csv", await csv()])}>Save as CSV</MenuItem>}
      {file !== undefined && <MenuLink icon={<Download size={14} />} href={file.address} download={file.name}>Save the file</MenuLink>}
      {python !== undefined && <MenuItem icon={<Code2 size={14} />} onSelect={() => copy(python(), "Python lines")}>Copy as Python</MenuItem>}
      {link !== undefined && <MenuItem icon={<Link2 size={14} />} onSelect={() => copy(link(), "Link")}>Copy link</MenuItem>}
      {onRemove !== undefined && (
        <>
          <MenuLine />
          <MenuItem bad icon={<Trash2 size={14} />} onSelect={onRemove}>Remove from this view</MenuItem>
        </>
      )}
    </Menu>
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
