/** Parallel coordinates of runs: brush to filter, drag to reorder, flip, log, colour by any axis; all of it by keys too. */
import { ArrowUpDown, GripVertical, SlidersVertical } from "lucide-react";
import { Popover } from "radix-ui";
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { axisX, drawParallel, nearest, place, type Placed, placesOf, rampColour, spanOf, ticksOf } from "@/charts/parallel";
import { metric } from "@/lib/format";
import { useHover } from "@/lib/hover";
import { type ParallelView, passes, type Span } from "@/lib/parallel";
import { useTheme } from "@/lib/theme";
import "./parallel.css";

export interface ParallelLine {
  run: number | null;
  label: string;
  values: Record<string, unknown>;
}

interface Props {
  lines: ParallelLine[];
  /** Axis names, the one that colours last. */
  axes: string[];
  /** Axes that have a logarithmic scale by themselves. */
  log: string[];
  /** The view, when its owner keeps it; else the panel does. */
  view?: ParallelView;
  onView?: (view: ParallelView) => void;
  onPick?: (line: ParallelLine) => void;
  height?: number;
}

const top = 54;
const bottom = 26;
const side = 84;

const plain = (v: unknown): number | string | null => (typeof v === "number" ? v : v === null || v === undefined ? null : typeof v === "string" ? v : JSON.stringify(v));
const toggled = (list: readonly string[] | undefined, name: string): string[] | undefined => {
  const next = list?.includes(name) === true ? list.filter((one) => one !== name) : [...(list ?? []), name];
  return next.length === 0 ? undefined : next;
};

/** The axes in the view's order; new ones at the end, those put away left out. */
export function axesInOrder(axes: readonly string[], view: ParallelView): string[] {
  const known = (view.order ?? []).filter((name) => axes.includes(name));
  return [...known, ...axes.filter((name) => !known.includes(name))].filter((name) => view.hide?.includes(name) !== true);
}

