/** Deletion of a version or a collection: what it frees, said before; undo after. */
import { useDelete, useDeletion, useUndo } from "@/api/artifacts";
import { bytes } from "@/lib/format";
import { toast, withdraw } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { AliasTag, Failure, Skeleton } from "@/ui/parts";

interface Props {
  entity: string;
  project: string;
  collection: string;
  version: string | null;
  onClose: () => void;
  onDone: () => void;
}

/** The question. */
export function DeleteDialog({ entity, project, collection, version, onClose, onDone }: Props) {
  const found = useDeletion(entity, project, collection, version);
  const gone = useDelete(entity, project, collection, version);
  const undo = useUndo();
  const name = version === null ? `${collection} with all its versions` : `${collection}:${version}`;
  const aliases = (found.data?.aliases ?? []).filter((alias) => alias !== "latest");
  return (
    <Dialog title={`Delete ${name}?`} about="It can be undone until the grace of the server is over; then its bytes are given back." open onClose={onClose}>
      {found.error !== null ? <Failure error={found.error} /> : found.data === undefined ? <Skeleton rows={2} height={14} /> : (
        <dl className="facts">
          <dt>Frees</dt><dd><b>{bytes(found.data.freed_bytes)}</b></dd>
          {found.data.shared_bytes > 0 && (<><dt>Stays</dt><dd>{bytes(found.data.shared_bytes)} that other versions or runs hold too</dd></>)}
          {aliases.length > 0 && (<><dt>Loses</dt><dd className="row wrap">{aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</dd></>)}
        </dl>
      )}
      {gone.error !== null && <Failure error={gone.error} />}
      <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Keep it</button>
        <button type="button" className="button bad" disabled={found.data === undefined || gone.isPending} onClick={() => gone.mutate(undefined, { onSuccess: (deleted) => { withdraw([`${entity}/${project}/artifacts/${collection}${version === null ? "" : `/${version}`}`]); toast(`${name} is deleted.`, { of: [`${entity}/${project}`], undo: () => undo.mutateAsync(deleted) }); onClose(); onDone(); } })}>Delete</button></div>
    </Dialog>
  );
}
