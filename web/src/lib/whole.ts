/** What the elements of a page give for a copy of it that has everything inside: drawings and numbers. */
import { create } from "zustand";

export interface Given {
  title: string;
  svg?: (() => string | Promise<string>) | undefined;
  csv?: (() => string | Promise<string>) | undefined;
  /** Names of columns and the first rows of a table that shows only those in sight. */
  cells?: ((most: number) => { names: string[]; rows: unknown[][]; total: number }) | undefined;
}

/** By the element that draws it. */
export const given = new WeakMap<Element, Given>();

/** While it is true, what is far below is drawn too. */
export const useWhole = create<{ whole: boolean }>(() => ({ whole: false }));
