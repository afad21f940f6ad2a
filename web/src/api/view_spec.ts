/** The stored form of a workspace, as clients of the public API read and write it, and the UI's own: both ways.
 * Whatever is not ours stays in the stored form untouched. Pure. */
import { type Arrangement, plainArrangement } from "@/lib/arrangement";
import type { PanelKind, PanelSpec } from "@/lib/panel_spec";
import type { RunTest, WorkspaceSearch } from "@/lib/search";
import type { SmoothKind } from "@/lib/smooth";

export type Json = Record<string, unknown>;

const object = (v: unknown): Json => (typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Json) : {});
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : undefined);
const number = (v: unknown): number | undefined => (typeof v === "number" && Number.isFinite(v) ? v : undefined);
const strings = (v: unknown): string[] => list(v).filter((one): one is string => typeof one === "string");

const smoothings: Record<SmoothKind, string> = { ema: "exponential", twema: "exponentialTimeWeighted", average: "average", gaussian: "gaussian" };
const smoothKindOf = (v: unknown): SmoothKind | undefined => (Object.keys(smoothings) as SmoothKind[]).find((kind) => smoothings[kind] === v);

const viewTypes: Partial<Record<PanelKind, string>> = { line: "Run History Line Plot", bar: "Bar Chart", scalar: "Scalar Chart", scatter: "Scatter Plot", comparer: "Run Comparer", markdown: "Markdown Panel" };

/** Keys of runs: `config.lr` here, section and name there. */
const runNames: Record<string, string> = { display_name: "displayName", created_at: "createdAt", heartbeat_at: "heartbeatAt", job_type: "jobType", user: "username" };
const ourNames = Object.fromEntries(Object.entries(runNames).map(([ours, theirs]) => [theirs, ours]));

/** A run's value by its name, as stored. */
export function keyTo(name: string): Json {
  const cut = name.indexOf(".");
  const section = name.slice(0, cut);
  return section === "config" || section === "summary" ? { section, name: name.slice(cut + 1) } : { section: "run", name: runNames[name] ?? name };
}

export function keyFrom(v: unknown): string | undefined {
  const { section, name } = object(v);
  if (typeof name !== "string") return undefined;
  if (section === "config") return `config.${name.replace(/\.value$/, "")}`;
  if (section === "summary") return `summary.${name}`;
  return ourNames[name] ?? name;
}

/** A scatter's axis is `config:lr` or `summary:loss` there. */
const axisTo = (name: string): string => name.replace(/^(config|summary)\./, "$1:");
const axisFrom = (v: unknown): string | undefined => text(v)?.replace(/^(config|summary):/, "$1.").replace(/\.value$/, "");

const ops: readonly RunTest["op"][] = ["=", "!=", "<", "<=", ">", ">="];

/** Whether their filters know the comparison. */
const sayable = (test: RunTest): boolean => ops.includes(test.op) || test.op === "matches";

/** Our comparisons out of a tree of theirs; what can't be said as "all of these" is left out. */
function testsFrom(filters: unknown): RunTest[] {
  const out: RunTest[] = [];
  const walk = (v: unknown) => {
    const part = object(v);
    if (Array.isArray(part.filters)) {
      if (part.op === "AND" || part.filters.length === 1) part.filters.forEach(walk);
      return;
    }
    const field = keyFrom(part.key);
    const op = part.op === "MATCHES" ? "matches" : ops.find((one) => one === part.op);
    const { value } = part;
    if (field !== undefined && op !== undefined && part.disabled !== true && (typeof value === "string" || typeof value === "number" || typeof value === "boolean")) out.push({ field, op, value });
  };
  walk(filters);
  return out;
}

/** Comparisons that must all hold, as stored. */
export function testsTo(tests: readonly RunTest[]): Json {
  const inner = tests.map(({ field, op, value }) => ({ key: keyTo(field), op: op === "matches" ? "MATCHES" : op, value, disabled: false }));
  return { op: "OR", filters: [{ op: "AND", filters: inner }] };
}

