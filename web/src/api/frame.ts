/** Arrays of numbers as the server sends them in one body, read in place: see `webapi/frame.py`. Pure. */

type Kind = "f8" | "f4" | "i4";
const makers = { f8: Float64Array, f4: Float32Array, i4: Int32Array } as const;

interface Reference {
  type: Kind;
  at: number;
  n: number;
}

/** The body is not a whole frame. */
export class BadFrame extends Error {}

const MAGIC = 0x31465352; // "RSF1", little-endian
const PREFIX_BYTES = 8;

function isReference(v: unknown): v is Reference {
  return typeof v === "object" && v !== null && typeof (v as Reference).at === "number" && (v as Reference).type in makers;
}

/** The document with its arrays in the places of their references. Throws `BadFrame`. */
export function readFrame(body: ArrayBuffer): unknown {
  const view = new DataView(body);
  if (body.byteLength < PREFIX_BYTES || view.getUint32(0, true) !== MAGIC) throw new BadFrame("The answer is not a frame of numbers.");
  const length = view.getUint32(4, true);
  const start = PREFIX_BYTES + length;
  if (start > body.byteLength) throw new BadFrame(`The answer ends after ${body.byteLength} bytes, in the middle of its header of ${length}.`);
  const header: unknown = JSON.parse(new TextDecoder().decode(new Uint8Array(body, PREFIX_BYTES, length)));
  // Equal arrays lie there once: what shares its x is seen to share it.
  const made = new Map<string, Float64Array | Float32Array | Int32Array>();
  const fill = (v: unknown): unknown => {
    if (isReference(v)) {
      const name = `${v.type} ${v.at} ${v.n}`;
      const known = made.get(name);
      if (known !== undefined) return known;
      const Maker = makers[v.type];
      if (start + v.at + v.n * Maker.BYTES_PER_ELEMENT > body.byteLength) throw new BadFrame(`The answer ends after ${body.byteLength} bytes, in the middle of an array.`);
      const array = new Maker(body, start + v.at, v.n);
      made.set(name, array);
      return array;
    }
    if (Array.isArray(v)) return v.map(fill);
    if (typeof v === "object" && v !== null) return Object.fromEntries(Object.entries(v).map(([key, one]) => [key, fill(one)]));
    return v;
  };
  return fill(header);
}
