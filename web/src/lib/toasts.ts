/** Short news at the foot of the page, for ten seconds; a change that can be undone says so there. */
import { create } from "zustand";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "bad";
  undo?: () => void | Promise<unknown>;
  /** What the undo changes, as a path such as `lab/digits/runs/r1`: once any of it is gone, nothing is taken back. */
  of?: readonly string[];
}

const LIFE_MS = 10_000;
let made = 0;

export const useToasts = create<{ toasts: Toast[]; drop: (id: number) => void }>((set) => ({
  toasts: [],
  drop: (id) => set((now) => ({ toasts: now.toasts.filter((one) => one.id !== id) })),
}));

/** Tell the person something; with `undo`, a button takes it back as long as what it is `of` is there. */
export function toast(text: string, more: Partial<Pick<Toast, "undo" | "of" | "tone">> = {}): void {
  made += 1;
  const one: Toast = { tone: "plain", ...more, id: made, text };
  useToasts.setState((now) => ({ toasts: [...now.toasts.slice(-3), one] }));
  setTimeout(() => useToasts.getState().drop(one.id), LIFE_MS);
}

/** Something is gone, with all that it held: what was changed of it before is no longer offered to be taken back. */
export function withdraw(gone: readonly string[]): void {
  const held = (path: string) => gone.some((one) => path === one || path.startsWith(`${one}/`));
  useToasts.setState((now) => ({ toasts: now.toasts.map((one) => (one.of?.some(held) === true ? { ...one, undo: undefined } : one)) }));
}

/** Tell what went wrong, in its own words. */
export function toastError(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), { tone: "bad" });
}
