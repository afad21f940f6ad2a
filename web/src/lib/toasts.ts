/** Short news at the foot of the page, for ten seconds; a change that can be undone says so there. */
import { create } from "zustand";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "bad";
  undo?: () => void | Promise<unknown>;
}

const LIFE_MS = 10_000;
let made = 0;

export const useToasts = create<{ toasts: Toast[]; drop: (id: number) => void }>((set) => ({
  toasts: [],
  drop: (id) => set((now) => ({ toasts: now.toasts.filter((one) => one.id !== id) })),
}));

/** Tell the person something; with `undo`, a button takes it back. */
export function toast(text: string, more: { undo?: Toast["undo"]; tone?: Toast["tone"] } = {}): void {
  made += 1;
  const one: Toast = { id: made, text, tone: more.tone ?? "plain", undo: more.undo };
  useToasts.setState((now) => ({ toasts: [...now.toasts.slice(-3), one] }));
  setTimeout(() => useToasts.getState().drop(one.id), LIFE_MS);
}

/** Tell what went wrong, in its own words. */
export function toastError(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), { tone: "bad" });
}
