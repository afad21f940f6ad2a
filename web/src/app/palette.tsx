/** Search over actions, pages, projects and runs: type, choose with the arrows, Enter. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChartSpline, CornerDownLeft, FolderOpen, Search, Zap } from "lucide-react";
import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from "react";
import { useProjects, useRuns } from "@/api/needs";
import { allCommands, useCommandStore } from "@/lib/commands";
import { Dialog } from "@/ui/dialog";
import { Keys } from "@/ui/menu";

interface Hit {
  id: string;
  group: string;
  label: string;
  note?: string;
  keys?: string;
  icon: ReactNode;
  run: () => void;
}

const MOST = 8;

function fits(text: string, query: string): boolean {
  const lower = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

/** The window of the search. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const asked = useDeferredValue(query.trim());
  const hits = useHits(asked);
  const chosen = Math.min(at, hits.length - 1);
  const go = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    onClose();
    hit.run();
  };
  const move = (by: number) => {
    const next = (chosen + by + hits.length) % Math.max(1, hits.length);
    setAt(next);
    list.current?.querySelector(`#hit-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Dialog title="Search" about="Arrows choose, Enter opens." open onClose={onClose} quiet>
      <label className="palette-field">
        <Search size={16} aria-hidden="true" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-hits"
          aria-activedescendant={hits.length > 0 ? `hit-${chosen}` : undefined}
          aria-label="Search projects, runs and actions"
          placeholder="Search projects, runs and actions"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") move(1);
            else if (event.key === "ArrowUp") move(-1);
            else if (event.key === "Enter") go(hits[chosen]);
            else return;
            event.preventDefault();
          }}
        />
      </label>
      <div ref={list} id="palette-hits" className="palette-hits" role="listbox" aria-label="Found">
        {hits.length === 0 && <p className="muted pad-small">Nothing is called that.</p>}
        {hits.map((hit, i) => (
          <div key={hit.id}>
            {hits[i - 1]?.group !== hit.group && <div className="menu-label">{hit.group}</div>}
            <div id={`hit-${i}`} role="option" aria-selected={i === chosen} className="menu-item palette-hit" data-highlighted={i === chosen || undefined} onMouseMove={() => setAt(i)} onClick={() => go(hit)}>
              <span className="menu-icon" aria-hidden="true">{hit.icon}</span>
              <span className="ellipsis">{hit.label}</span>
              {hit.note !== undefined && <span className="muted ellipsis grow">{hit.note}</span>}
              {hit.note === undefined && <span className="grow" />}
              {hit.keys !== undefined ? <Keys keys={hit.keys.replace("Ctrl+", "Ctrl ")} /> : i === chosen && <CornerDownLeft size={13} className="muted" />}
            </div>
          </div>
        ))}
      </div>
    </Dialog>
  );
}

function useHits(query: string): Hit[] {
  const navigate = useNavigate();
  const { entity, project } = useParams({ strict: false });
  const sets = useCommandStore((s) => s.sets);
  const projects = useProjects();
  const runs = useRuns({ entity: entity ?? "", project: project ?? "", search: query, limit: MOST }, entity !== undefined && project !== undefined && query !== "");
  return useMemo(() => {
    const out: Hit[] = [];
    if (query !== "") {
      for (const run of runs.data?.runs ?? []) {
        out.push({
          id: `run ${run.id}`,
          group: "Runs of this project",
          label: run.name,
          note: [run.run_id, run.state, run.group].filter(Boolean).join(" · "),
          icon: <ChartSpline size={14} />,
          run: () => void navigate({ to: "/$entity/$project/runs/$run", params: { entity: entity ?? "", project: project ?? "", run: run.run_id } }),
        });
      }
    }
    for (const one of (projects.data?.projects ?? []).filter((found) => fits(`${found.entity}/${found.name}`, query)).slice(0, MOST)) {
      out.push({
        id: `project ${one.id}`,
        group: "Projects",
        label: one.name,
        note: one.entity,
        icon: <FolderOpen size={14} />,
        run: () => void navigate({ to: "/$entity/$project", params: { entity: one.entity, project: one.name } }),
      });
    }
    for (const one of allCommands(sets).filter((found) => found.id !== "palette" && fits(`${found.label} ${found.group}`, query))) {
      out.push({ id: one.id, group: one.group, label: one.label, keys: one.keys, icon: <Zap size={14} />, run: one.run });
    }
    return out;
  }, [query, runs.data, projects.data, sets, navigate, entity, project]);
}
