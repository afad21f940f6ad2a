/** A report as it is read, whoever reads it. */
import { type ReactNode, useMemo, useRef } from "react";
import { type Command, useCommands } from "@/lib/commands";
import { Ago } from "@/ui/parts";
import { Block } from "./blocks";
import { useFull } from "./full";
import "./reports.css";

interface Props {
  report: { title: string; description: string | null; updated_at: string };
  by: string | null;
  blocks: unknown[];
  entity: string;
  project: string;
  /** Stands above the title. */
  tools: ReactNode;
}

/** Title, author and blocks. */
export function Article({ report, by, blocks, entity, project, tools }: Props) {
  const [, onFull] = useFull();
  const show = useRef(onFull);
  show.current = onFull;
  useCommands(useMemo<Command[]>(() => [{ id: "panel.full", label: "Panel under the pointer: full screen", group: "Report", keys: "f", run: () => show.current(document.querySelector<HTMLElement>(".report-cell:hover, .report-cell:focus-within")?.dataset.place) }], []));
  return (
    <article className="report">
      <header>
        <div className="row report-tools">{tools}</div>
        <h1>{report.title}</h1>
        {report.description !== null && report.description !== "" && <p className="report-about">{report.description}</p>}
        <p className="muted">{by ?? "unknown"}, <Ago at={report.updated_at} /></p>
      </header>
      <div className="report-body">{blocks.map((block, i) => <Block key={i} block={block} all={blocks} at={String(i)} entity={entity} project={project} />)}</div>
      {blocks.length === 0 && <p className="muted">This report is empty.</p>}
    </article>
  );
}
