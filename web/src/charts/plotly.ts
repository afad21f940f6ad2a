/** Plotly figures as drawings. The library is large: only what shows a figure loads this file. */
import plotly from "plotly.js-cartesian-dist-min";
import { type Figure, type FigureLook, themed } from "./figure";

export interface FigureHandle {
  svg: () => Promise<string>;
  resize: () => void;
  end: () => void;
}

const SVG = "data:image/svg+xml,";

/** Draw a figure into an element, fitted to it. Rejects when the library can't make sense of it. */
export async function drawFigure(target: HTMLElement, figure: Figure, look: FigureLook): Promise<FigureHandle> {
  // The library writes defaults into what it is given.
  const own = structuredClone(figure);
  await plotly.newPlot(target, own.data, themed(own, look), {
    displaylogo: false,
    modeBarButtonsToRemove: ["toImage", "sendDataToCloud"],
    showTips: false,
    logging: 0,
    topojsonURL: "/",
  });
  return {
    svg: async () => {
      const address = await plotly.toImage(target, { format: "svg", width: target.clientWidth, height: target.clientHeight });
      return decodeURIComponent(address.slice(SVG.length));
    },
    resize: () => void plotly.Plots.resize(target).catch(() => {}), // hidden in the meantime: it asks again when it is seen
    end: () => plotly.purge(target),
  };
}
