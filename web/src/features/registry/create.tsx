/** A new registry. */
import { useState } from "react";
import { useSession } from "@/api/needs";
import { useMakeRegistry } from "@/api/registry";
import { toast } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/parts";

/** The dialog: whose it is, its name, which types it takes. */
export function CreateRegistry({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const make = useMakeRegistry();
  const owners = (session.data?.entities ?? []).filter((one) => one.role !== "viewer").map((one) => one.name);
  const [owner, setOwner] = useState<string | null>(null);
  const [name, setName] = useState("");
  const [types, setTypes] = useState("");
  const entity = owner ?? owners.find((one) => one !== session.data?.entity) ?? owners[0] ?? "";
  return (
    <Dialog title="New registry" about="Collections of versions from any project, with aliases of their own. You will manage it." open onClose={onClose}>
      <form className="link-form" onSubmit={(event) => {
        event.preventDefault();
        make.mutate({ entity, name, types: types.split(/[\s,]+/).filter(Boolean) }, { onSuccess: (made) => { toast(`${made.entity}/${made.project} is made.`); onClose(); } });
      }}>
        <label>Owner<select className="field" value={entity} onChange={(event) => setOwner(event.target.value)}>{owners.map((one) => <option key={one}>{one}</option>)}</select></label>
        <label>Name<input className="field" required autoFocus value={name} placeholder="vision" onChange={(event) => setName(event.target.value)} /></label>
        <label>Artifact types<input className="field" value={types} placeholder="model, dataset; empty for all" onChange={(event) => setTypes(event.target.value)} /></label>
        {make.error !== null && <Failure error={make.error} />}
        <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Not now</button><button type="submit" className="button primary" disabled={make.isPending || name.trim() === "" || entity === ""}>Make it</button></div>
      </form>
    </Dialog>
  );
}
