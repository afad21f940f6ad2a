/** The theme in use; every chart redraws when it changes. */
import { create } from "zustand";
import type { Theme } from "@/lib/colour";

const current = (): Theme => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

export const useTheme = create<{ theme: Theme; toggle: () => void }>((set) => ({
  theme: current(),
  toggle: () => {
    const theme: Theme = current() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("runstone.theme", theme);
    } catch {
      // Private windows may refuse storage; the theme then lasts as long as the page.
    }
    set({ theme });
  },
}));
