/** A report as one file that opens from disk: drawings, pictures, tables and their numbers inside, no network, no script. */
import { isMedia } from "@/grid/columns";
import { value } from "@/lib/format";
import { given, useWhole } from "@/lib/whole";

const MOST_ROWS = 500;
const LARGEST_FILE = 8_000_000;
const WAIT_MS = 20_000;
const QUIET_MS = 600;
/** Nothing is loaded from anywhere, whatever the text of the report says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; font-src data:";

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const later = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Draw everything that the element holds, also what is far below; then do something with it. */
export async function withAll<T>(article: Element, act: () => Promise<T>): Promise<T> {
  useWhole.setState({ whole: true });
  try {
    const end = Date.now() + WAIT_MS;
    let quiet = 0;
    while (quiet < QUIET_MS && Date.now() < end) {
      await later(100);
      quiet = article.querySelector(".skeleton") === null ? quiet + 100 : 0;
    }
    return await act();
  } finally {
    useWhole.setState({ whole: false });
  }
}

async function dataAddress(address: string): Promise<string> {
  if (address.startsWith("data:")) return address;
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${address} could not be read (${response.status}).`);
  const blob = await response.blob();
  if (blob.size > LARGEST_FILE) return "";
  return await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(new Error(`${address} could not be read.`));
    reader.readAsDataURL(blob);
  });
}

/** Rules of the page's style sheets; fonts from elsewhere are left out, the reader's own serve. */
function styles(): string {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).filter((text) => !text.includes("url(") && !text.startsWith("@import")).join("\n");
}

function download(title: string, csv: string): HTMLElement {
  const link = document.createElement("a");
  link.className = "button small";
  link.textContent = "Numbers (CSV)";
  link.download = `${title.replaceAll(/[^\w.-]+/g, "_").slice(0, 60) || "panel"}.csv`;
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`;
  return link;
}

async function cell(v: unknown): Promise<string> {
  if (isMedia(v)) return v.src !== undefined && v._type === "image-file" ? `<img src="${await dataAddress(v.src)}" alt="${escaped(v.caption ?? "")}">` : escaped(v.path ?? v._type);
  return escaped(value(v));
}

async function tableOf(cells: { names: string[]; rows: unknown[][]; total: number }): Promise<HTMLElement> {
  const box = document.createElement("div");
  box.className = "table-scroll";
  const lines: string[] = [];
  for (const row of cells.rows) lines.push(`<tr>${(await Promise.all(row.map(cell))).map((one) => `<td>${one}</td>`).join("")}</tr>`);
  box.innerHTML = `<table class="table"><thead><tr>${cells.names.map((name) => `<th>${escaped(name)}</th>`).join("")}</tr></thead><tbody>${lines.join("")}</tbody></table>${cells.total > cells.rows.length ? `<p class="muted">The first ${cells.rows.length} of ${cells.total} rows; the numbers have all.</p>` : ""}`;
  return box;
}

const within = (root: Element, names: string): Element[] => [...root.querySelectorAll(names)];

/** The whole file of an article that is shown now. `about` goes with it as data. */
export async function htmlOf(article: HTMLElement, title: string, about: Record<string, unknown>): Promise<string> {
  const copy = article.cloneNode(true) as HTMLElement;
  // Both trees are the same until something is replaced: pairs first.
  const pairs = (names: string): [Element, Element][] => { const copies = within(copy, names); return within(article, names).map((one, i) => [one, copies[i] as Element]); };
  const [panels, tables, canvases, pictures, media, frames] = [pairs("[data-panel]"), pairs(".tbl-scroll"), pairs("canvas"), pairs("img"), pairs("audio, video"), pairs("iframe")];
  const data: { title: string; csv: string }[] = [];
  for (const [live, there] of panels) {
    const gift = given.get(live);
    const csv = await gift?.csv?.();
    const svg = await gift?.svg?.();
    const body = there.querySelector(".panel-body");
    if (svg !== undefined && body !== null) body.innerHTML = svg.replace(/<svg /, '<svg style="width:100%;height:100%" ');
    if (gift !== undefined && csv !== undefined) {
      data.push({ title: gift.title, csv });
      there.querySelector(".panel-head")?.append(download(gift.title, csv));
    }
  }
  for (const [live, there] of tables) {
    const gift = given.get(live);
    if (gift?.cells === undefined) continue;
    const csv = (await gift.csv?.()) ?? "";
    data.push({ title: gift.title, csv });
    const table = await tableOf(gift.cells(MOST_ROWS));
    table.append(download(gift.title, csv));
    there.replaceWith(table);
  }
  for (const [live, there] of canvases) {
    const { width, height } = live as HTMLCanvasElement;
    if (!copy.contains(there) || width === 0 || height === 0) continue;
    const picture = document.createElement("img");
    picture.src = (live as HTMLCanvasElement).toDataURL("image/png");
    picture.alt = "";
    picture.style.cssText = (live as HTMLCanvasElement).style.cssText;
    there.replaceWith(picture);
  }
  for (const [live, there] of pictures) {
    const { src } = live as HTMLImageElement;
    if (!copy.contains(there) || src === "") continue;
    there.setAttribute("src", await dataAddress(src));
    there.removeAttribute("loading");
  }
  for (const [live, there] of media) there.setAttribute("src", await dataAddress((live as HTMLMediaElement).src));
  for (const [live, there] of frames) {
    const link = document.createElement("a");
    link.href = (live as HTMLIFrameElement).src;
    link.textContent = (live as HTMLIFrameElement).title || "A page";
    there.replaceWith(link);
  }
  for (const one of within(copy, "button:has(img)")) {
    const plain = document.createElement("span");
    plain.className = one.className;
    plain.append(...one.childNodes);
    one.replaceWith(plain);
  }
  for (const one of within(copy, "button, select, textarea, form, .report-tools, .tbl-tools, .skeleton, input:not([type=checkbox])")) one.remove();
  for (const one of within(copy, "a[href]")) {
    const address = one.getAttribute("href") ?? "";
    if (!/^(#|data:|mailto:)/.test(address)) one.setAttribute("href", new URL(address, document.baseURI).href);
  }
  for (const one of within(copy, "time[datetime]")) one.textContent = new Date(one.getAttribute("datetime") ?? "").toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  for (const one of within(copy, "details")) one.setAttribute("open", "");
  const kept = JSON.stringify({ ...about, data }).replaceAll("<", "\\u003c");
  const theme = document.documentElement.dataset.theme ?? "light";
  return `<!doctype html>
<html lang="en" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${styles().replaceAll("</", "<\\/")}
html, body { height: auto; overflow: auto; }
.report-cell { overflow: visible; }
.report-cell > .panel, .report-cell > .panel-slot > .panel { height: 100%; }
.table img { height: 48px; image-rendering: pixelated; }
body { font-family: Inter, system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.table-scroll { max-height: 460px; overflow: auto; }
</style>
</head>
<body>${copy.outerHTML}
<script type="application/json" id="runstone-data">${kept}</script>
</body>
</html>
`;
}
