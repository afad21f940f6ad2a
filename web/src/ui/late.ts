/** Menus, popovers and dialogs are closed when a page first paints, so the library behind them comes later: when
 * the browser has nothing else to do, at the latest when one is opened. */
import { type KeyboardEvent, type ReactElement, cloneElement, useEffect, useState } from "react";
import { whenQuiet } from "@/lib/later";

type Primitives = typeof import("./primitives");

let loaded: Primitives | null = null;
let loading: Promise<Primitives> | null = null;

function load(): Promise<Primitives> {
  loading ??= import("./primitives").then(
    (found) => (loaded = found),
    (error: unknown) => {
      loading = null; // the server was away; the next opening asks again
      throw error;
    },
  );
  return loading;
}

const AFTER_MS = 1500;
whenQuiet(() => void load().catch(() => {}), AFTER_MS);

/** The library once it is there, when it is `wanted`; null until then. */
export function usePrimitives(wanted: boolean): Primitives | null {
  const [found, setFound] = useState(loaded);
  useEffect(() => {
    let here = true;
    if (wanted && found === null) void load().then((parts) => here && setFound(parts), () => {});
    return () => {
      here = false;
    };
  }, [wanted, found]);
  return wanted ? found ?? loaded : null;
}

/** The library, for what is drawn only inside an open part. */
export function primitives(): Primitives {
  if (loaded === null) throw new Error("drawn outside of an open menu, popover or dialog");
  return loaded;
}

/** A button that opens something, as long as nothing of that something exists. */
export function opener(trigger: ReactElement, kind: "menu" | "dialog", open: () => void): ReactElement {
  return cloneElement(trigger as ReactElement<Record<string, unknown>>, {
    "aria-haspopup": kind,
    "aria-expanded": false,
    onClick: open,
    onKeyDown: (event: KeyboardEvent) => {
      if (kind !== "menu" || event.key !== "ArrowDown") return;
      event.preventDefault();
      open();
    },
  });
}
