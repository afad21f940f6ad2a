/** What a run was: its facts, its configuration, its results. */
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { fileAddress, useEditRun, useFiles, useRunVersions, useText } from "@/api/needs";
import type { RunDetail, VersionLine } from "@/api/types";
import { byName, bytes, count, moment, span, value } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { Editable } from "@/ui/editable";
import { Ago, AliasTag, Code, Skeleton } from "@/ui/parts";

const Markdown = lazy(() => import("@/ui/markdown").then((part) => ({ default: part.Markdown })));

/** Facts at the left, config and summary beside. */
export function Overview({ run, entity, project }: { run: RunDetail; entity: string; project: string }) {
  const end = run.ended_at ?? run.heartbeat_at;
  const facts: [string, React.ReactNode][] = [
    ["Run id", <code key="id">{run.run_id}</code>],
    ["State", run.state_cause === null ? run.state : `${run.state}: ${run.state_cause}`],
    ["Created", <Ago key="at" at={run.created_at} />],
    ["Duration", span((Date.parse(end) - Date.parse(run.created_at)) / 1000)],
    ["User", run.user ?? "–"],
    ["Group", run.group ?? "–"],
    ["Job type", run.job_type ?? "–"],
    ["Sweep", run.sweep === null ? "–" : <Link key="sweep" to="/$entity/$project/sweeps/$sweep" params={{ entity, project, sweep: run.sweep }}>{run.sweep}</Link>],
    ...(run.branch === null ? [] : [["Goes on from", <From key="branch" branch={run.branch} entity={entity} project={project} />] as [string, React.ReactNode]]),
    ...(run.processes.length === 0 ? [] : [["Written by", <Processes key="processes" names={run.processes} />] as [string, React.ReactNode]]),
    ["Host", run.host ?? "–"],
    ["Program", run.program === null ? "–" : <code key="program">{run.program}</code>],
    ["Git", run.repo === null ? "–" : <code key="git">{run.repo}{run.commit === null ? "" : ` @ ${run.commit.slice(0, 10)}`}</code>],
    ["Exit code", run.exit_code === null ? "–" : String(run.exit_code)],
  ];
  return (
    <div className="overview">
      <section className="card pad">
        <h2>Facts</h2>
        <dl className="facts">{facts.map(([term, fact]) => <Pair key={term} term={term} fact={fact} />)}</dl>
        <Notes run={run} entity={entity} project={project} />
        <h2>Open in Python</h2>
        <Code text={`run = wandb.Api().run("${entity}/${project}/${run.run_id}")`} />
        {typeof run.summary._step === "number" && (
          <>
            <h2>Go on from here in a new run</h2>
            <Code text={`run = wandb.init(entity="${entity}", project="${project}", fork_from="${run.run_id}?_step=${run.summary._step}")`} />
          </>
        )}
      </section>
      <InOut entity={entity} project={project} run={run} />
      <Values title="Config" values={run.config} note="Set with wandb.init(config=...) or run.config." />
      <Values title="Summary" values={run.summary} note="The last value of each metric, or what run.summary was given." />
      <Environment entity={entity} project={project} run={run} />
    </div>
  );
}

/** Whose history a run begins with. */
function From({ branch, entity, project }: { branch: NonNullable<RunDetail["branch"]>; entity: string; project: string }) {
  const step = branch.step.toLocaleString("en-US");
  if (branch.rewound) return <>itself, rewound to step {step}</>;
  if (branch.run === null) return <>step {step} of a run that is gone</>;
  return <><Link to="/$entity/$project/runs/$run" params={{ entity, project, run: branch.run }}>{branch.run_name ?? branch.run}</Link>, forked after step {step}</>;
}

const FEW = 8;

/** Processes that write a run side by side, the first few by name. */
function Processes({ names }: { names: string[] }) {
  return <span title={names.toSorted(byName).join("\n")}>{names.length === 1 ? "1 process" : `${names.length} processes`}: {names.toSorted(byName).slice(0, FEW).join(", ")}{names.length > FEW ? ", …" : ""}</span>;
}

/** What people say about the run, changed in place. */
function Notes({ run, entity, project }: { run: RunDetail; entity: string; project: string }) {
  const edit = useEditRun(entity, project, run.run_id);
  const notes = run.notes ?? "";
  if (notes === "" && !run.may_write) return null;
  return (
    <>
      <h2>Notes</h2>
      <Editable value={notes} label="notes of the run" may={run.may_write} onSave={(next) => edit.mutate({ notes: next }, { onSuccess: () => toast("The notes are saved.", { of: [`${entity}/${project}/runs/${run.run_id}`], undo: () => edit.mutateAsync({ notes }) }), onError: toastError })}>
        {notes === "" ? <p className="muted flush">Nobody has noted anything.</p> : <Suspense fallback={<Skeleton rows={2} height={12} />}><Markdown text={notes} /></Suspense>}
      </Editable>
    </>
  );
}

