/** The step that each key of media shows, so that panels of the same key move together. */
import { create } from "zustand";

export const useSteps = create<{ steps: Record<string, number>; set: (key: string, step: number) => void }>((set) => ({
  steps: {},
  set: (key, step) => set((now) => ({ steps: { ...now.steps, [key]: step } })),
}));

/** What is in sight and has steps, by key: moves it by so many of them. A panel and its full screen share a key. */
const movers = new Map<string, ((by: number) => void)[]>();

/** Let the keys `[` and `]` move a panel of this key; the answer ends that. */
export function onMove(key: string, move: (by: number) => void): () => void {
  movers.set(key, [...(movers.get(key) ?? []), move]);
  return () => {
    const left = (movers.get(key) ?? []).filter((one) => one !== move);
    if (left.length > 0) movers.set(key, left);
    else movers.delete(key);
  };
}

/** Move the panel of a key, or all of them where there is none of that key. */
export function moveSteps(key: string | undefined, by: number): void {
  const one = key === undefined ? undefined : movers.get(key)?.at(-1);
  if (one !== undefined) one(by);
  else for (const each of movers.values()) each.at(-1)?.(by);
}