/** The panel. */
export function ParallelPanel({ lines, axes, log, view: given, onView, onPick, height = 330 }: Props) {
  const [own, setOwn] = useState<ParallelView>({});
  const view = given ?? own;
  const change = (next: ParallelView) => (onView ?? setOwn)({ ...view, ...next });
  const theme = useTheme((s) => s.theme);
  const litRun = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(900);
  const [dragging, setDragging] = useState<{ name: string; x: number } | null>(null);
  const [drawn, setDrawn] = useState<{ name: string; span: Span } | null>(null);
  useEffect(() => {
    if (box.current === null) return;
    const watcher = new ResizeObserver((entries) => setWidth(entries[0]?.contentRect.width ?? 900));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const order = useMemo(() => axesInOrder(axes, view), [axes, view.order, view.hide]);
  const isLog = (name: string) => log.includes(name) !== (view.scale?.includes(name) === true);
  const placed = useMemo(
    () => order.map((name) => place({ name, values: lines.map((line) => plain(line.values[name])), log: isLog(name), flip: view.flip?.includes(name) === true })),
    [order, lines, log, view.scale, view.flip],
  );
  const ticks = useMemo(() => placed.map((one) => (one.categories === null ? ticksOf(one) : [])), [placed]);
  const brushes = drawn === null ? view.brush : { ...view.brush, [drawn.name]: drawn.span };
  const kept = useMemo(() => Uint8Array.from(lines, (line) => (passes(line.values, brushes) ? 1 : 0)), [lines, view.brush, drawn]);
  const colourBy = view.colour ?? axes[axes.length - 1] ?? "";
  const colours = useMemo(() => {
    const by = placed.find((one) => one.axis.name === colourBy);
    return lines.map((_, i) => (by === undefined || Number.isNaN(by.at[i] ?? Number.NaN) ? "var" : rampColour(by.axis.flip ? 1 - (by.at[i] ?? 0) : (by.at[i] ?? 0), theme === "dark")));
  }, [placed, colourBy, lines, theme]);
  const lit = useMemo(() => {
    const at = litRun === null ? -1 : lines.findIndex((line) => line.run === litRun);
    return at === -1 ? null : at;
  }, [litRun, lines]);

  useEffect(() => {
    const target = canvas.current;
    const ctx = target?.getContext("2d");
    if (target === null || ctx === null || ctx === undefined) return;
    const frame = requestAnimationFrame(() => {
      const ratio = Math.min(2, devicePixelRatio);
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (target.width !== w || target.height !== h) [target.width, target.height] = [w, h];
      const faded = getComputedStyle(target).getPropertyValue("--line");
      drawParallel(ctx, placed, lines.length, { width, height, top, bottom, side, colours: colours.map((c) => (c === "var" ? faded : c)), faded, kept, lit, ratio });
    });
    return () => cancelAnimationFrame(frame);
  }, [placed, kept, colours, lit, width, height, lines.length]);

  const span = height - top - bottom;
  const toPlace = (clientY: number) => Math.min(1, Math.max(0, 1 - (clientY - (box.current?.getBoundingClientRect().top ?? 0) - top) / span));
  const setBrush = (name: string, next: Span | null) => {
    const { [name]: _, ...rest } = view.brush ?? {};
    const all = next === null ? rest : { ...rest, [name]: next };
    change({ brush: Object.keys(all).length === 0 ? undefined : all });
  };
  const startBrush = (one: Placed, event: PointerEvent<HTMLDivElement>) => {
    const { name } = one.axis;
    const from = toPlace(event.clientY);
    const element = event.currentTarget;
    element.setPointerCapture(event.pointerId);
    const move = (e: globalThis.PointerEvent) => {
      if (Math.abs(toPlace(e.clientY) - from) > 0.01) setDrawn({ name, span: spanOf(one, from, toPlace(e.clientY)) });
    };
    const up = (e: globalThis.PointerEvent) => {
      const to = toPlace(e.clientY);
      setDrawn(null);
      const made = Math.abs(to - from) <= 0.01 ? null : spanOf(one, from, to);
      setBrush(name, made !== null && "values" in made && made.values.length === 0 ? null : made);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", up);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up);
  };
  const moveAxis = (name: string, to: number) => {
    const without = order.filter((one) => one !== name);
    without.splice(Math.max(0, Math.min(without.length, to)), 0, name);
    if (without.join("\u0000") !== order.join("\u0000")) change({ order: without });
  };
  const onKey = (name: string, event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    moveAxis(name, order.indexOf(name) + (event.key === "ArrowLeft" ? -1 : 1));
    event.preventDefault();
  };

  return (
    <div ref={box} className="parallel" style={{ height }} role="group" aria-label={`Parallel coordinates of ${lines.length} runs`}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${lines.length} runs over ${order.join(", ")}`}
        style={{ width, height }}
        data-lit={lit !== null}
        onMouseMove={(event) => {
          const rect = event.currentTarget.getBoundingClientRect();
          const found = nearest(placed, lines.length, kept, event.clientX - rect.left, event.clientY - rect.top, { width, height, top, bottom, side });
          hover(found === null ? null : (lines[found]?.run ?? null));
        }}
        onMouseLeave={() => hover(null)}
        onClick={() => lit !== null && lines[lit] !== undefined && onPick?.(lines[lit])}
      />
      {placed.map((one, i) => {
        const { name } = one.axis;
        const x = dragging?.name === name ? dragging.x : axisX(i, placed.length, width, side);
        const brush = brushes?.[name];
        const ends = brush === undefined ? null : placesOf(one, brush);
        return (
          <div key={name} className="axis" style={{ left: x }}>
            <div className="axis-head" data-colour={colourBy === name}>
              <button
                type="button"
                className="grip"
                aria-label={`Move ${name}: drag, or use the arrow keys`}
                onKeyDown={(event) => onKey(name, event)}
                onPointerDown={(event) => {
                  const element = event.currentTarget;
                  element.setPointerCapture(event.pointerId);
                  const left = box.current?.getBoundingClientRect().left ?? 0;
                  let at = order.indexOf(name);
                  const move = (e: globalThis.PointerEvent) => {
                    setDragging({ name, x: e.clientX - left });
                    at = Math.round(((e.clientX - left - side) / (width - 2 * side)) * (placed.length - 1));
                  };
                  const up = () => {
                    setDragging(null);
                    moveAxis(name, at);
                    element.removeEventListener("pointermove", move);
                    element.removeEventListener("pointerup", up);
                  };
                  element.addEventListener("pointermove", move);
                  element.addEventListener("pointerup", up);
                }}
              >
                <GripVertical size={12} />
              </button>
              <button type="button" className="axis-name ellipsis" title={`${name}: colour by this axis`} aria-pressed={colourBy === name} onClick={() => change({ colour: name === axes[axes.length - 1] ? undefined : name })}>{name}</button>
            </div>
            <div className="axis-tools">
              <button type="button" aria-label={`Flip ${name}`} title="Flip" aria-pressed={one.axis.flip} onClick={() => change({ flip: toggled(view.flip, name) })}><ArrowUpDown size={11} /></button>
              {one.categories === null && one.lo > 0 && <button type="button" aria-label={`log axis of ${name}`} aria-pressed={one.axis.log} onClick={() => change({ scale: toggled(view.scale, name) })}>log</button>}
              <SpanMenu one={one} span={view.brush?.[name]} onSpan={(next) => setBrush(name, next)} onHide={order.length > 2 ? () => change({ hide: toggled(view.hide, name) }) : null} />
            </div>
            <div className="axis-line" style={{ top, height: span }} onPointerDown={(event) => startBrush(one, event)}>
              <i />
              {ends !== null && <b style={{ bottom: `${ends[0] * 100}%`, height: `${(ends[1] - ends[0]) * 100}%` }} />}
              {one.categories === null
                ? (ticks[i] ?? []).map(({ t, value }) => <span key={t} style={{ bottom: `${t * 100}%` }}>{metric(value)}</span>)
                : one.categories.slice(0, 24).map((label, k) => <span key={label} className="ellipsis" style={{ bottom: `${(one.axis.flip ? 1 - (k + 0.5) / (one.categories?.length ?? 1) : (k + 0.5) / (one.categories?.length ?? 1)) * 100}%` }}>{label}</span>)}
            </div>
          </div>
        );
      })}
      {lit !== null && lines[lit] !== undefined && <div className="parallel-said"><b>{lines[lit].label}</b> {order.map((name) => `${name} ${said(lines[lit]?.values[name])}`).join(" · ")}</div>}
    </div>
  );
}

const said = (v: unknown): string => (typeof v === "number" ? metric(v) : v === null || v === undefined ? "–" : typeof v === "string" ? v : JSON.stringify(v));

/** The range of an axis as two number fields or some words, for those who do not drag. */
function SpanMenu({ one, span, onSpan, onHide }: { one: Placed; span: Span | undefined; onSpan: (span: Span | null) => void; onHide: (() => void) | null }) {
  const { name } = one.axis;
  const words = span !== undefined && "values" in span ? span.values : (one.categories ?? []);
  const [lo, hi] = span !== undefined && "lo" in span ? [span.lo, span.hi] : [one.lo, one.hi];
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={`Range of ${name}`} title="Range" data-on={span !== undefined}><SlidersVertical size={11} /></Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="card pop axis-pop" sideOffset={4}>
          <h3>Only runs with {name}</h3>
          {one.categories === null ? (
            <form key={`${lo} ${hi}`} className="row" onSubmit={(event) => {
              event.preventDefault();
              const given = new FormData(event.currentTarget);
              const ends = [Number(given.get("lo")), Number(given.get("hi"))];
              if (ends.every(Number.isFinite)) onSpan({ lo: Math.min(...ends), hi: Math.max(...ends) });
            }}>
              <input className="field" name="lo" inputMode="decimal" aria-label={`Least ${name}`} defaultValue={Number(lo.toPrecision(5))} />
              <span className="muted">to</span>
              <input className="field" name="hi" inputMode="decimal" aria-label={`Greatest ${name}`} defaultValue={Number(hi.toPrecision(5))} />
              <button type="submit" className="button">Apply</button>
            </form>
          ) : (
            <div className="pop-list">
              {one.categories.map((word) => (
                <label key={word} className="row"><input type="checkbox" checked={words.includes(word)} onChange={() => {
                  const next = words.includes(word) ? words.filter((each) => each !== word) : [...words, word];
                  onSpan(next.length === 0 || next.length === one.categories?.length ? null : { values: next });
                }} />{word}</label>
              ))}
            </div>
          )}
          <div className="row">
            {span !== undefined && <button type="button" className="button" onClick={() => onSpan(null)}>Drop the range</button>}
            {onHide !== null && <button type="button" className="button quiet" onClick={onHide}>Hide this axis</button>}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
