/** What a line of a chart is made of. */

/** One line: `x` ascending; `low` and `high` span what a point stands for, null where it is one value. */
export interface Line {
  id: string;
  label: string;
  colour: string;
  dash: number[];
  x: ArrayLike<number>;
  y: ArrayLike<number | null>;
  low: ArrayLike<number | null> | null;
  high: ArrayLike<number | null> | null;
  /** The values before smoothing, drawn faintly behind; null when they are not to be seen. */
  raw: ArrayLike<number | null> | null;
}
