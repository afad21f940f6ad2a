/** Files of a version as a tree, with what can be shown shown. */
import { Download, File, Folder } from "lucide-react";
import { useMemo } from "react";
import { mediaAddress, useEntries } from "@/api/needs";
import type { EntryLine, VersionDetail } from "@/api/types";
import { bytes, count } from "@/lib/format";
import { FileView } from "@/panels/file_view";
import { Failure, Skeleton } from "@/ui/parts";

/** Folders and files at one place of a version. */
export function within(files: readonly EntryLine[], folder: string): { folders: { name: string; size: number; files: number }[]; files: EntryLine[] } {
  const folders = new Map<string, { name: string; size: number; files: number }>();
  const here: EntryLine[] = [];
  for (const file of files) {
    if (!file.path.startsWith(folder)) continue;
    const rest = file.path.slice(folder.length);
    const cut = rest.indexOf("/");
    if (cut === -1) here.push(file);
    else {
      const name = rest.slice(0, cut);
      const known = folders.get(name) ?? { name, size: 0, files: 0 };
      folders.set(name, { name, size: known.size + file.size_bytes, files: known.files + 1 });
    }
  }
  return { folders: [...folders.values()], files: here };
}

/** The file in the address is shown; the folder is the one it lies in. */
export function Files({ version, path, onPath }: { version: VersionDetail; path: string; onPath: (path: string) => void }) {
  const found = useEntries(version.entity, version.project, version.collection, version.version);
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  const here = useMemo(() => within(found.data?.files ?? [], folder), [found.data, folder]);
  if (found.error !== null) return <div className="inner"><Failure error={found.error} /></div>;
  if (found.data === undefined) return <Skeleton />;
  const chosen = found.data.files.find((file) => file.path === path) ?? (path === "" && found.data.files.length === 1 ? found.data.files[0] : undefined);
  return (
    <div className="files version-files">
      <section className="card files-list" aria-label="Files">
        <nav className="row crumbs" aria-label="Folder">
          <button type="button" className="link" onClick={() => onPath("")}>{version.collection}</button>
          {folder.split("/").filter(Boolean).map((part, i, parts) => <span key={`${part}${i}`} className="row"><span className="muted">/</span><button type="button" className="link" onClick={() => onPath(`${parts.slice(0, i + 1).join("/")}/`)}>{part}</button></span>)}
        </nav>
        <table className="table">
          <tbody>
            {here.folders.map((one) => <tr key={one.name}><td><button type="button" className="file-name" onClick={() => onPath(`${folder}${one.name}/`)}><Folder size={14} /><span className="ellipsis">{one.name}</span></button></td><td className="num muted">{count(one.files, "file")}</td><td className="num">{bytes(one.size)}</td></tr>)}
            {here.files.map((file) => (
              <tr key={file.path} data-chosen={file.path === chosen?.path}>
                <td><button type="button" className="file-name" onClick={() => onPath(file.path)}><File size={14} /><span className="ellipsis">{file.path.slice(folder.length)}</span></button></td>
                <td>{file.ref !== null && <span className="tag" title={file.ref}>reference</span>}</td>
                <td className="num">{bytes(file.size_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {found.data.total > found.data.files.length && <p className="muted files-more">The first {found.data.files.length.toLocaleString("en-US")} of {found.data.total.toLocaleString("en-US")} files.</p>}
      </section>
      <section className="card pad files-view" aria-label="Content">
        {chosen === undefined ? <p className="muted flush">Choose a file to see it.</p> : (
          <>
            <div className="row"><h2 className="ellipsis grow" title={chosen.path}>{chosen.path}</h2>{chosen.ref === null && <a className="button" href={mediaAddress("version", version.id, chosen.path)} download><Download size={14} />Download</a>}</div>
            {chosen.ref !== null ? (
              <dl className="facts"><dt>Lies at</dt><dd className="mono">{chosen.ref}</dd><dt>Digest</dt><dd className="mono">{chosen.digest}</dd></dl>
            ) : (
              <FileView owner={{ kind: "version", id: version.id }} path={chosen.path} size={chosen.size_bytes} from={{ entity: version.entity, project: version.project, source: { kind: "version", collection: version.collection, version: version.version, path: chosen.path } }} />
            )}
          </>
        )}
      </section>
    </div>
  );
}
