/** A project before its first run: whose, how it is called, who sees it. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMakeProject, type Visibility } from "@/api/project";
import type { Session } from "@/api/types";
import { toast } from "@/lib/toasts";
import { VisibilityChoice } from "@/panels/visibility";
import { Dialog } from "@/ui/dialog";
import { Failure } from "@/ui/parts";

/** The dialog. It leads to the project that it made. */
export function NewProject({ session, onClose }: { session: Session; onClose: () => void }) {
  const owners = session.entities.filter((one) => one.kind !== "organization" && one.role !== "viewer").map((one) => one.name);
  const [entity, setEntity] = useState(owners.includes(session.entity) ? session.entity : (owners[0] ?? session.entity));
  const [name, setName] = useState("");
  const [visibility, setVisibility] = useState<Visibility>("private");
  const make = useMakeProject();
  const navigate = useNavigate();
  const save = () =>
    make.mutate({ entity, name: name.trim(), visibility, description: "" }, {
      onSuccess: (made) => {
        toast(`${made.entity}/${made.name} is made.`);
        onClose();
        void navigate({ to: "/$entity/$project/overview", params: { entity: made.entity, project: made.name } });
      },
    });
  return (
    <Dialog title="New project" about="A script that logs to a name that is not there makes a private project by itself; here you choose who sees it." open onClose={onClose} size="wide">
      <form className="link-form" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <div className="new-project">
          <label>Owner<select className="field" value={entity} onChange={(event) => setEntity(event.target.value)}>{(owners.length === 0 ? [session.entity] : owners).map((one) => <option key={one}>{one}</option>)}</select></label>
          <label>Name<input className="field" required autoFocus placeholder="as it stands in addresses: mnist" value={name} onChange={(event) => setName(event.target.value)} /></label>
        </div>
        <VisibilityChoice value={visibility} onChange={setVisibility} />
        {make.error !== null && <Failure error={make.error} />}
        <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Cancel</button><button type="submit" className="button primary" disabled={name.trim() === "" || make.isPending}>Create project</button></div>
      </form>
    </Dialog>
  );
}
