/** The theme in use; every chart redraws when it changes. */
import { create } from "zustand";
import type { Theme } from "@/lib/colour";

/** `contrast` is black on white or white on black, by what the system asks for. */
export type Look = "light" | "dark" | "contrast";
export const looks: readonly { look: Look; label: string }[] = [
  { look: "light", label: "Light" },
  { look: "dark", label: "Dark" },
  { look: "contrast", label: "High contrast" },
];

const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const palette = (look: Look): Theme => (look === "contrast" ? (dark() ? "dark" : "light") : look);

function current(): Look {
  const { theme, contrast } = document.documentElement.dataset;
  return contrast === "more" ? "contrast" : theme === "dark" ? "dark" : "light";
}

interface State {
  look: Look;
  /** Which of the two palettes colours come from. */
  theme: Theme;
  choose: (look: Look) => void;
  toggle: () => void;
}

export const useTheme = create<State>((set, get) => ({
  look: current(),
  theme: palette(current()),
  choose: (look) => {
    const { dataset } = document.documentElement;
    dataset.theme = palette(look);
    if (look === "contrast") dataset.contrast = "more";
    else delete dataset.contrast;
    // For the server's own pages, which run no scripts: sign-in, keys, errors.
    document.cookie = `runstone_theme=${look}; path=/; max-age=31536000; samesite=lax`;
    try {
      localStorage.setItem("runstone.theme", look);
    } catch {
      // Private windows may refuse storage; the theme then lasts as long as the page.
    }
    set({ look, theme: palette(look) });
  },
  toggle: () => get().choose(get().theme === "dark" ? "light" : "dark"),
}));
