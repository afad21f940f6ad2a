/** What can be done from the keyboard on the page in sight: the palette, the sheet of keys and the keys themselves
 * read this one list. Screens add their commands while they are shown. */
import { useEffect } from "react";
import { create } from "zustand";

export interface Command {
  id: string;
  label: string;
  group: string;
  /** Keys pressed one after the other, with a space between them: `g w`, `/`, `?`. */
  keys?: string;
  run: () => void;
}

interface Commands {
  sets: ReadonlyMap<symbol, readonly Command[]>;
  add: (commands: readonly Command[]) => () => void;
}

export const useCommandStore = create<Commands>((set) => ({
  sets: new Map(),
  add: (commands) => {
    const mark = Symbol("commands");
    set((now) => ({ sets: new Map(now.sets).set(mark, commands) }));
    return () =>
      set((now) => {
        const sets = new Map(now.sets);
        sets.delete(mark);
        return { sets };
      });
  },
}));

/** Every command of the page, what was added last first where ids are equal. */
export function allCommands(sets: Commands["sets"]): Command[] {
  const byId = new Map<string, Command>();
  for (const set of sets.values()) for (const one of set) byId.set(one.id, one);
  return [...byId.values()];
}

/** Offer commands while the caller is shown. `commands` must keep its identity between renders (useMemo). */
export function useCommands(commands: readonly Command[]): void {
  const add = useCommandStore((s) => s.add);
  useEffect(() => add(commands), [add, commands]);
}

/** What a sequence of keys means: a command, the beginning of one (`more`), or nothing. Pure. */
export function meaning(commands: readonly Command[], pressed: string): Command | "more" | null {
  const exact = commands.find((one) => one.keys === pressed);
  if (exact !== undefined) return exact;
  return commands.some((one) => one.keys?.startsWith(`${pressed} `)) ? "more" : null;
}