export function panelFrom(v: unknown, at: string): PanelSpec {
  const raw = object(v);
  const config = object(raw.config);
  const kind = (Object.keys(viewTypes) as PanelKind[]).find((one) => viewTypes[one] === raw.viewType) ?? "unknown";
  const own = object(raw.runstone);
  const metrics = strings(config.metrics);
  const scatter = [axisFrom(config.xAxis), axisFrom(config.yAxis), axisFrom(config.zAxis)].filter((key): key is string => key !== undefined);
  const keys = kind === "scatter" ? scatter : kind === "bar" || kind === "scalar" ? metrics.map((key) => (key.startsWith("summary.") ? key : `summary.${key}`)) : metrics;
  const kept = text(own.kind) as PanelKind | undefined;
  const smoothing = number(config.smoothingWeight);
  const settings: PanelSpec["settings"] = {};
  if (kind === "line") {
    if (text(config.xAxis) !== undefined && config.xAxis !== "_step") settings.x = config.xAxis === "_absolute_runtime" || config.xAxis === "_runtime" ? "_relative" : text(config.xAxis);
    if (smoothing !== undefined && smoothing > 0) settings.smoothing = { kind: smoothKindOf(config.smoothingType) ?? "ema", weight: smoothing };
    if (typeof config.ignoreOutliers === "boolean") settings.outliers = config.ignoreOutliers;
    settings.xLow = number(config.xAxisMin) ?? null;
    settings.xHigh = number(config.xAxisMax) ?? null;
    settings.yLow = number(config.yAxisMin) ?? null;
    settings.yHigh = number(config.yAxisMax) ?? null;
    const legend = text(config.legendTemplate);
    if (legend !== undefined) settings.legend = legend;
  }
  const [logX, logY] = kind === "scatter" ? [config.xAxisLogScale, config.yAxisLogScale] : [config.xLogScale, config.yLogScale];
  if (typeof logX === "boolean") settings.logX = logX;
  if (typeof logY === "boolean") settings.logY = logY;
  return {
    id: text(own.id) ?? `own-${text(raw.__id__) ?? at}`,
    kind: kept ?? kind,
    title: text(config.chartTitle) ?? (keys.map((key) => key.replace(/^(config|summary)\./, "")).join(", ") || String(raw.viewType ?? "Panel")),
    keys: kept === undefined ? keys : strings(own.keys),
    x: text(own.x) ?? "_step",
    stream: metrics.some((key) => key.startsWith("system.") || key.startsWith("system/")) ? "system" : "history",
    settings,
    text: text(config.value),
    raw,
  };
}

/** A panel in the stored form, over what it was stored as before. */
export function panelTo(spec: PanelSpec): Json {
  if (spec.kind === "unknown") return spec.raw ?? {};
  const raw = spec.raw ?? {};
  const { settings } = spec;
  const config: Json = { ...object(raw.config), chartTitle: spec.title };
  const put = (name: string, value: unknown) => {
    if (value === undefined || value === null) delete config[name];
    else config[name] = value;
  };
  if (spec.kind === "line") {
    config.metrics = spec.keys;
    put("xAxis", settings.x === "_relative" ? "_runtime" : settings.x);
    put("smoothingWeight", settings.smoothing?.weight);
    put("smoothingType", settings.smoothing === undefined ? undefined : smoothings[settings.smoothing.kind]);
    put("ignoreOutliers", settings.outliers);
    put("xLogScale", settings.logX);
    put("yLogScale", settings.logY);
    put("xAxisMin", settings.xLow);
    put("xAxisMax", settings.xHigh);
    put("yAxisMin", settings.yLow);
    put("yAxisMax", settings.yHigh);
    put("legendTemplate", settings.legend);
  } else if (spec.kind === "scatter") {
    put("xAxis", spec.keys[0] === undefined ? undefined : axisTo(spec.keys[0]));
    put("yAxis", spec.keys[1] === undefined ? undefined : axisTo(spec.keys[1]));
    put("zAxis", spec.keys[2] === undefined ? undefined : axisTo(spec.keys[2]));
    put("xAxisLogScale", settings.logX);
    put("yAxisLogScale", settings.logY);
  } else if (spec.kind === "markdown") config.value = spec.text ?? "";
  else config.metrics = spec.keys.map((key) => key.replace(/^summary\./, ""));
  const known = viewTypes[spec.kind];
  return {
    ...raw,
    viewType: known ?? "Bar Chart",
    config,
    runstone: { ...object(raw.runstone), id: spec.id, x: spec.x, ...(known === undefined ? { kind: spec.kind, keys: spec.keys } : {}) },
  };
}

export interface StoredWorkspace {
  search: WorkspaceSearch;
  doc: Arrangement;
}

