/** Markdown of people as HTML that can do nothing: no script, no style, no picture or frame from elsewhere. */
import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "react";

const ALLOWED = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["style", "form", "input", "button", "iframe", "object", "embed", "video", "audio"],
  FORBID_ATTR: ["style", "srcset", "id", "class", "name"],
};

// Pictures from other addresses are shown as links: the page asks no other host.
const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "IMG") {
    const src = node.getAttribute("src") ?? "";
    const own = src.startsWith("data:image/") || new URL(src, document.baseURI).origin === location.origin;
    if (!own) {
      const link = document.createElement("a");
      link.href = src;
      link.textContent = node.getAttribute("alt") || src;
      link.rel = "noopener noreferrer";
      node.replaceWith(link);
    }
  }
  if (node.tagName === "A") node.setAttribute("rel", "noopener noreferrer");
});

/** A text as HTML, cleaned. */
export function Markdown({ text }: { text: string }) {
  const html = useMemo(() => purifier.sanitize(marked.parse(text, { async: false }), ALLOWED), [text]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
