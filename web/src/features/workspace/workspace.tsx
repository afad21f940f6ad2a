/** The workspace: runs at the left, panels at the right. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import type { QueryClient } from "@tanstack/react-query";
import { useKeys, useRunPages } from "@/api/needs";
import { expectSeries } from "@/api/series";
import type { RunLine } from "@/api/types";
import { type Command, useCommands } from "@/lib/commands";
import { useHover } from "@/lib/hover";
import { late, useLater } from "@/lib/later";
import { type Chart, linkTo, mediaId, mediaKey, mediaKeys, panelBeside, panelInHand, panelOf, type Section as ChartSection, sections } from "@/lib/panels";
import type { PanelSpec } from "@/lib/panel_spec";
import { runSet } from "@/lib/run_set";
import { whereOf } from "@/lib/search";
import { useTheme } from "@/lib/theme";
import { toast } from "@/lib/toasts";
import { AnyPanel } from "@/panels/any";
import { linesNeed } from "@/panels/line";
import type { PanelContext } from "@/panels/frame";
import { MediaPanel, MediaWindow } from "@/panels/media/lazy";
import { Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { Headline } from "./headline";
import { RunsSidebar, showRow } from "./sidebar";
import { useWorkspaceState, type WorkspaceState } from "./state";
import { Toolbar } from "./toolbar";
import "./workspace.css";

const PanelWindow = lazy(() => import("./panel_window").then((part) => ({ default: part.PanelWindow })));

const ToReport = late(() => import("./to_report").then((part) => part.ToReport));

const PAGE = 200;
/** So many runs are drawn at once; the list at the left has all. */
const DRAWN_AT_ONCE = 100;
/** So many are drawn when asked for: more lines than pixels of a chart's height tell nothing. */
const MOST_DRAWN = 2000;

interface Section {
  name: string;
  open: boolean;
  panels: PanelSpec[];
}

