/** A panel of media over the whole window. */
import type { ComponentProps } from "react";
import { Dialog } from "@/ui/dialog";
import { MediaPanel } from ".";

/** Its link is the page's own while it is open. */
export function MediaWindow({ onClose, onBeside, ...panel }: Omit<ComponentProps<typeof MediaPanel>, "full"> & { onClose: () => void; onBeside: (by: 1 | -1) => void }) {
  return (
    <Dialog title={panel.name} open onClose={onClose} onBeside={onBeside} size="full">
      <div className="full-panel"><MediaPanel {...panel} full /></div>
    </Dialog>
  );
}