/** Versions that the run used and made. */
function InOut({ entity, project, run }: { entity: string; project: string; run: RunDetail }) {
  const found = useRunVersions(entity, project, run.run_id);
  const list = (title: string, versions: VersionLine[] | undefined) => (
    <>
      <h2>{title}</h2>
      {versions === undefined || versions.length === 0 ? <p className="muted">none</p> : (
        <ul className="plain-list">
          {versions.map((one) => (
            <li key={one.id} className="row">
              <Link className="ellipsis" to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity: one.entity, project: one.project, type: one.type, name: one.collection, version: one.version }}>{one.collection}:{one.version}</Link>
              <span className="muted">{one.type}</span>
              {one.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
  return <section className="card pad" aria-label="Inputs and outputs">{list("Inputs", found.data?.used)}{list("Outputs", found.data?.made)}</section>;
}

const METADATA = "wandb-metadata.json";

/** What the client said about the machine and the command. */
function Environment({ entity, project, run }: { entity: string; project: string; run: RunDetail }) {
  const files = useFiles(entity, project, run.run_id);
  return files.data?.files.some((one) => one.name === METADATA) === true ? <Metadata address={fileAddress(entity, project, run.run_id, METADATA)} /> : null;
}

function Metadata({ address }: { address: string }) {
  const text = useText(address);
  const known = useMemo(() => {
    try {
      return JSON.parse(text.data ?? "{}") as Record<string, unknown>;
    } catch {
      return {};
    }
  }, [text.data]);
  const args = Array.isArray(known.args) ? known.args.map(String) : [];
  const command = [typeof known.program === "string" ? `python ${known.program}` : "", ...args.map((one) => (/[\s"']/.test(one) ? JSON.stringify(one) : one))].filter(Boolean).join(" ");
  const gpus = Array.isArray(known.gpu_nvidia) ? known.gpu_nvidia.map((one) => String((one as { name?: unknown }).name)) : [];
  const memory = (known.memory as { total?: unknown } | undefined)?.total;
  const facts: [string, string][] = (
    [
      ["Python", known.python],
      ["System", known.os],
      ["Processors", known.cpu_count_logical ?? known.cpu_count],
      ["Memory", typeof memory === "string" || typeof memory === "number" ? bytes(Number(memory)) : undefined],
      ["GPU", gpus.length > 0 ? gpus.join(", ") : known.gpu],
      ["Folder", known.root],
      ["Started", typeof known.startedAt === "string" ? moment(known.startedAt) : undefined],
    ] as [string, unknown][]
  ).flatMap(([name, v]): [string, string][] => (v === undefined || v === null || v === "" ? [] : [[name, String(v)]]));
  if (facts.length === 0 && command === "") return null;
  return (
    <section className="card pad" aria-label="Environment">
      <h2>Environment</h2>
      {command !== "" && <Code text={command} />}
      <dl className="facts">{facts.map(([name, v]) => <Pair key={name} term={name} fact={<span className="mono">{v}</span>} />)}</dl>
    </section>
  );
}

function Pair({ term, fact }: { term: string; fact: React.ReactNode }) {
  return (<><dt>{term}</dt><dd>{fact}</dd></>);
}

/** Nested keys joined by dots, in order. */
export function flat(values: Record<string, unknown>, prefix = ""): [string, unknown][] {
  return Object.entries(values).flatMap(([key, v]): [string, unknown][] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const nested = typeof v === "object" && v !== null && !Array.isArray(v) && !("_type" in v) && Object.keys(v).length > 0;
    return nested ? flat(v as Record<string, unknown>, name) : [[name, v]];
  });
}

function Values({ title, values, note }: { title: string; values: Record<string, unknown>; note: string }) {
  const [query, setQuery] = useState("");
  const all = useMemo(() => flat(values).filter(([key]) => !key.startsWith("_")).sort((a, b) => a[0].localeCompare(b[0])), [values]);
  const shown = all.filter(([key]) => key.toLowerCase().includes(query.toLowerCase()));
  return (
    <section className="card pad">
      <div className="row">
        <h2>{title}</h2><span className="tag">{all.length}</span><span className="grow" />
        {all.length > 6 && (
          <label className="row field-search"><Search size={14} aria-hidden="true" /><input className="field" style={{ width: 150 }} aria-label={`Find in ${title}`} placeholder="Find" value={query} onChange={(event) => setQuery(event.target.value)} /></label>
        )}
      </div>
      {all.length === 0 ? <p className="muted">{note}</p> : (
        <dl className="facts values">{shown.map(([key, v]) => <Pair key={key} term={key} fact={<span className="mono" title={typeof v === "number" ? String(v) : undefined}>{media(v) ?? value(v)}</span>} />)}</dl>
      )}
    </section>
  );
}

function media(v: unknown): string | null {
  if (typeof v !== "object" || v === null || !("_type" in v)) return null;
  const one = v as { _type: string; nrows?: number; ncols?: number; count?: number; width?: number; height?: number };
  if (one._type === "images/separated") return count(one.count ?? 0, "image");
  const detail = one.nrows !== undefined ? ` of ${one.nrows} rows` : one.count !== undefined ? ` of ${one.count}` : one.width !== undefined ? ` ${one.width}×${one.height}` : "";
  return `${one._type.replace(/-file$|-file\/.*$/, "")}${detail}`;
}
