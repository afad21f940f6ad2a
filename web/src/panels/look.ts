/** The page's colours for drawings that a library makes. */
import { palette, type Theme } from "@/lib/colour";

/** As they are now: what is drawn with them is drawn again when the theme changes. */
export function chartLook(theme: Theme): { text: string; faint: string; grid: string; surface: string; hues: readonly string[] } {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return { text: of("--fg-2"), faint: of("--fg-3"), grid: of("--grid"), surface: of("--surface"), hues: palette(theme) };
}
