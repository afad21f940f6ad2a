/** A report as it is read, whoever reads it. */
import type { ReactNode } from "react";
import { Ago } from "@/ui/parts";
import { Block } from "./blocks";
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
  return (
    <article className="report">
      <header>
        <div className="row report-tools">{tools}</div>
        <h1>{report.title}</h1>
        {report.description !== null && report.description !== "" && <p className="report-about">{report.description}</p>}
        <p className="muted">{by ?? "unknown"}, <Ago at={report.updated_at} /></p>
      </header>
      <div className="report-body">{blocks.map((block, i) => <Block key={i} block={block} all={blocks} entity={entity} project={project} />)}</div>
      {blocks.length === 0 && <p className="muted">This report is empty.</p>}
    </article>
  );
}
