/** Vega and Vega-Lite specifications as drawings, without code made from text: expressions are interpreted. */
import { expressionInterpreter } from "vega-interpreter";
import { parse, View, type Spec } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

export interface VegaLook {
  text: string;
  faint: string;
  grid: string;
  surface: string;
  /** Hues for categories. */
  hues: readonly string[];
}

/** Nothing is loaded by a specification: its data come with it. */
const loader = {
  load: (uri: string) => Promise.reject(new Error(`This chart asks for ${uri}. Charts draw the data they come with and load nothing.`)),
  sanitize: (uri: string) => Promise.reject(new Error(`This chart asks for ${uri}. Charts draw the data they come with and load nothing.`)),
  http: () => Promise.reject(new Error("Charts load nothing.")),
  file: () => Promise.reject(new Error("Charts load nothing.")),
};

function themed(look: VegaLook) {
  const font = "Inter Variable, system-ui, sans-serif";
  return {
    background: "transparent",
    font,
    axis: { labelColor: look.faint, titleColor: look.text, gridColor: look.grid, domainColor: look.grid, tickColor: look.grid, labelFont: font, titleFont: font, titleFontWeight: 500, labelFontSize: 11, titleFontSize: 11, labelOverlap: "greedy", labelSeparation: 6 },
    legend: { labelColor: look.text, titleColor: look.text, labelFont: font, titleFont: font, labelFontSize: 11, titleFontSize: 11 },
    title: { color: look.text, font, fontSize: 13 },
    header: { labelColor: look.text, titleColor: look.text },
    view: { stroke: "transparent" },
    range: { category: [...look.hues] },
    style: { "guide-label": { fill: look.faint }, "guide-title": { fill: look.text }, "group-title": { fill: look.text } },
  };
}

export interface VegaHandle {
  svg: () => Promise<string>;
  resize: (width: number, height: number) => void;
  end: () => void;
}

/** Draw a specification into an element, fitted to it. `data` fills named data sets; `onPick` gets a clicked mark's row.
 * Rejects when the specification is not one. */
export async function drawVega(
  target: HTMLElement,
  spec: Record<string, unknown>,
  options: { look: VegaLook; label: string; data?: Record<string, unknown[]>; onPick?: (row: Record<string, unknown>) => void },
): Promise<VegaHandle> {
  const lite = String(spec.$schema ?? "").includes("vega-lite");
  const fitted = { autosize: { type: "fit", contains: "padding" }, ...spec, width: target.clientWidth, height: target.clientHeight };
  const config = themed(options.look);
  const full = lite ? compile(fitted as unknown as TopLevelSpec, { config: config as never }).spec : (fitted as unknown as Spec);
  const runtime = parse(full, config as never, { ast: true });
  const view = new View(runtime, { expr: expressionInterpreter, renderer: "canvas", container: target, hover: true, loader: loader as never, logLevel: 1 });
  // Vega puts its own role and the specification's description there: the panel's name would be lost.
  target.setAttribute("role", "img");
  target.setAttribute("aria-label", options.label);
  for (const [name, rows] of Object.entries(options.data ?? {})) view.data(name, rows);
  if (options.onPick !== undefined) {
    view.addEventListener("click", (_, item) => {
      const row = (item as { datum?: Record<string, unknown> } | null)?.datum;
      if (row !== undefined) options.onPick?.(row);
    });
  }
  await view.runAsync();
  return {
    svg: () => view.toSVG(),
    resize: (width, height) => void view.width(width).height(height).runAsync(),
    end: () => void view.finalize(),
  };
}
