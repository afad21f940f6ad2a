import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blockShowing, type Shown, shownBy } from "./weave_spec";

/** What the pages write; the public client reads the same file in `tests/sdk/clients/views.py`. */
const cases = JSON.parse(readFileSync(new URL("../../../tests/sdk/clients/embedded_blocks.json", import.meta.url), "utf8")) as { shown: Shown; block: unknown }[];

describe("blocks that show a table, a file or an artifact", () => {
  it.each(cases.map((one) => [one.shown.kind, one] as const))("%s: is written as the client reads it, and read again", (_, { shown, block }) => {
    expect(blockShowing(shown)).toEqual(block);
    expect(shownBy(block)).toEqual(shown.kind === "table" ? { ...shown, q: undefined } : shown);
  });

  it("says nothing of what asks in another way", () => {
    expect(shownBy({ type: "weave-panel", config: { panelConfig: { exp: { fromOp: { name: "from-the-future", inputs: {} } } } } })).toBeNull();
  });
});
