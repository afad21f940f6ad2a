/** Files that a run kept, with what can be shown shown. */
import { Download, File, Folder } from "lucide-react";
import { useMemo, useState } from "react";
import { fileAddress, useFiles, useText } from "@/api/needs";
import type { RunDetail } from "@/api/types";
import { bytes } from "@/lib/format";
import { Ago, Empty, Failure, Skeleton } from "@/ui/parts";

const textual = /\.(txt|log|json|jsonl|ya?ml|toml|py|ipynb|md|csv|diff|patch|sh|cfg|ini|html|requirements)$|(^|\/)(requirements\.txt|Makefile)$/i;
const pictures = /\.(png|jpe?g|gif|webp|bmp)$/i;

/** A list with folders and a preview beside it. */
export function RunFiles({ entity, project, run, chosen, onChoose: setChosen }: { entity: string; project: string; run: RunDetail; chosen: string | null; onChoose: (file: string | null) => void }) {
  const found = useFiles(entity, project, run.run_id);
  const [folder, setFolder] = useState(chosen === null ? "" : chosen.slice(0, chosen.lastIndexOf("/") + 1));
  const here = useMemo(() => {
    const folders = new Map<string, { size: number; files: number }>();
    const files = [];
    for (const file of found.data?.files ?? []) {
      if (!file.name.startsWith(folder)) continue;
      const rest = file.name.slice(folder.length);
      const cut = rest.indexOf("/");
      if (cut === -1) files.push(file);
      else {
        const name = rest.slice(0, cut);
        const known = folders.get(name) ?? { size: 0, files: 0 };
        folders.set(name, { size: known.size + file.size_bytes, files: known.files + 1 });
      }
    }
    return { folders: [...folders], files };
  }, [found.data, folder]);
  if (found.error !== null && found.data === undefined) return <div className="inner"><Failure error={found.error} /></div>;
  if (found.data === undefined) return <Skeleton />;
  if (found.data.files.length === 0) return <Empty title="No file"><p><code>run.save("model.h5")</code> keeps a file here.</p></Empty>;
  const address = chosen === null ? "" : fileAddress(entity, project, run.run_id, chosen);
  return (
    <div className="files">
      <section className="card files-list">
        <nav className="row crumbs" aria-label="Folder">
          <button type="button" className="link" onClick={() => setFolder("")}>files</button>
          {folder.split("/").filter(Boolean).map((part, i, parts) => (
            <span key={part} className="row"><span className="muted">/</span><button type="button" className="link" onClick={() => setFolder(`${parts.slice(0, i + 1).join("/")}/`)}>{part}</button></span>
          ))}
        </nav>
        <table className="table">
          <tbody>
            {here.folders.map(([name, info]) => (
              <tr key={name}><td><button type="button" className="file-name" onClick={() => setFolder(`${folder}${name}/`)}><Folder size={14} />{name}</button></td><td className="num muted">{info.files} files</td><td className="num">{bytes(info.size)}</td></tr>
            ))}
            {here.files.map((file) => (
              <tr key={file.name} data-chosen={chosen === file.name}>
                <td><button type="button" className="file-name" onClick={() => setChosen(file.name)}><File size={14} /><span className="ellipsis">{file.name.slice(folder.length)}</span></button></td>
                <td className="num muted"><Ago at={file.updated_at} /></td>
                <td className="num">{bytes(file.size_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section className="card pad files-view">
        {chosen === null ? (
          <p className="muted">Choose a file to see it.</p>
        ) : (
          <>
            <div className="row"><h2 className="ellipsis grow">{chosen}</h2><a className="button" href={address} download><Download size={14} />Download</a></div>
            {pictures.test(chosen) ? <img className="preview" src={address} alt={chosen} /> : textual.test(chosen) ? <Preview address={address} json={chosen.endsWith(".json")} /> : <p className="muted">No preview for this kind of file.</p>}
          </>
        )}
      </section>
    </div>
  );
}

function Preview({ address, json }: { address: string; json: boolean }) {
  const text = useText(address);
  if (text.error !== null) return <Failure error={text.error} />;
  if (text.data === undefined) return <Skeleton rows={5} height={12} />;
  let shown = text.data;
  if (json) {
    try {
      shown = JSON.stringify(JSON.parse(shown), null, 2);
    } catch {
      // A file may be called .json and be something else: it is shown as it is.
    }
  }
  return <pre className="code preview-text" tabIndex={0}>{shown.slice(0, 200_000)}{shown.length > 200_000 ? "\n… download the file for the rest" : ""}</pre>;
}
