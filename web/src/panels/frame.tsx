/** What every panel has around its drawing: title, menu with exports, receipt at the foot. */
import { ExternalLink, Maximize2, MoreHorizontal, Table2 } from "lucide-react";
import { type HTMLAttributes, lazy, type ReactNode, type RefObject, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { RunLine } from "@/api/types";
import type { LineSettings, PanelSpec } from "@/lib/panel_spec";
import type { RunSet } from "@/lib/run_set";
import { given, useWhole } from "@/lib/whole";
import { Menu } from "@/ui/menu";
import type { MenuProps } from "./panel_menu";
import "./frame.css";

export type { Acts, Exports } from "./panel_menu";

/** What the page around gives to each of its panels. What is absent can't be done there. */
export interface PanelContext {
  entity: string;
  project: string;
  set: RunSet<RunLine>;
  settings: LineSettings;
  /** Where a run is at home, when the panel shows runs of several projects. */
  homeOf?: (run: RunLine) => { entity: string; project: string };
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

interface CardProps extends MenuProps {
  /** What a link to the panel names. */
  id: string;
  children: ReactNode;
  foot?: ReactNode;
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

const PanelMenuItems = lazy(() => import("./panel_menu").then((part) => ({ default: part.PanelMenuItems })));

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

function PanelMenu({ title, exports, acts, table }: MenuProps) {
  if ([...Object.values(exports), acts.onFull, acts.onEdit, acts.onRemove, acts.link, table].every((one) => one === undefined)) return null;
  return (
    <Menu trigger={<button type="button" className="button quiet icon" aria-label={`More for ${title}`}><MoreHorizontal size={14} /></button>}>
      <Suspense><PanelMenuItems title={title} exports={exports} acts={acts} table={table} /></Suspense>
    </Menu>
  );
}

/** So far outside of the window a panel is near. */
const NEAR = 900;

/** Whether an element is near the window: panels ask for data only then. */
export function useNear(box: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  const whole = useWhole((s) => s.whole);
  // Those of a new page that are near ask at once: the watcher tells of them only after the page was painted.
  useLayoutEffect(() => {
    const place = box.current?.getBoundingClientRect();
    if (place !== undefined && place.height > 0 && place.top < innerHeight + NEAR && place.bottom > -NEAR) setNear(true);
  }, [box]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watcher = new IntersectionObserver((entries) => setNear(entries.some((entry) => entry.isIntersecting)), {
      rootMargin: `${NEAR}px`,
      root: element.closest("[data-scroll]"),
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [box]);
  return near || whole;
}
