/** The end of a project, with what it gives back. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDeleteProject, useFreedByProject, useRestoreProject } from "@/api/project";
import { bytes, count } from "@/lib/format";
import { toast, withdraw } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { Failure, Skeleton } from "@/ui/parts";

/** The card. */
export function Deletion({ entity, project }: { entity: string; project: string }) {
  const [asked, setAsked] = useState(false);
  return (
    <section className="card part danger" aria-labelledby="delete-title">
      <h2 id="delete-title">Delete the project</h2>
      <p className="muted">Its runs, sweeps, artifacts and reports go with it. Links in a registry end.</p>
      <div className="row"><button type="button" className="button bad" onClick={() => setAsked(true)}>Delete {project}</button></div>
      {asked && <Question entity={entity} project={project} onClose={() => setAsked(false)} />}
    </section>
  );
}

function Question({ entity, project, onClose }: { entity: string; project: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const freed = useFreedByProject(entity, project, true);
  const drop = useDeleteProject(entity, project);
  const restore = useRestoreProject();
  const navigate = useNavigate();
  const go = () =>
    drop.mutate(undefined, {
      onSuccess: ({ id }) => {
        onClose();
        void navigate({ to: "/" });
        withdraw([`${entity}/${project}`]);
        toast(`${project} was deleted.`, { undo: () => restore.mutateAsync(id) });
      },
    });
  return (
    <Dialog title={`Delete ${entity}/${project}?`} about="It can be brought back until its grace is over; then its bytes are given back." open onClose={onClose}>
      {freed.error !== null ? <Failure error={freed.error} /> : freed.data === undefined ? <Skeleton rows={1} height={14} /> : (
        <p role="status"><b>{bytes(freed.data.frees_bytes)}</b> in {count(freed.data.objects, "object")} will be freed{freed.data.stays_bytes > 0 ? `; ${bytes(freed.data.stays_bytes)} stay, since other projects need them too` : ""}.</p>
      )}
      <form className="link-form" onSubmit={(event) => { event.preventDefault(); if (typed === project) go(); }}>
        <label><span>Type <code>{project}</code> to confirm</span><input className="field" autoFocus autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} /></label>
        {drop.error !== null && <Failure error={drop.error} />}
        <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Cancel</button><button type="submit" className="button bad" disabled={typed !== project || drop.isPending}>Delete</button></div>
      </form>
    </Dialog>
  );
}
