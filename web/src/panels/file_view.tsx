/** One file as far as it can be shown: tables, pictures, sound, film, text, CSV. */
import { lazy, Suspense, useMemo } from "react";
import { mediaAddress, type Owner, useText } from "@/api/needs";
import type { TableSource } from "@/lib/tables";
import { Markdown } from "@/ui/markdown";
import { Failure, Skeleton } from "@/ui/parts";
import { TableView } from "./table";
import { isTablePath } from "./table/source";
import "./file_view.css";

const PlotlyFigure = lazy(() => import("./media/figure").then((part) => ({ default: part.PlotlyFigure })));

interface Props {
  owner: Owner;
  path: string;
  size: number;
  from?: { entity: string; project: string; source: TableSource };
}

const LONGEST = 5_000_000;
const MOST_SHOWN = 200_000;

/** The viewer. */
export function FileView({ owner, path, size, from }: Props) {
  const address = mediaAddress(owner.kind, owner.id, path);
  if (isTablePath(path)) return <div className="file-table"><TableView owner={owner} path={path} {...(from === undefined ? {} : { from })} /></div>;
  if (path.endsWith(".plotly.json")) return <div className="file-figure"><Suspense fallback={<Skeleton rows={6} height={16} />}><PlotlyFigure address={address} name={path} file={path.slice(path.lastIndexOf("/") + 1)} /></Suspense></div>;
  // A drawing within `img` runs no script and loads nothing.
  if (/\.(png|jpe?g|gif|webp|bmp|avif|svg)$/i.test(path)) return <img className="preview" src={address} alt={path} />;
  if (/\.(wav|mp3|ogg|flac|m4a)$/i.test(path)) return <audio controls src={address} aria-label={path} />;
  if (/\.(mp4|webm|mov)$/i.test(path)) return <video controls className="preview" src={address} aria-label={path} />;
  // The frame may run the page's own scripts but is of no origin: it reads nothing of this one.
  if (/\.html?$/i.test(path)) return <iframe className="file-frame" sandbox="allow-scripts" src={address} title={path} />;
  if (!/\.(json|jsonl|ipynb|ya?ml|txt|md|csv|tsv|py|log|toml|cfg|ini|xml|sh|r|diff|patch)$|(^|\/)([A-Z]+|Makefile|Dockerfile)$/i.test(path)) return <p className="muted">There is no viewer for this kind of file; download it.</p>;
  if (size > LONGEST) return <p className="muted">Too long to show here; download it.</p>;
  return <TextFile address={address} path={path} />;
}

function TextFile({ address, path }: { address: string; path: string }) {
  const text = useText(address);
  const shown = useMemo(() => pretty(text.data ?? "", path), [text.data, path]);
  if (text.error !== null) return <Failure error={text.error} />;
  if (text.data === undefined) return <Skeleton rows={4} height={12} />;
  if (/\.md$/i.test(path)) return <Markdown text={text.data} />;
  return <pre className="code preview-text" tabIndex={0}>{shown.slice(0, MOST_SHOWN)}{shown.length > MOST_SHOWN ? "\n… download the file for the rest" : ""}</pre>;
}

function pretty(text: string, path: string): string {
  if (!/\.(json|ipynb)$/.test(path)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // A file may be called .json and be something else: it is shown as it is.
    return text;
  }
}
