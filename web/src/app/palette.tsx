/** Search over actions, pages, projects and runs: type, choose with the arrows, Enter. */
import { useNavigate } from "@tanstack/react-router";
import { Archive, Boxes, ChartSpline, CornerDownLeft, FileText, FolderOpen, Search, SlidersHorizontal, Zap } from "lucide-react";
import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from "react";
import { basePath } from "@/api/client";
import { useProjects, useSearchHits } from "@/api/needs";
import type { SearchHit } from "@/api/types";
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

const kinds: Record<SearchHit["kind"], { group: string; icon: ReactNode }> = {
  project: { group: "Projects", icon: <FolderOpen size={14} /> },
  run: { group: "Runs", icon: <ChartSpline size={14} /> },
  artifact: { group: "Artifacts", icon: <Archive size={14} /> },
  sweep: { group: "Sweeps", icon: <SlidersHorizontal size={14} /> },
  report: { group: "Reports", icon: <FileText size={14} /> },
  registry: { group: "Registries", icon: <Boxes size={14} /> },
};

function useHits(query: string): Hit[] {
  const navigate = useNavigate();
  const sets = useCommandStore((s) => s.sets);
  const projects = useProjects();
  const found = useSearchHits(query);
  return useMemo(() => {
    const out: Hit[] = [];
    if (query === "") {
      for (const one of (projects.data?.projects ?? []).slice(0, MOST)) {
        out.push({ id: `project ${one.id}`, group: "Projects", label: one.name, note: one.entity, icon: kinds.project.icon, run: () => void navigate({ to: "/$entity/$project", params: { entity: one.entity, project: one.name } }) });
      }
    } else {
      for (const [i, hit] of (found.data?.hits ?? []).entries()) {
        out.push({ id: `hit ${i} ${hit.path}`, group: kinds[hit.kind].group, label: hit.title, note: hit.about, icon: kinds[hit.kind].icon, run: () => void navigate({ href: `${basePath}${hit.path}` }) });
      }
    }
    for (const one of allCommands(sets).filter((command) => command.id !== "palette" && fits(`${command.label} ${command.group}`, query))) {
      out.push({ id: one.id, group: one.group, label: one.label, keys: one.keys, icon: <Zap size={14} />, run: one.run });
    }
    return out;
  }, [query, found.data, projects.data, sets, navigate]);
}