/** The UI's form of a stored workspace. */
export function fromSpec(spec: unknown): StoredWorkspace {
  const section = object(object(spec).section);
  const settings = object(section.settings);
  const runs = object(list(section.runSets)[0]);
  const own = object(section.runstone);
  const doc = object(own.doc) as Partial<Arrangement>;
  const sortKey = object(list(object(runs.sort).keys)[0]);
  const sortName = keyFrom(sortKey.key);
  const selections = object(runs.selections);
  const tests = [...testsFrom(runs.filters), ...(list(own.also) as RunTest[])];
  const kept = object(own.search) as WorkspaceSearch;
  const bank = list(object(section.panelBankConfig).sections).map(object);
  const sections = bank
    .map((one, i) => ({ name: text(one.name) ?? "Panels", open: one.isOpen !== false, panels: list(one.panels).map((panel, j) => panelFrom(panel, `${i}-${j}`)) }))
    .filter((one) => one.panels.length > 0);
  const grouping = list(runs.grouping).map(keyFrom).filter((one): one is string => one !== undefined);
  const weight = number(settings.smoothingWeight) ?? 0;
  const axis = text(settings.xAxis);
  return {
    search: {
      ...kept,
      q: text(object(runs.search).query),
      where: tests.length > 0 ? tests : undefined,
      order: sortName === undefined || (sortName === "created_at" && sortKey.ascending !== true) ? undefined : `${sortKey.ascending === true ? "+" : "-"}${sortName}`,
      group: grouping.join(",") || undefined,
      hide: selections.root === 1 ? strings(selections.tree).join(",") || undefined : undefined,
      x: axis === undefined || axis === "_step" ? undefined : axis === "_runtime" || axis === "_absolute_runtime" ? "_relative" : axis,
      // A client writes whole numbers up to 100.
      smooth: weight === 0 ? undefined : weight >= 1 ? Math.min(0.99, weight / 100) : weight,
      kind: smoothKindOf(settings.smoothingType) === "ema" ? undefined : smoothKindOf(settings.smoothingType),
      clip: settings.ignoreOutliers === true ? true : undefined,
    },
    doc: {
      ...plainArrangement,
      ...doc,
      own: sections,
      pinned: strings(runs.pinnedRunIds),
      baseline: text(runs.baselineRunId) ?? null,
      colours: Object.fromEntries(Object.entries(object(section.customRunColors)).filter((one): one is [string, string] => typeof one[1] === "string")),
      auto: settings.shouldAutoGeneratePanels !== false,
    },
  };
}

/** A workspace in the stored form, written over `before`. */
export function toSpec(before: unknown, { search, doc }: StoredWorkspace): Json {
  const spec = object(before);
  const section = object(spec.section);
  const runs = object(list(section.runSets)[0]);
  const bank = object(section.panelBankConfig);
  const order = search.order ?? "-created_at";
  const { where, kind: _kind, view: _view, panel: _panel, panels: _panels, ...rest } = search;
  const { own, pinned: _pinned, baseline: _baseline, colours: _colours, auto: _auto, ...restDoc } = doc;
  const known = list(bank.sections).map(object);
  return {
    libraryExpanded: true,
    vizExpanded: false,
    ...spec,
    section: {
      name: "",
      openRunSet: 0,
      openViz: true,
      panelBankSectionConfig: { __id__: "runstone", name: "Report Panels", isOpen: false, panels: [], type: "flow", flowConfig: {}, sorted: 0, localPanelSettings: {} },
      ...section,
      panelBankConfig: {
        state: 1,
        settings: {},
        ...bank,
        sections: own.map((one) => ({ type: "flow", sorted: 0, flowConfig: { snapToColumns: true, columnsPerPage: 3, rowsPerPage: 2, gutterWidth: 16, boxWidth: 460, boxHeight: 300 }, localPanelSettings: {}, ...known.find((old) => old.name === one.name), name: one.name, isOpen: one.open, panels: one.panels.map(panelTo) })),
      },
      customRunColors: doc.colours,
      settings: {
        ...object(section.settings),
        smoothingWeight: search.smooth === undefined ? 0 : Math.round(search.smooth * 100),
        smoothingType: smoothings[(search.kind as SmoothKind | undefined) ?? "ema"] ?? "exponential",
        xAxis: search.x === "_relative" ? "_runtime" : (search.x ?? "_step"),
        ignoreOutliers: search.clip === true,
        ...(doc.auto ? {} : { shouldAutoGeneratePanels: false }),
      },
      runSets: [
        {
          id: "runstone",
          name: "Run set",
          enabled: true,
          runFeed: { version: 2, columnVisible: {}, columnPinned: {}, columnWidths: {}, columnOrder: [], pageSize: 10, onlyShowSelected: false },
          ...runs,
          search: { ...object(runs.search), query: search.q ?? "" },
          filters: testsTo((where ?? []).filter(sayable)),
          grouping: (search.group ?? "").split(",").filter(Boolean).map(keyTo),
          sort: { keys: [{ key: keyTo(order.slice(1)), ascending: order.startsWith("+") }] },
          selections: { root: 1, bounds: [], tree: (search.hide ?? "").split(",").filter(Boolean) },
          pinnedRunIds: doc.pinned,
          ...(doc.baseline === null ? {} : { baselineRunId: doc.baseline }),
          expandedRowAddresses: list(runs.expandedRowAddresses),
        },
        ...list(section.runSets).slice(1),
      ],
      runstone: { also: (where ?? []).filter((one) => !sayable(one)), search: { log: rest.log, logx: rest.logx, agg: rest.agg, band: rest.band }, doc: restDoc },
    },
  };
}
