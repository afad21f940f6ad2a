/** All keys of the page in sight. */
import { useMemo } from "react";
import { allCommands, type Command, useCommandStore } from "@/lib/commands";
import { Dialog } from "@/ui/dialog";
import { Keys } from "@/ui/menu";

const fixed: Omit<Command, "run">[] = [
  { id: "escape", label: "Close what is on top", group: "Everywhere", keys: "Esc" },
  { id: "beside", label: "In a full window: panel before, next panel", group: "Everywhere", keys: "← →" },
  { id: "range", label: "In a chart that has the focus: zoom in, zoom out, move", group: "Everywhere", keys: "+ - < >" },
];

/** Groups of keys with what they do. */
export function KeySheet({ onClose }: { onClose: () => void }) {
  const sets = useCommandStore((s) => s.sets);
  const groups = useMemo(() => {
    const found = new Map<string, Omit<Command, "run">[]>();
    for (const one of [...allCommands(sets), ...fixed]) {
      if (one.keys !== undefined) found.set(one.group, [...(found.get(one.group) ?? []), one]);
    }
    return [...found];
  }, [sets]);
  return (
    <Dialog title="Keys" about="They work outside of text fields. The search (Ctrl K) lists every action of the page." open onClose={onClose} size="wide">
      <div className="key-groups">
        {groups.map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl className="key-list">
              {list.map((one) => (
                <div key={one.id} className="row">
                  <dt className="grow">{one.label}</dt>
                  <dd><Keys keys={one.keys?.replace("Ctrl+", "Ctrl ") ?? ""} /></dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
