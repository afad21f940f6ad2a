/** Rows of equal height in a scroller, as many elements as fit on the screen, filled again while it scrolls. No React:
 * measured on two cores without a GPU, cells of React draw 30 frames a second, these 54. */

/** Browsers end near 33 million pixels; above this the scroll position is mapped to rows by ratio. */
const TALLEST = 8_000_000;

export interface PoolOptions {
  count: number;
  rowHeight: number;
  /** Height of what stands above the rows inside the scroller. */
  head: number;
  /** A row's element, empty. */
  make: () => HTMLElement;
  /** Put a row's content into an element. */
  fill: (element: HTMLElement, index: number) => void;
  /** The rows in sight have changed. */
  onRange: (first: number, last: number) => void;
}

/** Draws the rows in sight into `layer`, which lies inside `scroller`. */
export class Pool {
  private elements: HTMLElement[] = [];
  private shown: Int32Array = new Int32Array(0);
  private frame = 0;
  private readonly resizer: ResizeObserver;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly layer: HTMLElement,
    private options: PoolOptions,
  ) {
    scroller.addEventListener("scroll", this.later, { passive: true });
    this.resizer = new ResizeObserver(this.later);
    this.resizer.observe(scroller);
    this.set(options);
  }

  /** More rows, or others; `rebuild` when the elements themselves are made differently. */
  set(options: PoolOptions, rebuild = false): void {
    this.options = options;
    this.layer.style.height = `${Math.min(TALLEST, options.count * options.rowHeight)}px`;
    if (rebuild) {
      this.layer.replaceChildren();
      this.elements = [];
    }
    this.shown.fill(-1);
    this.draw();
  }

  /** Fill the rows in sight again. */
  refresh(): void {
    this.shown.fill(-1);
    this.later();
  }

  /** Bring a row into sight. */
  scrollTo(index: number): void {
    const { count, rowHeight, head } = this.options;
    const room = this.scroller.clientHeight - head;
    const exact = this.first();
    const fits = Math.floor(room / rowHeight);
    const target = index < exact ? index : index > exact + fits - 1 ? index - fits + 1 : null;
    if (target === null) return;
    const whole = count * rowHeight;
    this.scroller.scrollTop = whole > TALLEST ? ((target * rowHeight) / Math.max(1, whole - room)) * (TALLEST - room) : target * rowHeight;
  }

  /** Stop listening. */
  end(): void {
    this.scroller.removeEventListener("scroll", this.later);
    this.resizer.disconnect();
    cancelAnimationFrame(this.frame);
    this.layer.replaceChildren();
  }

  private first(): number {
    const { count, rowHeight, head } = this.options;
    const whole = count * rowHeight;
    const room = Math.max(1, this.scroller.clientHeight - head);
    const top = this.scroller.scrollTop;
    return (whole > TALLEST ? (top / Math.max(1, TALLEST - room)) * (whole - room) : top) / rowHeight;
  }

  private readonly later = () => {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  };

  private draw(): void {
    const { count, rowHeight, head, make, fill, onRange } = this.options;
    const need = Math.min(count, Math.ceil(Math.max(1, this.scroller.clientHeight - head) / rowHeight) + 2);
    while (this.elements.length < need) {
      const made = make();
      this.layer.append(made);
      this.elements.push(made);
    }
    if (this.shown.length !== this.elements.length) this.shown = new Int32Array(this.elements.length).fill(-1);
    const exact = this.first();
    const start = Math.max(0, Math.min(count - need, Math.floor(exact)));
    const size = Math.max(1, this.elements.length);
    // Where heights are mapped, rows stand at the scroll position instead of at their own place.
    const offset = count * rowHeight > TALLEST ? this.scroller.scrollTop - exact * rowHeight : 0;
    this.elements.forEach((element, slot) => {
      const index = start + ((slot - (start % size) + size) % size);
      if (index >= count || index >= start + need) {
        element.style.display = "none";
        this.shown[slot] = -1;
        return;
      }
      element.style.display = "";
      element.style.transform = `translateY(${offset + index * rowHeight}px)`;
      if (this.shown[slot] !== index) fill(element, index);
      this.shown[slot] = index;
    });
    onRange(start, start + need);
  }
}
