/** The best run's model into a registry: the step that follows a sweep. */
import { useState } from "react";
import { useRunVersions } from "@/api/needs";
import { LinkVersionForm } from "@/panels/link_version";
import { Dialog } from "@/ui/dialog";
import { Code, Failure, Skeleton } from "@/ui/parts";

/** The dialog; with several versions made by the run it asks which, models first. */
export function LinkBest({ entity, project, run, onClose }: { entity: string; project: string; run: string; onClose: () => void }) {
  const found = useRunVersions(entity, project, run);
  const [which, setWhich] = useState(0);
  const made = [...(found.data?.made ?? [])].filter((one) => one.type !== "run_table").sort((a, b) => Number(b.type === "model") - Number(a.type === "model") || b.created_at.localeCompare(a.created_at));
  const chosen = made[which];
  return (
    <Dialog title="Link the best run's model" open onClose={onClose}>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={3} /> : chosen === undefined ? (
        <><p>Run {run} logged no artifact that could be linked. With this in the training script, the next sweep's runs will:</p><Code text={`artifact = wandb.Artifact("my-model", type="model")\nartifact.add_file("model.keras")\nrun.log_artifact(artifact)`} /></>
      ) : (
        <>
          {made.length > 1 && <label className="row">Version<select className="field grow" value={which} onChange={(event) => setWhich(Number(event.target.value))}>{made.map((one, i) => <option key={one.id} value={i}>{one.collection}:{one.version} ({one.type})</option>)}</select></label>}
          <LinkVersionForm entity={chosen.entity} project={chosen.project} collection={chosen.collection} version={chosen.version} type={chosen.type} onDone={onClose} />
        </>
      )}
    </Dialog>
  );
}
