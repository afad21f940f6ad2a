/** A logged Plotly figure as it is drawn here: kinds that exist, colours of the page. Pure. */

export type Part = Record<string, unknown>;

export interface Figure {
  data: Part[];
  layout: Part;
}

export interface FigureLook {
  text: string;
  faint: string;
  grid: string;
  hues: readonly string[];
}

/** What the drawing library's part for flat charts has; the other kinds want maps, WebGL or three dimensions. */
const drawn = new Set(["scatter", "bar", "box", "contour", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "image", "pie", "scatterternary", "violin"]);
/** Kinds that differ only in being drawn by the graphics card. */
const flat: Record<string, string> = { scattergl: "scatter", heatmapgl: "heatmap" };

const object = (v: unknown): Part => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Part) : {});

/** A file's text as a figure. Throws when it is none. */
export function figureOf(text: string): Figure {
  const read = object(parsed(text));
  if (!Array.isArray(read.data)) throw new Error("This file is no Plotly figure: it has no list `data`. Download it to see what it is.");
  const data = read.data.map(object).map((trace): Part => {
    const kind = typeof trace.type === "string" ? trace.type : "scatter";
    return { ...trace, type: flat[kind] ?? kind };
  });
  return { data, layout: object(read.layout) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Python writes numbers that JSON has no word for.
    return JSON.parse(text.replaceAll(/(?<=[[,:]\s*)(NaN|-?Infinity)(?=\s*[\],}])/g, "null"));
  }
}

/** Kinds of traces that can't be drawn here, each once. */
export const notDrawn = (figure: Figure): string[] => [...new Set(figure.data.map((trace) => String(trace.type)).filter((kind) => !drawn.has(kind)))];

/** The layout in the page's colours. A figure that sets a background of its own keeps all of its colours. */
export function themed({ data, layout }: Figure, look: FigureLook): Part {
  const { width: _w, height: _h, template, ...own } = layout;
  const base = object(object(template).layout);
  // Panels are small: the legend lies in a line above the drawing and takes none of its width.
  const legend = data.length > 1 && own.showlegend !== false;
  const top = 12 + (own.title === undefined ? 0 : 26) + (legend ? 20 : 0);
  const fitted = { ...own, autosize: true, margin: { l: 44, r: 12, t: top, b: 36, ...object(own.margin) } };
  if (own.paper_bgcolor !== undefined || own.plot_bgcolor !== undefined) return { ...fitted, template };
  const axis = (of: unknown) => ({ ...object(of), gridcolor: look.grid, linecolor: look.grid, zerolinecolor: look.faint, automargin: true });
  return {
    ...fitted,
    template: {
      ...object(template),
      layout: {
        ...base,
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { ...object(base.font), color: look.text, family: "Inter Variable, system-ui, sans-serif", size: 11 },
        colorway: [...look.hues],
        legend: { ...object(base.legend), orientation: "h", x: 0, y: 1, yanchor: "bottom" },
        title: { ...object(base.title), x: 0.02, y: 0.98, yanchor: "top", font: { size: 13 } },
        xaxis: axis(base.xaxis),
        yaxis: axis(base.yaxis),
      },
    },
  };
}

/** The numbers of the traces as columns: `trace, x, y, z, ...`, one row per value. */
export function figureCsv(figure: Figure, row: (cells: readonly (string | number | null)[]) => string): string {
  const names = ["x", "y", "z", "labels", "values", "text"].filter((name) => figure.data.some((trace) => valuesOf(trace[name]).length > 0));
  const rows = figure.data.flatMap((trace, i) => {
    const columns = names.map((name) => valuesOf(trace[name]));
    const label = typeof trace.name === "string" ? trace.name : `trace ${i}`;
    return Array.from({ length: Math.max(0, ...columns.map((one) => one.length)) }, (_, at) => row([label, ...columns.map((one) => one[at] ?? null)]));
  });
  return [row(["trace", ...names]), ...rows].join("\r\n");
}

const arrays: Record<string, (bytes: ArrayBuffer) => ArrayLike<number>> = {
  f8: (b) => new Float64Array(b), f4: (b) => new Float32Array(b), i4: (b) => new Int32Array(b), u4: (b) => new Uint32Array(b),
  i2: (b) => new Int16Array(b), u2: (b) => new Uint16Array(b), i1: (b) => new Int8Array(b), u1: (b) => new Uint8Array(b), u1c: (b) => new Uint8ClampedArray(b),
};

/** Values of an array as Plotly knows it: a list, or bytes with their type. Cells that are lists are their JSON. */
function valuesOf(v: unknown): (string | number | null)[] {
  if (Array.isArray(v)) return v.map((one) => (typeof one === "number" || typeof one === "string" ? one : one === null ? null : JSON.stringify(one)));
  const { dtype, bdata } = object(v);
  const make = typeof dtype === "string" ? arrays[dtype] : undefined;
  if (make === undefined || typeof bdata !== "string") return [];
  return Array.from(make(Uint8Array.from(atob(bdata), (one) => one.charCodeAt(0)).buffer));
}
