/** One panel over the whole window: to look at, or to edit with the result in sight. */
import { Pencil } from "lucide-react";
import { useMemo, useState } from "react";
import type { PanelSpec } from "@/lib/panel_spec";
import { AnyPanel } from "@/panels/any";
import type { PanelContext } from "@/panels/frame";
import { PanelForm, titleOf } from "@/panels/panel_form";
import { Dialog } from "@/ui/dialog";

interface Props {
  spec: PanelSpec;
  editing: boolean;
  context: PanelContext;
  keys: { name: string; kinds: string[] }[];
  onEdit: () => void;
  onSave: (spec: PanelSpec) => void;
  onClose: () => void;
  onBeside: (by: 1 | -1) => void;
}

/** Nothing changes in the view until it is saved. */
export function PanelWindow({ spec, editing, context, keys, onEdit, onSave, onClose, onBeside }: Props) {
  const [draft, setDraft] = useState(spec);
  const [of, setOf] = useState(spec.id);
  if (of !== spec.id) {
    setOf(spec.id);
    setDraft(spec);
  }
  const shown = editing ? { ...draft, title: titleOf(draft) } : spec;
  const quiet = useMemo<PanelContext>(() => ({ ...context, legend: true, onFull: undefined, onRemove: undefined, onEdit: editing ? undefined : context.onEdit }), [context, editing]);
  return (
    <Dialog title={editing ? "Edit the panel" : spec.title} open onClose={onClose} size="full" {...(editing ? {} : { onBeside })}>
      <div className="panel-window">
        <div className="panel-window-view"><AnyPanel key={spec.id} spec={shown} context={quiet} full /></div>
        {editing ? (
          <form
            className="panel-form"
            onSubmit={(event) => {
              event.preventDefault();
              onSave({ ...draft, title: titleOf(draft) });
            }}
          >
            <PanelForm spec={draft} onSpec={setDraft} context={context} keys={keys} />
            <div className="row">
              <button type="submit" className="button primary">Save</button>
              <button type="button" className="button" onClick={onClose}>Cancel</button>
            </div>
          </form>
        ) : (
          <div className="panel-window-side"><button type="button" className="button" onClick={onEdit}><Pencil size={14} />Edit</button></div>
        )}
      </div>
    </Dialog>
  );
}