/** One project's panels. Everything chosen here is in the address or in the saved view. */
export function Workspace() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const navigate = useNavigate({ from: "/$entity/$project" });
  const theme = useTheme((s) => s.theme);
  const state = useWorkspaceState(entity, project);
  const { search, doc } = state;
  const [drawn, setDrawn] = useState(DRAWN_AT_ONCE);
  const [editing, setEditing] = useState<PanelSpec | null>(null);
  const [drawer, setDrawer] = useState(false);

  const pages = useRunPages(
    { entity, project, search: search.q, where: whereOf(search.where), order: search.order ?? "-created_at", limit: PAGE },
    (runs) => runs.filter((run) => !state.hidden.has(run.run_id)).slice(0, drawn),
    (client, runs, keys) => expectFirst(client, runs, keys, state, { entity, project }),
  );
  const loaded = useMemo(() => {
    const all = (pages.data?.pages ?? []).flatMap((page) => page.runs);
    const first = new Set(doc.pinned);
    return [...all.filter((run) => first.has(run.run_id)), ...all.filter((run) => !first.has(run.run_id))];
  }, [pages.data, doc.pinned]);
  const total = pages.data?.pages[0]?.total ?? 0;
  const visible = useMemo(() => loaded.filter((run) => !state.hidden.has(run.run_id)), [loaded, state.hidden]);
  const set = useMemo(() => runSet(visible.slice(0, drawn), theme, { groupBy: state.groupBy, own: doc.colours, baseline: doc.baseline }), [visible, drawn, theme, state.groupBy, doc.colours, doc.baseline]);
  const ids = useMemo(() => set.runs.map((run) => run.id), [set.runs]);
  const history = useKeys(entity, project, ids, "history");
  const system = useKeys(entity, project, ids, "system", useLater());
  const steps = useMemo(() => new Map((history.data?.keys ?? []).map((key) => [key.name, key.step_key ?? "_step"])), [history.data]);
  const list = useSections(history.data?.keys ?? [], system.data?.keys ?? [], state);
  const media = useMedia(history.data?.keys ?? [], set.runs, search.panels);

  const pick = useCallback(
    (run: RunLine, x: number, xKey: string) =>
      void navigate({ to: "/$entity/$project/runs/$run", params: { entity, project, run: run.run_id }, search: { at: x, by: xKey === "_step" ? undefined : xKey } }),
    [navigate, entity, project],
  );
  const context = useMemo<PanelContext>(
    () => ({
      entity,
      project,
      set,
      settings: state.settings,
      onPick: pick,
      onFull: (spec) => state.seek({ panel: spec.id }),
      onEdit: setEditing,
      onRemove: (spec) => {
        state.removePanel(spec);
        toast(`${spec.title} was removed from this view. Ctrl Z brings it back.`);
      },
      link: (spec) => linkTo(spec.id),
    }),
    [entity, project, set, pick, state],
  );
  const panels = useMemo(() => new Map(list.flatMap((section) => section.panels.map((spec) => [spec.id, spec] as const))), [list]);
  useCommands(useWorkspaceCommands(state, panels, setEditing));
  useCommands(useRunCommands(state, loaded));

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => {
    if (visible.length < drawn && drawn > DRAWN_AT_ONCE) more();
  }, [visible.length, drawn, more]);

  if (pages.error !== null && pages.data === undefined) return <main id="main" className="page"><div className="inner"><Failure error={pages.error} /></div></main>;
  if (pages.data === undefined) return <WorkspaceSkeleton />;
  if (total === 0 && search.q === undefined && search.where === undefined) {
    return (
      <main id="main" className="page">
        <Empty title="No run in this project yet">
          <p>The first point that a script logs appears here at once.</p>
          <Code text={`import wandb\n\nwith wandb.init(entity="${entity}", project="${project}") as run:\n    run.log({"loss": 0.5})`} />
        </Empty>
      </main>
    );
  }
  const full = search.panel === undefined ? undefined : panels.get(search.panel);
  const large = media.find((key) => key.name === mediaKey(search.panel));
  const mediaOf = (key: (typeof media)[number]) => ({ entity, project, runs: key.runs, colour: set.colour, name: key.name, kinds: key.kinds, acts: { onFull: () => state.seek({ panel: mediaId(key.name) }), link: () => linkTo(mediaId(key.name)) } });
  const beside = (by: 1 | -1) => state.seek({ panel: panelBeside(search.panel ?? "", by) });
  const one = (section: Section) => (
    <SectionView key={section.name} name={section.name} count={section.panels.length} open={search.panels !== undefined || (doc.open[section.name] ?? section.open)} onOpen={(open) => state.arrange((now) => ({ ...now, open: { ...now.open, [section.name]: open } }))}>
      {section.panels.map((spec) => <AnyPanel key={spec.id} spec={spec} context={context} />)}
    </SectionView>
  );
  return (
    <>
      <RunsSidebar entity={entity} project={project} runs={loaded} shown={set} total={total} state={state} steps={steps} onMore={more} drawn={drawer} onClose={() => setDrawer(false)} />
      <main id="main" className="page" data-scroll>
        <Toolbar state={state} keys={history.data?.keys ?? []} entity={entity} project={project} onAdd={setEditing} onRuns={() => setDrawer(true)} report={<Suspense><ToReport entity={entity} project={project} state={state} panels={list.filter((section) => doc.open[section.name] ?? section.open).flatMap((section) => section.panels)} /></Suspense>} />
        <Headline runs={set.runs} entity={entity} project={project} onOnly={(runs) => state.seek({ hide: loaded.filter((run) => !runs.includes(run)).map((run) => run.run_id).join(",") || undefined })} />
        {(visible.length > drawn || (drawn > DRAWN_AT_ONCE && hasNextPage)) && (
          <p className="drawn-note">
            The first {set.runs.length.toLocaleString("en-US")} of {(total - state.hidden.size).toLocaleString("en-US")} runs are drawn. {visible.length > drawn && <button type="button" className="link" onClick={() => setDrawn(Math.min(MOST_DRAWN, total))}>Draw {total > MOST_DRAWN ? `the first ${MOST_DRAWN.toLocaleString("en-US")}` : "all"}</button>}
          </p>
        )}
        {history.data !== undefined && list.length === 0 && media.length === 0 && (
          <Empty title={search.panels === undefined ? "No metric logged yet" : "No panel of that name"}>
            <p>{search.panels === undefined ? <>Panels appear for every number that <code>run.log</code> sends.</> : "Another word in the field above finds others."}</p>
          </Empty>
        )}
        {list.slice(0, 1).map(one)}
        {media.length > 0 && (
          <SectionView name="Media and tables" count={media.length} open={search.panels !== undefined || (doc.open["Media and tables"] ?? true)} onOpen={(open) => state.arrange((now) => ({ ...now, open: { ...now.open, "Media and tables": open } }))}>
            {media.map((key) => <MediaPanel key={key.name} {...mediaOf(key)} />)}
          </SectionView>
        )}
        {list.slice(1).map(one)}
      </main>
      {large !== undefined && <MediaWindow key={large.name} {...mediaOf(large)} onBeside={beside} onClose={() => state.seek({ panel: undefined })} />}
      {(full !== undefined || editing !== null) && (
        <Suspense>
        <PanelWindow
          spec={editing ?? (full as PanelSpec)}
          editing={editing !== null}
          context={context}
          keys={history.data?.keys ?? []}
          onEdit={() => setEditing(full ?? null)}
          onBeside={beside}
          onSave={(spec) => {
            state.changePanel(spec);
            setEditing(null);
          }}
          onClose={() => {
            setEditing(null);
            if (full !== undefined) state.seek({ panel: undefined });
          }}
        />
        </Suspense>
      )}
    </>
  );
}

