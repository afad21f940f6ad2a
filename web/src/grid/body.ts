/** The rows of a table on the screen: a pool of row elements, filled again as the reader scrolls. No React. */
import { type GridColumn, isMedia } from "./columns";

/** Browsers end near 33 million pixels; above this the scroll position is mapped to rows by ratio. */
const TALLEST = 8_000_000;
/** Rows in a second above which pictures wait until the fling is over. */
const FLING_SCREENS = 3;

export interface BodyOptions {
  columns: readonly GridColumn[];
  rows: Uint32Array;
  rowHeight: number;
  /** Height of what stands above the rows inside the scroller. */
  head: number;
  /** Widths of the columns in pixels. */
  widths: readonly number[];
  format: (v: unknown) => string;
  onOpen: (row: number) => void;
}

/** Draws the rows in sight into `layer`, which lies inside `scroller`. */
export class Body {
  private pool: HTMLElement[] = [];
  private shown: Int32Array = new Int32Array(0);
  private frame = 0;
  private settle: ReturnType<typeof setTimeout> | null = null;
  private lastTop = 0;
  private lastAt = 0;
  private active = -1;
  private options: BodyOptions;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly layer: HTMLElement,
    options: BodyOptions,
  ) {
    this.options = options;
    scroller.addEventListener("scroll", this.onScroll, { passive: true });
    this.set(options);
  }

  /** New rows, columns or sizes. */
  set(options: BodyOptions): void {
    const rebuild = options.columns !== this.options.columns || options.rowHeight !== this.options.rowHeight || options.widths !== this.options.widths;
    this.options = options;
    this.active = Math.min(this.active, options.rows.length - 1);
    this.layer.style.height = `${Math.min(TALLEST, options.rows.length * options.rowHeight)}px`;
    this.layer.style.width = `${options.widths.reduce((sum, width) => sum + width, 0)}px`;
    if (rebuild) {
      this.layer.replaceChildren();
      this.pool = [];
    }
    this.shown.fill(-1);
    this.draw(false);
  }

  /** Stop listening. */
  end(): void {
    this.scroller.removeEventListener("scroll", this.onScroll);
    cancelAnimationFrame(this.frame);
    if (this.settle !== null) clearTimeout(this.settle);
  }

  /** Move the marked row by keys; returns the id of its element. */
  move(by: number): string | null {
    const last = this.options.rows.length - 1;
    if (last < 0) return null;
    this.active = Math.max(0, Math.min(last, this.active === -1 ? 0 : this.active + by));
    const { rowHeight, head } = this.options;
    const room = this.scroller.clientHeight - head;
    const first = this.first();
    const fits = Math.max(1, Math.floor(room / rowHeight));
    if (this.active < first + 1) this.scrollTo(this.active);
    else if (this.active >= first + fits - 1) this.scrollTo(this.active - fits + 1);
    this.shown.fill(-1);
    this.draw(false);
    return `row-${this.active}`;
  }

  /** The marked row's number in the table, null without one. */
  marked(): number | null {
    return this.active === -1 ? null : (this.options.rows[this.active] ?? null);
  }

  private scrollTo(index: number): void {
    const { rows, rowHeight } = this.options;
    const whole = rows.length * rowHeight;
    const top = index * rowHeight;
    this.scroller.scrollTop = whole > TALLEST ? (top / Math.max(1, whole - this.room())) * (TALLEST - this.room()) : top;
  }

  private room(): number {
    return Math.max(1, this.scroller.clientHeight - this.options.head);
  }

  /** Index of the first row in sight, with its fraction. */
  private first(): number {
    const { rows, rowHeight } = this.options;
    const whole = rows.length * rowHeight;
    const top = this.scroller.scrollTop;
    return (whole > TALLEST ? (top / Math.max(1, TALLEST - this.room())) * (whole - this.room()) : top) / rowHeight;
  }

  private readonly onScroll = () => {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const now = performance.now();
      const speed = (Math.abs(this.scroller.scrollTop - this.lastTop) / this.room() / Math.max(1, now - this.lastAt)) * 1000;
      [this.lastTop, this.lastAt] = [this.scroller.scrollTop, now];
      const flung = speed > FLING_SCREENS;
      this.draw(flung);
      if (this.settle !== null) clearTimeout(this.settle);
      if (flung) {
        this.settle = setTimeout(() => {
          this.shown.fill(-1);
          this.draw(false);
        }, 120);
      }
    });
  };

  private draw(flung: boolean): void {
    const { rows, rowHeight } = this.options;
    const need = Math.min(rows.length, Math.ceil(this.room() / rowHeight) + 2);
    while (this.pool.length < need) this.pool.push(this.make());
    if (this.shown.length !== this.pool.length) this.shown = new Int32Array(this.pool.length).fill(-1);
    const exact = this.first();
    const start = Math.max(0, Math.min(rows.length - need, Math.floor(exact)));
    // Where heights are mapped, rows stand at the scroll position instead of at their own place.
    const offset = rows.length * rowHeight > TALLEST ? this.scroller.scrollTop - exact * rowHeight : 0;
    this.pool.forEach((element, slot) => {
      const index = start + ((slot - (start % this.pool.length) + this.pool.length) % this.pool.length);
      if (index >= rows.length || index >= start + need) {
        element.style.display = "none";
        this.shown[slot] = -1;
        return;
      }
      element.style.display = "";
      element.style.transform = `translateY(${offset + index * rowHeight}px)`;
      if (this.shown[slot] !== index) this.fill(element, index, flung);
      this.shown[slot] = index;
    });
  }

  private make(): HTMLElement {
    const { columns, rowHeight, widths } = this.options;
    const row = document.createElement("div");
    row.className = "tbl-row";
    row.setAttribute("role", "row");
    row.style.height = `${rowHeight}px`;
    columns.forEach((column, i) => {
      const cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      cell.className = `tbl-td${column.kind === "number" ? " num" : ""}`;
      cell.style.width = `${widths[i] ?? 100}px`;
      cell.append(column.kind === "media" ? document.createElement("img") : document.createTextNode(""));
      row.append(cell);
    });
    row.addEventListener("click", () => {
      const index = Number(row.dataset.index);
      this.active = index;
      const at = this.options.rows[index];
      if (at !== undefined) this.options.onOpen(at);
    });
    this.layer.append(row);
    return row;
  }

  private fill(element: HTMLElement, index: number, flung: boolean): void {
    const row = this.options.rows[index] ?? 0;
    element.dataset.index = String(index);
    element.id = `row-${index}`;
    element.setAttribute("aria-rowindex", String(index + 2));
    element.dataset.marked = String(index === this.active);
    this.options.columns.forEach((column, i) => {
      const cell = element.children[i] as HTMLElement;
      const v = column.values[row];
      if (column.kind === "media") this.picture(cell, v, flung);
      else (cell.firstChild as Text).data = this.options.format(v);
    });
  }

  private picture(cell: HTMLElement, v: unknown, flung: boolean): void {
    const picture = cell.firstChild as HTMLImageElement;
    const media = isMedia(v) && v._type === "image-file" ? v : null;
    picture.decoding = "async";
    picture.hidden = media === null || flung;
    cell.dataset.text = media === null && isMedia(v) ? (v.path?.split("/").pop() ?? v._type) : "";
    if (media?.src === undefined || flung) picture.removeAttribute("src");
    else if (picture.getAttribute("src") !== media.src) picture.src = media.src;
    picture.alt = media?.caption ?? "";
  }
}
