/** Saved views: everybody's arrangements of the project by name, and one's own that keeps itself. */
import { Bookmark, Plus, RotateCcw, Save, Trash2, UserRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ServerError } from "@/api/client";
import { useProject, useSession } from "@/api/needs";
import { fromSpec, toSpec } from "@/api/view_spec";
import { fetchView, personalName, useDeleteView, useSaveView, useViews } from "@/api/views";
import type { ViewDetail } from "@/api/types";
import { isPlain, plainArrangement } from "@/lib/arrangement";
import { toast, toastError } from "@/lib/toasts";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import type { WorkspaceState } from "./state";

const REST_MS = 1500;

/** What the stored forms were when they were read: parts that are not ours live there. */
interface Base {
  id: number | null;
  revision: number;
  spec: unknown;
}

/** The menu, and the quiet saving of one's own workspace. */
export function Views({ entity, project, state }: { entity: string; project: string; state: WorkspaceState }) {
  const session = useSession();
  const views = useViews(entity, project);
  const mayWrite = useProject(entity, project).data?.may_write === true;
  const save = useSaveView(entity, project);
  const drop = useDeleteView(entity, project);
  const [naming, setNaming] = useState<string | null>(null);
  const [clash, setClash] = useState<{ name: string; mine: unknown } | null>(null);
  const base = useRef<Base>({ id: null, revision: 0, spec: {} });
  const opened = useRef<number | null>(null);

  const me = session.data?.signed_in === true ? session.data.username : null;
  const list = views.data?.views ?? [];
  const own = me === null ? undefined : list.find((one) => one.name === personalName(me));
  const saved = list.filter((one) => !/^nw-.*-w$/.test(one.name));
  const current = saved.find((one) => one.id === state.search.view);
  const wanted = state.search.view ?? (linked(state) ? undefined : own?.id);

  const take = (found: ViewDetail) => {
    base.current = { id: found.id, revision: found.revision, spec: found.spec };
    opened.current = found.id;
  };
  const openView = (id: number, keep: boolean) =>
    void fetchView(id)
      .then((found) => {
        take(found);
        const { search, doc } = fromSpec(found.spec);
        state.open({ ...search, ...(keep ? { panel: state.search.panel, panels: state.search.panels } : {}), view: found.name === personalName(me ?? "") ? undefined : id }, doc);
      })
      .catch(toastError);

  // The view that the address names, else one's own, once; a link with choices of its own is shown as it is.
  useEffect(() => {
    if (wanted !== undefined && opened.current !== wanted && state.undo === null) openView(wanted, true);
  });

  // One's own workspace keeps itself; a saved view changes only when somebody says so.
  const now = JSON.stringify(toSpec(base.current.spec, { search: state.search, doc: state.doc }));
  const quiet = useRef<string | null>(null);
  useEffect(() => {
    if (me === null || !mayWrite || state.search.view !== undefined || state.undo === null || quiet.current === now) return;
    const timer = setTimeout(() => {
      quiet.current = now;
      save.mutate(
        { name: personalName(me), displayName: `${me}'s workspace`, spec: JSON.parse(now) as unknown },
        { onSuccess: (found) => (opened.current === null || opened.current === found.id) && take(found), onError: () => toast("Your arrangement could not be kept on the server.", { tone: "bad" }) },
      );
    }, REST_MS);
    return () => clearTimeout(timer);
  });

  const saveCurrent = (over: boolean) => {
    if (current === undefined) return;
    const spec = toSpec(base.current.spec, { search: state.search, doc: state.doc });
    save.mutate(
      { id: current.id, revision: over ? undefined : base.current.revision, spec },
      {
        onSuccess: (found) => {
          take(found);
          setClash(null);
          toast(`${current.display_name ?? current.name} was saved.`);
        },
        onError: (error) => (error instanceof ServerError && error.status === 409 ? setClash({ name: current.display_name ?? current.name, mine: spec }) : toastError(error)),
      },
    );
  };
  const saveAs = (displayName: string) =>
    save.mutate(
      { displayName, spec: toSpec(base.current.spec, { search: state.search, doc: state.doc }) },
      {
        onSuccess: (found) => {
          take(found);
          state.open({ ...state.search, view: found.id }, state.doc);
          setNaming(null);
          toast(`${displayName} was saved. Everybody in this project can open it.`);
        },
        onError: toastError,
      },
    );
  const reset = () => {
    const { panel, panels } = state.search;
    const before = { search: state.search, doc: state.doc };
    opened.current = own?.id ?? null;
    state.open({ panel, panels }, plainArrangement);
    if (me !== null && mayWrite) save.mutate({ name: personalName(me), displayName: `${me}'s workspace`, spec: {} });
    toast("This is the automatic workspace.", { undo: () => state.open(before.search, before.doc) });
  };

  return (
    <>
      <Menu trigger={<button type="button" className="button quiet view-button"><Bookmark size={14} /><span className="ellipsis">{current?.display_name ?? (isPlain(state.doc) && !linked(state) ? "Automatic view" : "My view")}</span></button>}>
        <MenuLabel>Views of this project</MenuLabel>
        {saved.length === 0 && <MenuItem disabled>No saved view yet</MenuItem>}
        {saved.map((one) => (
          <MenuChoice key={one.id} chosen={one.id === current?.id} onSelect={() => openView(one.id, false)}>
            <span className="menu-two"><b>{one.display_name ?? one.name}</b><span className="muted">{one.username ?? "somebody"}</span></span>
          </MenuChoice>
        ))}
        {own !== undefined && <MenuChoice chosen={current === undefined} onSelect={() => openView(own.id, false)}><span className="row"><UserRound size={13} />My view</span></MenuChoice>}
        <MenuLine />
        {mayWrite && current !== undefined && <MenuItem icon={<Save size={14} />} onSelect={() => saveCurrent(false)}>Save changes to this view</MenuItem>}
        {mayWrite && <MenuItem icon={<Plus size={14} />} onSelect={() => setNaming("")}>Save as a new view</MenuItem>}
        <MenuItem icon={<RotateCcw size={14} />} onSelect={reset}>Back to the automatic view</MenuItem>
        {mayWrite && current !== undefined && (
          <MenuItem bad icon={<Trash2 size={14} />} onSelect={() => drop.mutate(current.id, { onSuccess: () => { state.seek({ view: undefined }); toast(`${current.display_name ?? current.name} was deleted.`, { undo: () => save.mutateAsync({ displayName: current.display_name ?? undefined, spec: base.current.spec }) }); }, onError: toastError })}>
            Delete this view
          </MenuItem>
        )}
      </Menu>
      <Dialog title="Save as a new view" about="Runs, filter, axes and panels as they are now. Everybody in this project can open it." open={naming !== null} onClose={() => setNaming(null)}>
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (naming?.trim()) saveAs(naming.trim());
          }}
        >
          <input className="field grow" aria-label="Name of the view" placeholder="Name" autoFocus value={naming ?? ""} onChange={(event) => setNaming(event.target.value)} />
          <button type="submit" className="button primary" disabled={!naming?.trim()}>Save</button>
        </form>
      </Dialog>
      <Dialog title={`${clash?.name ?? ""} was changed meanwhile`} about="Somebody else has saved this view since you opened it." open={clash !== null} onClose={() => setClash(null)}>
        <div className="row wrap">
          <button type="button" className="button primary" onClick={() => { setClash(null); if (current !== undefined) openView(current.id, false); }}>Look at theirs</button>
          <button type="button" className="button" onClick={() => { setClash(null); setNaming(`${clash?.name ?? ""} (mine)`); }}>Save mine as another view</button>
          <button type="button" className="button" onClick={() => saveCurrent(true)}>Overwrite theirs</button>
        </div>
      </Dialog>
    </>
  );
}

/** Whether the address chooses anything that a view would. */
function linked({ search }: WorkspaceState): boolean {
  const { panel: _panel, panels: _panels, view: _view, ...rest } = search;
  return Object.values(rest).some((one) => one !== undefined);
}
