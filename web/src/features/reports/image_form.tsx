/** An image of a report: carried by it, or an address of this server. */
import { type Json, list, object } from "@/api/report_spec";
import { toastError } from "@/lib/toasts";

const LARGEST = 1_500_000;

/** A picture file as an address that holds it whole. */
function read(file: File): Promise<string> {
  return new Promise((done, failed) => {
    if (file.size > LARGEST) {
      failed(new Error(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB. A report carries pictures of up to 1.5 MB; log larger ones with a run and show their panel.`));
      return;
    }
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(new Error(`${file.name} could not be read.`));
    reader.readAsDataURL(file);
  });
}

/** A file to carry, or an address; pictures of other hosts are shown as links. */
export function ImageForm({ block, onBlock }: { block: Json; onBlock: (block: Json) => void }) {
  const url = String(block.url ?? "");
  const caption = list(block.children).map((one) => String(object(one).text ?? "")).join("");
  return (
    <div className="piece-form">
      <label className="form-row"><span>File</span><input type="file" accept="image/png,image/jpeg,image/gif,image/webp" onChange={(event) => { const file = event.target.files?.[0]; if (file !== undefined) void read(file).then((data) => onBlock({ ...block, url: data })).catch(toastError); }} /></label>
      <label className="form-row"><span>or address</span><input className="field" placeholder="https://… (shown as a link)" value={url.startsWith("data:") ? "" : url} onChange={(event) => onBlock({ ...block, url: event.target.value })} /></label>
      <label className="form-row"><span>Caption</span><input className="field" value={caption} onChange={(event) => onBlock({ ...block, children: [{ text: event.target.value }], hasCaption: event.target.value !== "" })} /></label>
    </div>
  );
}
