/** The step that each key of media shows, so that panels of the same key move together. */
import { create } from "zustand";

export const useSteps = create<{ steps: Record<string, number>; set: (key: string, step: number) => void }>((set) => ({
  steps: {},
  set: (key, step) => set((now) => ({ steps: { ...now.steps, [key]: step } })),
}));
