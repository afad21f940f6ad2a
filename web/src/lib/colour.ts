/** One colour for one run, everywhere and for everybody: by its stable ordinal in the project. */

const light = [
  "#5E63F8", "#D27F67", "#842301", "#A82CA0", "#0D9CB5", "#0A7956",
  "#6B28D8", "#749506", "#095842", "#6D6506", "#F74DA0", "#623179",
] as const;
const dark = [
  "#BFC9FD", "#E14509", "#FDA186", "#B55CAD", "#16B2CD", "#5CF7BD",
  "#926CFA", "#8EB500", "#009A75", "#ECDC16", "#F46CA9", "#DB97FF",
] as const;
const dashes: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

export type Theme = "light" | "dark";

/** All hues of a theme. */
export function palette(theme: Theme): readonly string[] {
  return theme === "dark" ? dark : light;
}

/** The run's hue in a theme. */
export function runColour(ordinal: number, theme: Theme): string {
  const hues = theme === "dark" ? dark : light;
  return hues[ordinal % hues.length] ?? hues[0];
}

/** The run's dash pattern: solid for the first twelve, then three more. */
export function runDash(ordinal: number): number[] {
  return dashes[Math.floor(ordinal / light.length) % dashes.length] ?? [];
}
