/** The part of Plotly that is used; its distributions carry no types. */
declare module "plotly.js-cartesian-dist-min" {
  type Part = Record<string, unknown>;
  interface Plotly {
    newPlot: (target: HTMLElement, data: Part[], layout: Part, config: Part) => Promise<unknown>;
    toImage: (target: HTMLElement, options: { format: "svg" | "png"; width: number; height: number; imageDataOnly?: boolean }) => Promise<string>;
    purge: (target: HTMLElement) => void;
    Plots: { resize: (target: HTMLElement) => Promise<unknown> };
  }
  const plotly: Plotly;
  export default plotly;
}
