/** What a person has arranged in a workspace, with undo and redo. What a link should carry is in the address; pins,
 * colours and panels are here, and both go into a saved view. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { create } from "zustand";
import { type LineSettings, type PanelSpec, plainSettings } from "@/lib/panel_spec";
import type { WorkspaceSearch } from "@/lib/search";
import { type SmoothKind, smoothKinds } from "@/lib/smooth";
import { type Arrangement, plainArrangement, withoutPanel, withPanel } from "@/lib/arrangement";

interface Snapshot {
  search: WorkspaceSearch;
  doc: Arrangement;
}

interface Board {
  doc: Arrangement;
  past: Snapshot[];
  future: Snapshot[];
}

const DEEPEST = 100;
const fresh: Board = { doc: plainArrangement, past: [], future: [] };
const useBoards = create<{ boards: Record<string, Board> }>(() => ({ boards: {} }));

/** Steps that follow each other this fast are one for undo: a slider is dragged, a word is typed. */
const TOGETHER_MS = 700;
let lastStep = { kind: "", at: 0 };

export interface WorkspaceState {
  search: WorkspaceSearch;
  doc: Arrangement;
  settings: LineSettings;
  hidden: ReadonlySet<string>;
  groupBy: string[];
  /** Change what the address carries. */
  seek: (next: Partial<WorkspaceSearch>) => void;
  /** Change the rest. */
  arrange: (change: (doc: Arrangement) => Arrangement) => void;
  /** Take another arrangement as it is, as a saved view brings it; nothing to undo is left. */
  open: (search: WorkspaceSearch, doc: Arrangement) => void;
  changePanel: (spec: PanelSpec) => void;
  removePanel: (spec: PanelSpec) => void;
  undo: (() => void) | null;
  redo: (() => void) | null;
}

/** Which of its fields only say where one looks, not what is arranged. */
const passing: readonly (keyof WorkspaceSearch)[] = ["panel", "panels", "view"];

/** The state of the workspace in sight. */
export function useWorkspaceState(entity: string, project: string): WorkspaceState {
  const name = `${entity}/${project}`;
  const board = useBoards((s) => s.boards[name]) ?? fresh;
  const search = useSearch({ from: "/$entity/$project/" });
  const navigate = useNavigate({ from: "/$entity/$project" });
  const put = useCallback((next: Board) => useBoards.setState((s) => ({ boards: { ...s.boards, [name]: next } })), [name]);
  const go = useCallback((next: WorkspaceSearch) => void navigate({ search: next, replace: true }), [navigate]);

  const settings = useMemo<LineSettings>(
    () => ({
      ...plainSettings,
      x: search.x ?? "",
      smoothing: { kind: (smoothKinds.find((one) => one.kind === search.kind)?.kind ?? "ema") as SmoothKind, weight: Math.min(0.995, Math.max(0, search.smooth ?? 0)) },
      logX: search.logx === true,
      logY: search.log === true,
      outliers: search.clip === true,
      aggregate: search.agg === "median" ? "median" : "mean",
      band: search.band === "std" || search.band === "err" || search.band === "none" ? search.band : "range",
    }),
    [search.x, search.kind, search.smooth, search.logx, search.log, search.clip, search.agg, search.band],
  );
  const hidden = useMemo(() => new Set((search.hide ?? "").split(",").filter(Boolean)), [search.hide]);
  const groupBy = useMemo(() => (search.group ?? "").split(",").filter(Boolean), [search.group]);

  return useMemo(() => {
    const remember = (kind: string): Snapshot[] => {
      const now = Date.now();
      const same = lastStep.kind === kind && now - lastStep.at < TOGETHER_MS;
      lastStep = { kind, at: now };
      return same && board.past.length > 0 ? board.past : [...board.past.slice(-DEEPEST), { search, doc: board.doc }];
    };
    const arrange = (change: (doc: Arrangement) => Arrangement) => put({ doc: change(board.doc), past: remember("doc"), future: [] });
    const step = (from: "past" | "future"): (() => void) | null => {
      const target = board[from].at(-1);
      if (target === undefined) return null;
      return () => {
        lastStep = { kind: "", at: 0 };
        const here = { search, doc: board.doc };
        put({
          doc: target.doc,
          past: from === "past" ? board.past.slice(0, -1) : [...board.past, here],
          future: from === "past" ? [...board.future, here] : board.future.slice(0, -1),
        });
        go({ ...target.search, panels: search.panels, panel: search.panel });
      };
    };
    return {
      search,
      doc: board.doc,
      settings,
      hidden,
      groupBy,
      seek: (next) => {
        if (Object.keys(next).some((key) => !passing.includes(key as keyof WorkspaceSearch))) put({ ...board, past: remember(Object.keys(next).join()), future: [] });
        go({ ...search, ...next });
      },
      arrange,
      open: (nextSearch, doc) => {
        put({ doc, past: [], future: [] });
        go(nextSearch);
      },
      changePanel: (spec) => arrange((doc) => withPanel(doc, spec)),
      removePanel: (spec) => arrange((doc) => withoutPanel(doc, spec)),
      undo: step("past"),
      redo: step("future"),
    };
  }, [board, search, settings, hidden, groupBy, put, go]);
}
