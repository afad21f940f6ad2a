/** Lines of many runs over one x, by uPlot: arrays in, pixels out. Never fetches. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** One line: `x` ascending; `low` and `high` span what a bucket hides, null where a point is one value. */
export interface Line {
  id: string;
  label: string;
  colour: string;
  dash: number[];
  x: number[];
  y: ArrayLike<number | null>;
  low: (number | null)[] | null;
  high: (number | null)[] | null;
}

export interface LineChartOptions {
  width: number;
  height: number;
  logY: boolean;
  xLabel: string;
  colours: { grid: string; text: string; font: string };
  onHover: (id: string | null) => void;
  onPick: (id: string, x: number) => void;
  onRange: (lo: number, hi: number) => void;
  readout: (label: string | null, rows: { label: string; colour: string; value: number; hot: boolean }[], left: number, top: number) => void;
}

/** All x of all lines, and each line's y on them (undefined: no point there, null: a gap). */
export function align(lines: readonly Line[]): uPlot.AlignedData {
  if (lines.length === 0) return [[]];
  return uPlot.join(lines.map((line) => [line.x, Array.from(line.y, (y) => (y === null || Number.isFinite(y) ? y : null))] as uPlot.AlignedData));
}

/** Draw lines into an element; the returned handle lights one line and ends the chart. */
export function drawLines(target: HTMLElement, lines: readonly Line[], options: LineChartOptions) {
  let lit: string | null = null;
  const axis = { stroke: options.colours.text, grid: { stroke: options.colours.grid, width: 1 }, ticks: { show: false }, font: options.colours.font };
  const chart = new uPlot(
    {
      width: options.width,
      height: options.height,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      scales: { x: { time: false }, y: options.logY ? { distr: 3 } : {} },
      axes: [
        { ...axis, size: 26, space: 60 },
        { ...axis, size: 48, space: 34 },
      ],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        focus: { prox: 24 },
        points: { size: 7 },
        bind: {
          dblclick: () => () => {
            options.onRange(Number.NaN, Number.NaN);
            return null;
          },
        },
      },
      focus: { alpha: 0.25 },
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: line.colour,
          width: 1.6,
          dash: line.dash,
          spanGaps: true,
          points: { show: line.x.length === 1, size: 6, fill: line.colour },
        })),
      ],
      hooks: {
        setSeries: [
          (_u, index) => {
            lit = index === null ? null : (lines[index - 1]?.id ?? null);
            options.onHover(lit);
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width > 4) {
              options.onRange(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            }
          },
        ],
        setCursor: [
          (u) => {
            const at = u.cursor.idx;
            const { left = -1, top = -1 } = u.cursor;
            if (at === null || at === undefined || left < 0) {
              options.readout(null, [], 0, 0);
              return;
            }
            const rows = lines
              .map((line, i) => ({ label: line.label, colour: line.colour, value: u.data[i + 1]?.[at] ?? null, hot: line.id === lit }))
              .filter((row): row is { label: string; colour: string; value: number; hot: boolean } => row.value !== null)
              .map((row) => ({ ...row, far: Math.abs(u.valToPos(row.value, "y") - top) }))
              .sort((a, b) => a.far - b.far)
              .slice(0, 6);
            options.readout(`${options.xLabel} ${u.data[0]?.[at] ?? ""}`, rows, left, top);
          },
        ],
        draw: [
          (u) => {
            const { ctx } = u;
            ctx.save();
            ctx.beginPath();
            ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
            ctx.clip();
            for (const line of lines) {
              if (line.low === null || line.high === null) continue;
              ctx.globalAlpha = lit === null || lit === line.id ? 0.14 : 0.04;
              ctx.fillStyle = line.colour;
              ctx.beginPath();
              for (let i = 0; i < line.x.length; i += 1) {
                const high = line.high[i];
                if (high === null || high === undefined) continue;
                ctx.lineTo(u.valToPos(line.x[i] ?? 0, "x", true), u.valToPos(high, "y", true));
              }
              for (let i = line.x.length - 1; i >= 0; i -= 1) {
                const low = line.low[i];
                if (low === null || low === undefined) continue;
                ctx.lineTo(u.valToPos(line.x[i] ?? 0, "x", true), u.valToPos(low, "y", true));
              }
              ctx.closePath();
              ctx.fill();
            }
            ctx.restore();
          },
        ],
      },
    },
    align(lines),
    target,
  );
  chart.over.addEventListener("click", () => {
    const at = chart.cursor.idx;
    if (lit !== null && at !== null && at !== undefined) options.onPick(lit, chart.data[0]?.[at] ?? 0);
  });
  return {
    /** Lift one line by its id, null for none. */
    light(id: string | null) {
      const index = id === null ? null : lines.findIndex((line) => line.id === id) + 1;
      if (lit !== id) chart.setSeries(index === 0 ? null : index, { focus: true }, false);
    },
    /** Show a part of x; NaN for all. */
    range(lo: number, hi: number) {
      const xs = chart.data[0];
      chart.setScale("x", Number.isFinite(lo) ? { min: lo, max: hi } : { min: xs?.[0] ?? 0, max: xs?.[xs.length - 1] ?? 1 });
    },
    resize(width: number, height: number) {
      chart.setSize({ width, height });
    },
    end() {
      chart.destroy();
    },
  };
}