interface KeyFacts {
  name: string;
  kinds: string[];
  runs: number;
  step_key: string | null;
}

/** Panels that the page makes by itself, with those changed, added and removed by the person. */
function useSections(history: KeyFacts[], system: KeyFacts[], { doc, search }: WorkspaceState): Section[] {
  const machine = useMachine(system);
  return useMemo(() => {
    const removed = new Set(doc.removed);
    const automatic: Section[] = [
      ...sections(history).map((section) => ({ name: section.name, open: section.open, panels: section.charts.map((chart) => panelOf(chart, "history")) })),
      ...(machine.length > 0 ? [{ name: "System", open: false, panels: machine.map((chart) => panelOf(chart, "system")) }] : []),
    ].map((section) => ({ ...section, panels: section.panels.filter((spec) => !removed.has(spec.id)).map((spec) => doc.changed[spec.id] ?? spec) }));
    const all = [...doc.own, ...(doc.auto ? automatic : [])];
    const wanted = (search.panels ?? "").toLowerCase();
    return all.map((section) => ({ ...section, panels: section.panels.filter((spec) => `${spec.title} ${spec.keys.join(" ")}`.toLowerCase().includes(wanted)) })).filter((section) => section.panels.length > 0);
  }, [history, machine, doc.own, doc.auto, doc.changed, doc.removed, search.panels]);
}

/** Ask for the lines of the first panel that the page will make by itself: they come while it is still being drawn. */
function expectFirst(client: QueryClient, runs: number[], keys: KeyFacts[], { doc, search, settings }: WorkspaceState, { entity, project }: { entity: string; project: string }): void {
  const chart = doc.auto && doc.own.length === 0 && search.panels === undefined ? sections(keys)[0]?.charts[0] : undefined;
  if (chart === undefined) return;
  const plain = panelOf(chart, "history");
  const spec = doc.changed[plain.id] ?? plain;
  if (spec.kind === "line" && !doc.removed.includes(spec.id)) expectSeries(client, linesNeed(entity, project, runs, spec, { ...settings, ...spec.settings }), spec.keys);
}

/** Charts of the machine's figures. They stand below everything else, so what names them comes after the first paint. */
function useMachine(system: KeyFacts[]): Chart[] {
  const [of, setOf] = useState<((keys: KeyFacts[]) => ChartSection[]) | null>(null);
  const some = system.length > 0;
  useEffect(() => {
    if (some) void import("@/lib/system").then((it) => setOf(() => it.systemSections));
  }, [some]);
  return useMemo(() => of?.(system).flatMap((one) => one.charts) ?? [], [of, system]);
}

