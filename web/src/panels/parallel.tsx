/** Parallel coordinates of runs: brush to filter, drag to reorder, flip, log, colour by any axis. */
import { ArrowUpDown, GripVertical } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { type Axis, axisX, type Brush, brushed, drawParallel, nearest, place, rampColour, valueAt } from "@/charts/parallel";
import { metric } from "@/lib/format";
import { useHover } from "@/lib/hover";
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
  log: string[];
  /** Called with the indexes of the lines inside the brushes, null when there is no brush. */
  onBrush: (kept: number[] | null) => void;
  onPick?: (line: ParallelLine) => void;
  height?: number;
}

const top = 54;
const bottom = 26;
const side = 84;

const plain = (v: unknown): number | string | null => (typeof v === "number" ? v : v === null || v === undefined ? null : typeof v === "string" ? v : JSON.stringify(v));

/** The panel. Axes may also be moved by the arrow keys and brushed by their number fields. */
export function ParallelPanel({ lines, axes, log, onBrush, onPick, height = 330 }: Props) {
  const theme = useTheme((s) => s.theme);
  const litRun = useHover((s) => s.run);
  const hover = useHover((s) => s.hover);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(900);
  const [order, setOrder] = useState<string[]>(axes);
  const [flips, setFlips] = useState<ReadonlySet<string>>(new Set());
  const [logs, setLogs] = useState<ReadonlySet<string>>(new Set(log));
  const [colourBy, setColourBy] = useState(axes[axes.length - 1] ?? "");
  const [brushes, setBrushes] = useState<ReadonlyMap<string, Brush>>(new Map());
  const [dragging, setDragging] = useState<{ name: string; x: number } | null>(null);
  const known = axes.join("\u0000");
  useEffect(() => {
    setOrder((now) => [...now.filter((name) => axes.includes(name)), ...axes.filter((name) => !now.includes(name))]);
  // The names matter, not the array that carries them.
  }, [known]);
  useEffect(() => {
    if (box.current === null) return;
    const watcher = new ResizeObserver((entries) => setWidth(entries[0]?.contentRect.width ?? 900));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const placed = useMemo(
    () => order.map((name) => place({ name, values: lines.map((line) => plain(line.values[name])), log: logs.has(name), flip: flips.has(name) } satisfies Axis)),
    [order, lines, logs, flips],
  );
  const kept = useMemo(() => brushed(placed, brushes, lines.length), [placed, brushes, lines.length]);
  const colours = useMemo(() => {
    const by = placed.find((one) => one.axis.name === colourBy);
    return lines.map((_, i) => (by === undefined || Number.isNaN(by.at[i] ?? Number.NaN) ? "var" : rampColour(by.axis.flip ? 1 - (by.at[i] ?? 0) : (by.at[i] ?? 0), theme === "dark")));
  }, [placed, colourBy, lines, theme]);
  const lit = useMemo(() => {
    const at = litRun === null ? -1 : lines.findIndex((line) => line.run === litRun);
    return at === -1 ? null : at;
  }, [litRun, lines]);
  const report = useRef(onBrush);
  report.current = onBrush;
  useEffect(() => {
    report.current(brushes.size === 0 ? null : lines.map((_, i) => i).filter((i) => kept[i] === 1));
  }, [kept, brushes.size, lines]);

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
  const toPlace = (clientY: number) => 1 - (clientY - (box.current?.getBoundingClientRect().top ?? 0) - top) / span;
  const setBrush = (name: string, brush: Brush | null) =>
    setBrushes((now) => {
      const next = new Map(now);
      if (brush === null) next.delete(name);
      else next.set(name, brush);
      return next;
    });
  const startBrush = (name: string, event: PointerEvent<HTMLDivElement>) => {
    const from = toPlace(event.clientY);
    const element = event.currentTarget;
    element.setPointerCapture(event.pointerId);
    const move = (e: globalThis.PointerEvent) => {
      const to = Math.min(1, Math.max(0, toPlace(e.clientY)));
      if (Math.abs(to - from) > 0.01) setBrush(name, [Math.min(from, to), Math.max(from, to)]);
    };
    const up = (e: globalThis.PointerEvent) => {
      if (Math.abs(toPlace(e.clientY) - from) <= 0.01) setBrush(name, null);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", up);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up);
  };
  const moveAxis = (name: string, to: number) =>
    setOrder((now) => {
      const without = now.filter((one) => one !== name);
      without.splice(Math.max(0, Math.min(without.length, to)), 0, name);
      return without;
    });
  const onKey = (name: string, event: KeyboardEvent) => {
    const at = order.indexOf(name);
    if (event.key === "ArrowLeft") moveAxis(name, at - 1);
    else if (event.key === "ArrowRight") moveAxis(name, at + 1);
    else return;
    event.preventDefault();
  };
  const toggle = (set: ReadonlySet<string>, name: string) => {
    const next = new Set(set);
    if (!next.delete(name)) next.add(name);
    return next;
  };

  return (
    <div ref={box} className="parallel" style={{ height }} role="group" aria-label={`Parallel coordinates of ${lines.length} runs`}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${lines.length} runs over ${order.join(", ")}`}
        style={{ width, height }}
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
        const brush = brushes.get(name);
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
                  const move = (e: globalThis.PointerEvent) => {
                    const px = e.clientX - left;
                    setDragging({ name, x: px });
                    moveAxis(name, Math.round(((px - side) / (width - 2 * side)) * (placed.length - 1)));
                  };
                  const up = () => {
                    setDragging(null);
                    element.removeEventListener("pointermove", move);
                    element.removeEventListener("pointerup", up);
                  };
                  element.addEventListener("pointermove", move);
                  element.addEventListener("pointerup", up);
                }}
              >
                <GripVertical size={12} />
              </button>
              <button type="button" className="axis-name ellipsis" title={`${name}: colour by this axis`} onClick={() => setColourBy(name)}>{name}</button>
            </div>
            <div className="axis-tools">
              <button type="button" aria-label={`Flip ${name}`} aria-pressed={flips.has(name)} onClick={() => setFlips(toggle(flips, name))}><ArrowUpDown size={11} /></button>
              {one.categories === null && one.lo > 0 && <button type="button" aria-label={`Logarithmic ${name}`} aria-pressed={logs.has(name)} onClick={() => setLogs(toggle(logs, name))}>log</button>}
              {brush !== undefined && <button type="button" aria-label={`Drop the brush on ${name}`} onClick={() => setBrush(name, null)}>clear</button>}
            </div>
            <div className="axis-line" style={{ top, height: span }} onPointerDown={(event) => startBrush(name, event)}>
              <i />
              {brush !== undefined && <b style={{ bottom: `${brush[0] * 100}%`, height: `${(brush[1] - brush[0]) * 100}%` }} />}
              {one.categories === null
                ? [0, 0.25, 0.5, 0.75, 1].map((t) => <span key={t} style={{ bottom: `${t * 100}%` }}>{metric(Number(valueAt(one, t).toPrecision(3)))}</span>)
                : one.categories.slice(0, 24).map((label, k) => <span key={label} className="ellipsis" style={{ bottom: `${(one.axis.flip ? 1 - (k + 0.5) / (one.categories?.length ?? 1) : (k + 0.5) / (one.categories?.length ?? 1)) * 100}%` }}>{label}</span>)}
            </div>
          </div>
        );
      })}
    </div>
  );
}
