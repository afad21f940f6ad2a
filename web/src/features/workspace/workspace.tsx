/** The workspace: runs at the left, charts at the right. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, Search } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useKeys, useRuns } from "@/api/needs";
import type { RunLine } from "@/api/types";
import type { WorkspaceSearch } from "@/lib/search";
import { sections, systemCharts } from "@/lib/panels";
import { LinePanel } from "@/panels/line";
import { MediaPanel } from "@/panels/media";
import { Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { RunsSidebar } from "./sidebar";
import { Headline } from "./headline";
import "./workspace.css";

const xChoices = [
  { value: "", label: "Step" },
  { value: "_relative", label: "Relative time" },
  { value: "_timestamp", label: "Wall time" },
] as const;

/** One project's charts. Everything chosen here is in the address. */
export function Workspace() {
  const { entity, project } = useParams({ from: "/$entity/$project" });
  const search = useSearch({ from: "/$entity/$project/" });
  const navigate = useNavigate({ from: "/$entity/$project" });
  const change = useCallback(
    (next: Partial<WorkspaceSearch>) => void navigate({ search: (now: WorkspaceSearch) => ({ ...now, ...next }), replace: true }),
    [navigate],
  );
  const runs = useRuns({ entity, project, search: search.q, order: "-created_at", limit: 500 });
  const hidden = useMemo(() => new Set((search.hide ?? "").split(",").filter(Boolean)), [search.hide]);
  const shown = useMemo(() => (runs.data?.runs ?? []).filter((run) => !hidden.has(run.run_id)), [runs.data, hidden]);
  const ids = useMemo(() => shown.map((run) => run.id), [shown]);
  const history = useKeys(entity, project, ids, "history");
  const system = useKeys(entity, project, ids, "system");
  const [open, setOpen] = useState<Record<string, boolean>>({});
  const groups = useMemo(() => {
    const wanted = (search.panels ?? "").toLowerCase();
    const own = sections(history.data?.keys ?? []);
    const machine = systemCharts(system.data?.keys ?? []);
    const all = [
      ...own.map((section) => ({ ...section, stream: "history" as const })),
      ...(machine.length > 0 ? [{ name: "System", open: false, charts: machine, stream: "system" as const }] : []),
    ];
    if (wanted === "") return all;
    return all
      .map((section) => ({ ...section, open: true, charts: section.charts.filter((chart) => chart.title.toLowerCase().includes(wanted)) }))
      .filter((section) => section.charts.length > 0);
  }, [history.data, system.data, search.panels]);
  // What was logged besides numbers, each key as the newest run has it.
  const media = useMemo(
    () =>
      (history.data?.keys ?? [])
        .filter((key) => key.kinds.some((kind) => kind === "media" || kind === "table"))
        .filter((key) => search.panels === undefined || key.name.toLowerCase().includes(search.panels.toLowerCase()))
        .flatMap((key) => {
          const run = shown.find((one) => key.name in one.summary);
          return run === undefined ? [] : [{ name: key.name, run }];
        }),
    [history.data, shown, search.panels],
  );
  const pick = useCallback(
    (run: RunLine) => void navigate({ to: "/$entity/$project/runs/$run", params: { entity, project, run: run.run_id } }),
    [navigate, entity, project],
  );

  if (runs.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={runs.error} /></div></main>;
  if (runs.data === undefined) return <main id="main" className="page"><Skeleton rows={10} /></main>;
  if (runs.data.total === 0 && search.q === undefined) {
    return (
      <main id="main" className="page">
        <Empty title="No run in this project yet">
          <p>The first point that a script logs appears here at once.</p>
          <Code text={`import wandb\n\nwith wandb.init(entity="${entity}", project="${project}") as run:\n    run.log({"loss": 0.5})`} />
        </Empty>
      </main>
    );
  }
  const one = (section: (typeof groups)[number]) => {
    const isOpen = open[section.name] ?? section.open;
    return (
      <section key={section.name} className="section">
        <SectionHead name={section.name} count={section.charts.length} open={isOpen} onOpen={(next) => setOpen({ ...open, [section.name]: next })} />
        {isOpen && (
          <div className="panels">
            {section.charts.map((chart) => (
              <LinePanel
                key={chart.title}
                entity={entity}
                project={project}
                title={chart.title}
                keys={chart.keys}
                runs={shown}
                x={search.x ?? chart.x}
                stream={section.stream}
                smoothing={search.smooth ?? 0}
                logY={search.log === true}
                onPick={pick}
              />
            ))}
          </div>
        )}
      </section>
    );
  };
  return (
    <>
      <RunsSidebar
        entity={entity}
        project={project}
        runs={runs.data.runs}
        total={runs.data.total}
        query={search.q ?? ""}
        onQuery={(q) => change({ q: q === "" ? undefined : q })}
        hidden={hidden}
        onHidden={(next) => change({ hide: next.size === 0 ? undefined : [...next].join(",") })}
      />
      <main id="main" className="page" data-scroll>
        <div className="tools">
          <label className="row field-search">
            <Search size={14} aria-hidden="true" />
            <input className="field grow" aria-label="Find charts" placeholder="Find charts" value={search.panels ?? ""} onChange={(event) => change({ panels: event.target.value || undefined })} />
          </label>
          <div className="row" role="group" aria-label="Horizontal axis">
            {xChoices.map((choice) => (
              <button key={choice.label} type="button" className="button quiet" aria-pressed={(search.x ?? "") === choice.value} onClick={() => change({ x: choice.value === "" ? undefined : choice.value })}>
                {choice.label}
              </button>
            ))}
          </div>
          <label className="row">
            <span className="muted">Smooth</span>
            <input type="range" min={0} max={0.99} step={0.01} value={search.smooth ?? 0} aria-label="Smoothing" onChange={(event) => change({ smooth: Number(event.target.value) || undefined })} />
            <span style={{ width: 32 }}>{(search.smooth ?? 0).toFixed(2)}</span>
          </label>
          <button type="button" className="button quiet" aria-pressed={search.log === true} onClick={() => change({ log: search.log === true ? undefined : true })}>Log</button>
        </div>
        <Headline runs={shown} entity={entity} project={project} />
        {history.data !== undefined && groups.length === 0 && media.length === 0 && (
          <Empty title={search.panels === undefined ? "No metric logged yet" : "No chart of that name"}>
            <p>Charts appear for every number that <code>run.log</code> sends.</p>
          </Empty>
        )}
        {groups.slice(0, 1).map(one)}
        {media.length > 0 && (
          <section className="section">
            <SectionHead name="Media and tables" count={media.length} open={open["media"] ?? true} onOpen={(next) => setOpen({ ...open, media: next })} />
            {(open["media"] ?? true) && <div className="panels">{media.map((key) => <MediaPanel key={key.name} entity={entity} project={project} run={key.run} name={key.name} named />)}</div>}
          </section>
        )}
        {groups.slice(1).map(one)}
      </main>
    </>
  );
}

function SectionHead({ name, count, open, onOpen }: { name: string; count: number; open: boolean; onOpen: (next: boolean) => void }) {
  return (
    <button type="button" className="section-head" aria-expanded={open} onClick={() => onOpen(!open)}>
      {open ? <ChevronDown size={15} /> : <ChevronRight size={15} />}
      <span>{name}</span>
      <span className="tag">{count}</span>
    </button>
  );
}