/** What was logged besides numbers, with the shown runs that have it. */
function useMedia(keys: KeyFacts[], runs: RunLine[], wanted: string | undefined): { name: string; kinds: string[]; runs: RunLine[] }[] {
  return useMemo(
    () =>
      mediaKeys(keys)
        .filter((key) => wanted === undefined || key.name.toLowerCase().includes(wanted.toLowerCase()))
        .map((key) => ({ name: key.name, kinds: key.kinds, runs: runs.filter((run) => key.name in run.summary) }))
        .filter((key) => key.runs.length > 0),
    [keys, runs, wanted],
  );
}

/** Keys of the workspace. A panel's own keys act on the one under the pointer or with the focus. */
function useWorkspaceCommands(state: WorkspaceState, panels: ReadonlyMap<string, PanelSpec>, onEdit: (spec: PanelSpec) => void): Command[] {
  return useMemo(() => {
    const chosen = (): PanelSpec | undefined => panels.get(panelInHand() ?? "");
    const focus = (id: string) => document.getElementById(id)?.focus();
    return [
      { id: "find", label: "Find panels", group: "Charts", keys: "/", run: () => focus("find-panels") },
      { id: "find.runs", label: "Find runs", group: "Charts", keys: "r", run: () => focus("find-runs") },
      { id: "log", label: "Logarithmic vertical axis", group: "Charts", keys: "l", run: () => state.seek({ log: state.search.log === true ? undefined : true }) },
      { id: "smooth", label: "Set the smoothing", group: "Charts", keys: "s", run: () => focus("smoothing") },
      { id: "panel.full", label: "Panel under the pointer: full screen", group: "Charts", keys: "f", run: () => state.seek({ panel: panelInHand() }) },
      {
        id: "panel.edit",
        label: "Panel under the pointer: edit",
        group: "Charts",
        keys: "e",
        run: () => {
          const spec = chosen();
          if (spec !== undefined) onEdit(spec);
        },
      },
      ...(state.undo === null ? [] : [{ id: "undo", label: "Undo the last change of this view", group: "Charts", keys: "Ctrl+z", run: state.undo }]),
      ...(state.redo === null ? [] : [{ id: "redo", label: "Redo", group: "Charts", keys: "Ctrl+y", run: state.redo }]),
    ];
  }, [state, panels, onEdit]);
}

/** Keys of the list of runs: they move what is lit, as the pointer does. */
function useRunCommands({ hidden, seek }: WorkspaceState, runs: RunLine[]): Command[] {
  return useMemo(() => {
    const lit = () => runs.findIndex((run) => run.id === useHover.getState().run);
    const move = (by: number) => {
      const at = Math.max(0, Math.min(runs.length - 1, lit() + by));
      useHover.getState().hover(runs[at]?.id ?? null);
      showRow(at);
    };
    return [
      { id: "run.next", label: "Next run", group: "Charts", keys: "j", run: () => move(1) },
      { id: "run.before", label: "Run before", group: "Charts", keys: "k", run: () => move(-1) },
      {
        id: "run.toggle",
        label: "Hide or show the lit run",
        group: "Charts",
        keys: "x",
        run: () => {
          const run = runs[lit()];
          if (run === undefined) return;
          const next = new Set(hidden);
          if (!next.delete(run.run_id)) next.add(run.run_id);
          seek({ hide: [...next].join(",") || undefined });
        },
      },
    ];
  }, [hidden, seek, runs]);
}

function SectionView({ name, count, open, onOpen, children }: { name: string; count: number; open: boolean; onOpen: (next: boolean) => void; children: ReactNode }) {
  return (
    <section className="section" aria-label={name}>
      <button type="button" className="section-head" aria-expanded={open} onClick={() => onOpen(!open)}>
        {open ? <ChevronDown size={15} /> : <ChevronRight size={15} />}
        <span>{name}</span>
        <span className="tag">{count}</span>
      </button>
      {open && <div className="panels">{children}</div>}
    </section>
  );
}

function WorkspaceSkeleton() {
  return (
    <>
      <aside className="sidebar" aria-hidden="true"><Skeleton rows={12} height={26} /></aside>
      <main id="main" className="page" data-scroll>
        <div className="section"><div className="panels skeleton-panels">{Array.from({ length: 6 }, (_, i) => <div key={i} className="card panel"><div className="skeleton panel-skeleton" role="status" aria-label="Loading" /></div>)}</div></div>
      </main>
    </>
  );
}

