import { describe, expect, it } from "vitest";
import { BadFrame, readFrame } from "./frame";

function frame(document: unknown, arrays: ArrayBufferView[]): ArrayBuffer {
  let text = JSON.stringify(document);
  while ((text.length + 8) % 8 !== 0) text += " ";
  const header = new TextEncoder().encode(text);
  const size = arrays.reduce((sum, one) => sum + one.byteLength, 0);
  const out = new Uint8Array(8 + header.length + size);
  out.set(new TextEncoder().encode("RSF1"));
  new DataView(out.buffer).setUint32(4, header.length, true);
  out.set(header, 8);
  let at = 8 + header.length;
  for (const one of arrays) {
    out.set(new Uint8Array(one.buffer, one.byteOffset, one.byteLength), at);
    at += one.byteLength;
  }
  return out.buffer;
}

const good = frame({ panels: [{ key: "loss", x: { type: "f8", at: 0, n: 2 }, mean: { type: "f4", at: 16, n: 2 } }, { x: { type: "f8", at: 0, n: 2 }, low: null }] }, [Float64Array.of(1, 2.5), Float32Array.of(Number.NaN, 0.5)]);

describe("frames", () => {
  it("are read in place, equal arrays once", () => {
    const { panels } = readFrame(good) as { panels: { key?: string; x: Float64Array; mean?: Float32Array; low?: null }[] };
    expect(panels[0]?.key).toBe("loss");
    expect([...(panels[0]?.x ?? [])]).toEqual([1, 2.5]);
    expect([...(panels[0]?.mean ?? [])]).toEqual([Number.NaN, 0.5]);
    expect(panels[1]?.x).toBe(panels[0]?.x);
    expect(panels[1]?.low).toBeNull();
  });
  it("that are cut off anywhere are refused", () => {
    for (let size = 0; size < good.byteLength - 1; size += 1) expect(() => readFrame(good.slice(0, size))).toThrow(BadFrame);
  });
  it("that are something else are refused", () => expect(() => readFrame(new TextEncoder().encode('{"error": 1}').buffer as ArrayBuffer)).toThrow(BadFrame));
});
