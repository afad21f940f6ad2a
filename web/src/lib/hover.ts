/** The run under the pointer, in whatever chart, list or axis: all of them light it. */
import { create } from "zustand";

export const useHover = create<{ run: number | null; hover: (run: number | null) => void }>((set) => ({
  run: null,
  hover: (run) => set((now) => (now.run === run ? now : { run })),
}));
