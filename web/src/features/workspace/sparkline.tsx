/** A metric's course in the height of a line of text. */
import { memo } from "react";

const WIDTH = 54;
const HEIGHT = 14;

/** Nothing where there are fewer than two points. */
export const Sparkline = memo(function Sparkline({ values, colour }: { values: Float32Array; colour: string }) {
  const points = Array.from(values).filter(Number.isFinite);
  if (points.length < 2) return null;
  const lo = Math.min(...points);
  const hi = Math.max(...points);
  const path = points.map((y, i) => `${((i / (points.length - 1)) * WIDTH).toFixed(1)} ${(HEIGHT - 1 - ((y - lo) / (hi - lo || 1)) * (HEIGHT - 2)).toFixed(1)}`).join("L");
  return <svg className="sparkline" width={WIDTH} height={HEIGHT} aria-hidden="true"><path d={`M${path}`} fill="none" stroke={colour} strokeWidth="1.2" /></svg>;
});
