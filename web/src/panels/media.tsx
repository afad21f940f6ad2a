/** What a run logged besides numbers: images with a step slider, tables, HTML, the rest as files. */
import { useMemo, useState } from "react";
import { mediaAddress, referred, useRows } from "@/api/needs";
import type { RunLine } from "@/api/types";
import { Empty, Failure } from "@/ui/parts";
import { TableView } from "./table";
import "./media.css";

interface Media {
  _type: string;
  path?: string;
  filenames?: string[];
  captions?: string[] | false;
  caption?: string;
  count?: number;
  artifact_path?: string;
  nrows?: number;
  ncols?: number;
}

interface Props {
  entity: string;
  project: string;
  run: RunLine;
  name: string;
  named?: boolean; // among panels of other runs: say whose it is
}

/** One key of one run over its steps. */
export function MediaPanel({ entity, project, run, name, named = false }: Props) {
  const rows = useRows(entity, project, run.run_id, [name]);
  const steps = useMemo(() => (rows.data?.rows ?? []).filter((row) => row[name] !== undefined && row[name] !== null), [rows.data, name]);
  const [chosen, setChosen] = useState<number | null>(null);
  const at = Math.min(chosen ?? steps.length - 1, steps.length - 1);
  const row = steps[at];
  const shown = row?.[name] as Media | undefined;
  const wide = shown?._type === "table-file";
  return (
    <section className="panel card media" data-wide={wide} aria-label={name}>
      <header className="panel-head">
        <h3 className="ellipsis grow" title={name}>{name}</h3>
        {named && <span className="muted ellipsis media-step">{run.name}</span>}
        {steps.length > 1 && (
          <label className="row media-step">
            <span className="muted">step {String(row?._step ?? at)}</span>
            <input type="range" min={0} max={steps.length - 1} value={at} aria-label={`Step of ${name}`} onChange={(event) => setChosen(Number(event.target.value))} />
          </label>
        )}
      </header>
      <div className="panel-body media-body">
        {rows.error !== null ? <Failure error={rows.error} /> : shown === undefined ? (
          rows.data === undefined ? <div className="skeleton panel-skeleton" role="status" aria-label={`Loading ${name}`} /> : <Empty title="Nothing here" />
        ) : (
          <One media={shown} run={run} name={name} home={{ entity, project }} />
        )}
      </div>
    </section>
  );
}

function One({ media, run, name, home }: { media: Media; run: RunLine; name: string; home: { entity: string; project: string } }) {
  if (media._type === "images/separated") {
    const captions = media.captions === false ? [] : (media.captions ?? []);
    return (
      <div className="images">
        {(media.filenames ?? []).map((file, i) => (
          <figure key={file}><img loading="lazy" decoding="async" src={mediaAddress("run", run.id, file)} alt={captions[i] ?? `${name} ${i}`} /><figcaption className="ellipsis">{captions[i] ?? ""}</figcaption></figure>
        ))}
      </div>
    );
  }
  if (media._type === "image-file" && media.path !== undefined) {
    return <div className="images"><figure><img loading="lazy" decoding="async" src={mediaAddress("run", run.id, media.path)} alt={media.caption ?? name} /><figcaption>{media.caption ?? ""}</figcaption></figure></div>;
  }
  if (media._type === "table-file" && media.path !== undefined) {
    // The run's own copy is a preview without media; the whole table lies in the version logged with it.
    const whole = referred(media.artifact_path) ?? { owner: { kind: "run" as const, id: run.id }, path: media.path };
    return <TableView owner={whole.owner} path={whole.path} from={{ ...home, source: { kind: "run", run: run.run_id, key: name } }} />;
  }
  if (media._type === "html-file" && media.path !== undefined) {
    // The frame may run the page's own scripts but is of no origin: it reads nothing of this one.
    return <iframe className="frame" sandbox="allow-scripts" src={mediaAddress("run", run.id, media.path)} title={name} />;
  }
  if (media._type === "audio-file" && media.path !== undefined) return <audio controls src={mediaAddress("run", run.id, media.path)} aria-label={name} />;
  if (media._type === "video-file" && media.path !== undefined) return <video controls className="preview" src={mediaAddress("run", run.id, media.path)} aria-label={name} />;
  if (media.path !== undefined) return <p><a href={mediaAddress("run", run.id, media.path)} download>{media.path}</a></p>;
  return <pre className="code">{JSON.stringify(media, null, 2)}</pre>;
}
