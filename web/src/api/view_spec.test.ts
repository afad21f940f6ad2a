import { describe, expect, it } from "vitest";
import { plainArrangement } from "@/lib/arrangement";
import { fromSpec, type StoredWorkspace, toSpec } from "./view_spec";

/** As `wandb-workspaces` writes one, with fields that this UI knows nothing of. */
const theirs = {
  vizExpanded: false,
  libraryExpanded: true,
  futureField: { a: [1, 2] },
  section: {
    panelBankConfig: {
      state: 0,
      settings: { autoOrganizePrefix: 2 },
      sections: [
        {
          __id__: "s1",
          name: "Charts",
          isOpen: true,
          panels: [
            { __id__: "p1", viewType: "Run History Line Plot", layout: { x: 0, y: 0, w: 8, h: 6 }, config: { metrics: ["loss", "val_loss"], xAxis: "epoch", smoothingWeight: 0.5, smoothingType: "gaussian", yLogScale: true, unheard: 3 } },
            { __id__: "p2", viewType: "Scatter Plot", config: { xAxis: "config:lr.value", yAxis: "summary:loss" } },
            { __id__: "p3", viewType: "Weave", config: { panel2Config: { deep: [{}] } } },
          ],
        },
      ],
    },
    customRunColors: { abc: "#ff0000" },
    settings: { smoothingWeight: 60, smoothingType: "exponential", xAxis: "_step", colorRunNames: true },
    runSets: [
      {
        id: "r",
        search: { query: "adam" },
        filters: { op: "OR", filters: [{ op: "AND", filters: [{ key: { section: "config", name: "lr" }, op: ">=", value: 0.01 }] }] },
        grouping: [{ section: "config", name: "optimizer" }],
        sort: { keys: [{ key: { section: "summary", name: "loss" }, ascending: true }] },
        selections: { root: 1, bounds: [], tree: ["hidden1"] },
      },
      { id: "second", project: { name: "other" } },
    ],
  },
};

describe("stored workspaces", () => {
  it("are read", () => {
    const { search, doc } = fromSpec(theirs);
    expect(search).toMatchObject({ q: "adam", group: "config.optimizer", order: "+summary.loss", hide: "hidden1", smooth: 0.6, where: [{ field: "config.lr", op: ">=", value: 0.01 }] });
    expect(doc.colours).toEqual({ abc: "#ff0000" });
    expect(doc.own[0]?.panels.map((one) => [one.kind, one.keys])).toEqual([["line", ["loss", "val_loss"]], ["scatter", ["config.lr", "summary.loss"]], ["unknown", []]]);
    expect(doc.own[0]?.panels[0]?.settings).toMatchObject({ x: "epoch", smoothing: { kind: "gaussian", weight: 0.5 }, logY: true });
  });

  it("come back with every part that is not ours", () => {
    const back = toSpec(theirs, fromSpec(theirs)) as typeof theirs;
    expect(back.futureField).toEqual(theirs.futureField);
    expect(back.section.settings.colorRunNames).toBe(true);
    expect(back.section.runSets[1]).toEqual(theirs.section.runSets[1]);
    expect(back.section.panelBankConfig.settings).toEqual({ autoOrganizePrefix: 2 });
    const [line, scatter, weave] = back.section.panelBankConfig.sections[0]?.panels ?? [];
    expect(line).toMatchObject({ __id__: "p1", layout: { w: 8 }, config: { unheard: 3, metrics: ["loss", "val_loss"], xAxis: "epoch", smoothingType: "gaussian" } });
    expect(scatter?.config).toMatchObject({ xAxis: "config:lr", yAxis: "summary:loss" });
    expect(weave).toEqual(theirs.section.panelBankConfig.sections[0]?.panels[2]);
  });

  it("hold everything that the UI arranges", () => {
    const mine: StoredWorkspace = {
      search: { q: "x", log: true, band: "std", x: "_relative", smooth: 0.3, kind: "twema", clip: true, group: "group,config.lr", hide: "a,b", order: "-summary.acc", where: [{ field: "state", op: "=", value: "failed" }, { field: "created_at", op: "within", value: 3600 }] },
      doc: {
        ...plainArrangement,
        pinned: ["a"],
        baseline: "b",
        colours: { a: "#5E63F8" },
        removed: ["loss"],
        open: { System: true },
        changed: { acc: { id: "acc", kind: "line", title: "Accuracy", keys: ["acc"], x: "epoch", stream: "history", settings: { logX: true } } },
        own: [{ name: "My panels", open: true, panels: [{ id: "own-1", kind: "box", title: "Spread", keys: ["summary.acc", "config.opt"], x: "_step", stream: "history", settings: {} }] }],
      },
    };
    const back = fromSpec(JSON.parse(JSON.stringify(toSpec({}, mine))));
    expect(JSON.parse(JSON.stringify(back.search))).toEqual(JSON.parse(JSON.stringify(mine.search)));
    expect(back.doc.own[0]?.panels[0]).toMatchObject({ id: "own-1", kind: "box", keys: ["summary.acc", "config.opt"], title: "Spread" });
    expect({ ...back.doc, own: [] }).toEqual({ ...mine.doc, own: [] });
  });
});
