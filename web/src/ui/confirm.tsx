/** A question before something that cannot be undone. */
import { Dialog } from "./dialog";
import { Failure } from "./parts";

interface Props {
  title: string;
  /** What follows from it. */
  about: string;
  /** The word on the button that does it. */
  verb: string;
  pending: boolean;
  error: unknown;
  onDo: () => void;
  onClose: () => void;
}

/** Asks; a refusal of the server is shown inside. */
export function Confirm({ title, about, verb, pending, error, onDo, onClose }: Props) {
  return (
    <Dialog title={title} about={about} open onClose={onClose}>
      {error !== null && <Failure error={error} />}
      <div className="row"><span className="grow" /><button type="button" className="button" onClick={onClose}>Cancel</button><button type="button" className="button bad" disabled={pending} onClick={onDo}>{verb}</button></div>
    </Dialog>
  );
}
