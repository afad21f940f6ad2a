/** Blocks of a report as they are read. What the UI does not know it says, and leaves as it is. */
import type { ReactNode } from "react";
import { Markdown } from "@/ui/markdown";
import { Code } from "@/ui/parts";
import { type Json, list, object } from "@/api/report_spec";
import { shownBy } from "@/api/weave_spec";
import { PanelGrid } from "./grid";
import { Embed } from "./embeds";

/** The plain text of a block. */
export function textOf(v: unknown): string {
  const part = object(v);
  return typeof part.text === "string" ? part.text : list(part.children).map(textOf).join("");
}

/** An address of this server or a picture that the report carries: the only ones that are loaded. */
const ownPicture = (url: unknown): string | undefined => (typeof url === "string" && (/^data:image\/(png|jpeg|gif|webp);base64,/i.test(url) || /^\/(?!\/)/.test(url)) ? url : undefined);

/** An address that may be followed: no script. */
const safe = (url: unknown): string | undefined => (typeof url === "string" && /^(https?:|mailto:|\/|#)/i.test(url) ? url : undefined);

function Inline({ parts }: { parts: unknown[] }) {
  return <>{parts.map((one, i) => <Piece key={i} part={object(one)} />)}</>;
}

function Piece({ part }: { part: Record<string, unknown> }): ReactNode {
  if (part.type === "link") return <a href={safe(part.url)} target="_blank" rel="noreferrer noopener"><Inline parts={list(part.children)} /></a>;
  if (part.type === "latex") return <code>{String(part.content ?? "")}</code>;
  const text = String(part.text ?? "");
  if (part.inlineCode === true) return <code>{text}</code>;
  let shown: ReactNode = text;
  if (part.bold === true) shown = <b>{shown}</b>;
  if (part.italic === true) shown = <i>{shown}</i>;
  if (part.strikethrough === true) shown = <s>{shown}</s>;
  if (part.underline === true) shown = <u>{shown}</u>;
  return <>{shown}</>;
}

interface Props {
  block: unknown;
  all: unknown[];
  /** Its place, such as `2` or `2-0` inside of a folded heading. */
  at: string;
  entity: string;
  project: string;
  /** Present where the block is written. */
  onBlock?: (block: Json) => void;
}

/** The name by which a heading is linked to. */
export const anchorOf = (text: string): string => text.trim().toLowerCase().replaceAll(/\W+/g, "-");

/** One block. */
export function Block({ block, all, at, entity, project, onBlock }: Props) {
  const one = object(block);
  const children = list(one.children);
  switch (one.type) {
    case "heading": {
      const Level = one.level === 1 ? "h2" : one.level === 2 ? "h3" : "h4";
      const head = <Level id={anchorOf(textOf(one))}><Inline parts={children} /></Level>;
      const inside = list(one.collapsedChildren);
      return inside.length === 0 ? head : <details className="folded"><summary>{head}</summary><div className="report-body">{inside.map((inner, i) => <Block key={i} block={inner} all={all} at={`${at}-${i}`} entity={entity} project={project} />)}</div></details>;
    }
    case "paragraph":
      return textOf(one) === "" ? null : <p><Inline parts={children} /></p>;
    case "markdown-block":
      return <Markdown text={String(one.content ?? "")} />;
    case "list": {
      const items = children.map((item, i) => {
        const { checked } = object(item);
        return <li key={i} data-checked={typeof checked === "boolean" ? checked : undefined}>{typeof checked === "boolean" && <input type="checkbox" checked={checked} readOnly aria-label={textOf(item)} />}{list(object(item).children).map((inner, j) => (object(inner).type === "list" ? <Block key={j} block={inner} all={all} at={`${at}-${i}-${j}`} entity={entity} project={project} /> : <Inline key={j} parts={"text" in object(inner) ? [inner] : list(object(inner).children)} />))}</li>;
      });
      return one.ordered === true || object(children[0]).ordered === true ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "block-quote":
      return <blockquote><Inline parts={children} /></blockquote>;
    case "callout-block":
      return <div className="callout">{children.map((line, i) => <div key={i}><Inline parts={list(object(line).children)} /></div>)}</div>;
    case "code-block":
      return <Code text={children.map(textOf).join("\n")} />;
    case "horizontal-rule":
      return <hr />;
    case "latex":
      return <pre className="code">{String(one.content ?? "")}</pre>;
    case "image":
      if (ownPicture(one.url) !== undefined) return <figure className="captioned"><img className="preview" src={ownPicture(one.url)} alt={textOf(one) || "Picture"} />{textOf(one) !== "" && <figcaption>{textOf(one)}</figcaption>}</figure>;
      return <p><a href={safe(one.url)} target="_blank" rel="noreferrer noopener">{textOf(one) || String(one.url ?? "Picture")}</a></p>;
    case "table-of-contents":
      return <nav className="contents" aria-label="Contents">{all.map(object).filter((each) => each.type === "heading").map((each, i) => <a key={i} data-level={String(each.level)} href={`#${anchorOf(textOf(each))}`} onClick={(event) => { event.preventDefault(); document.getElementById(anchorOf(textOf(each)))?.scrollIntoView(); }}>{textOf(each)}</a>)}</nav>;
    case "panel-grid":
      return <PanelGrid block={one} at={at} entity={entity} project={project} {...(onBlock === undefined ? {} : { onBlock })} />;
    case "weave-panel": {
      const shown = shownBy(one);
      if (shown !== null) return <Embed shown={shown} />;
      return <p className="muted unknown-block">This block asks for something in a way that is not drawn here. It stays in the report as it is.</p>;
    }
    default:
      return <p className="muted unknown-block">A block of the kind “{String(one.type)}” is not drawn here. It stays in the report as it is.</p>;
  }
}
