/** Files that a run kept, with what can be shown shown. */
import { Download, File, Folder } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { fileAddress, useFiles } from "@/api/needs";
import type { RunDetail } from "@/api/types";
import { bytes } from "@/lib/format";
import { Ago, Empty, Failure, Skeleton } from "@/ui/parts";

const FileView = lazy(() => import("@/panels/file_view").then((part) => ({ default: part.FileView })));

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
            <Suspense fallback={<Skeleton rows={5} height={12} />}><FileView key={chosen} owner={{ kind: "run", id: run.id }} path={chosen} size={found.data.files.find((file) => file.name === chosen)?.size_bytes ?? 0} /></Suspense>
          </>
        )}
      </section>
    </div>
  );
}
