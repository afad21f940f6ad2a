/** One registered model: its card, who holds which stage, and the move from one to the next. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowRight, Check, Copy, Link2Off, Lock, MoreHorizontal } from "lucide-react";
import { useMemo, useState } from "react";
import { useCollectionChange, useUnlinkVersion } from "@/api/artifacts";
import { ServerError } from "@/api/client";
import { useAliases, useRegistered } from "@/api/needs";
import { useAliasOff } from "@/api/registry";
import type { Registered, RegisteredDetail } from "@/api/types";
import { bytes, metric } from "@/lib/format";
import { toast, toastError } from "@/lib/toasts";
import { Editable, Words } from "@/ui/editable";
import { Markdown } from "@/ui/markdown";
import { Menu, MenuItem } from "@/ui/menu";
import { Ago, AliasTag, Code, Empty, Failure, Skeleton } from "@/ui/parts";
import { Difference, MoveDialog, telling } from "./move";
import { Moves } from "./moves";
import "./registry.css";
import { copyText } from "@/lib/clipboard";

const stages = [
  { alias: "candidate", says: "the best model so far", variable: "WANDB_MODEL_RETRAIN" },
  { alias: "to_evaluate", says: "waits for the test data", variable: "WANDB_MODEL_EVAL" },
  { alias: "production", says: "what users get", variable: null },
] as const;

/** The page. */
export function RegisteredModel() {
  const { entity, project, name } = useParams({ from: "/registry/$entity/$project/$name" });
  const search = useSearch({ from: "/registry/$entity/$project/$name" });
  const navigate = useNavigate({ from: "/registry/$entity/$project/$name" });
  const found = useRegistered(entity, project, name);
  const change = useCollectionChange(entity, project, name);
  const off = useAliasOff(entity, project, name);
  if (found.error instanceof ServerError && [403, 404].includes(found.error.status)) return <main id="main" className="page"><Empty title={`There is no registered ${name}`}><p>It may have been deleted, or you have no access to it.</p><Link className="button" to="/registry">All registries</Link></Empty></main>;
  if (found.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={found.error} /></div></main>;
  if (found.data === undefined) return <main id="main" className="page"><Skeleton rows={8} /></main>;
  const { versions, moves, may_write: may } = found.data;
  const mayMove = (alias: string) => may && (found.data.may_manage || !found.data.protected.includes(alias));
  const holder = (alias: string) => versions.find((one) => one.aliases.includes(alias));
  const moving = versions.find((one) => one.version === search.move);
  const ask = (version: string, alias: string) => void navigate({ search: { move: version, to: alias } });
  const save = (values: Parameters<typeof change.mutate>[0]) => change.mutate(values, { onError: toastError });
  return (
    <main id="main" className="page">
      <div className="inner wide">
        <header className="registered-head">
          <div className="row wrap">
            <Link className="muted" to="/registry">Registry</Link><span className="muted">/</span><h1>{name}</h1><span className="tag">{found.data.type}</span>
            <Words label="tag of the model" words={found.data.tags} may={may} show={(tag) => <span className="tag">{tag}</span>} onAdd={(tag) => save({ tags_to_add: [tag] })} onRemove={(tag) => save({ tags_to_remove: [tag] })} />
          </div>
          <span className="muted">{entity}/{project}</span>
        </header>
        {versions.length === 0 ? (
          <section className="card"><Empty title="No version yet"><p>Link one from a run, a sweep or an artifact's page, or from a script:</p><Code text={`run.link_artifact(artifact, "${project}/${name}", aliases=["candidate"])`} /></Empty></section>
        ) : (
          <div className="board" aria-label="Board">
            {stages.map((stage, i) => <Stage key={stage.alias} stage={stage} holder={holder(stage.alias)} before={i === 0 ? undefined : holder(stages[i - 1]?.alias ?? "")} next={stages[i + 1]?.alias} name={name} path={`${entity}/${project}`} mayMove={mayMove} locked={found.data.protected.includes(stage.alias)} onMove={ask} onOff={(version) => off.mutate({ version, alias: stage.alias }, { onSuccess: () => toast(`${name}:${version} is no longer ${stage.alias}.`, { undo: () => off.mutateAsync({ version, alias: stage.alias, back: true }) }), onError: toastError })} />)}
          </div>
        )}
        <section className="card pad" aria-label="Model card">
          <h2>Model card</h2>
          <Editable label="model card" value={found.data.description ?? ""} may={may} lines={14} onSave={(description) => save({ description })}>
            {found.data.description === null || found.data.description === "" ? <p className="muted">What the model is for, what it was trained on, where it fails. Markdown.</p> : <Markdown text={found.data.description} />}
          </Editable>
        </section>
        {versions.length > 0 && <Versions detail={found.data} entity={entity} project={project} name={name} onMove={ask} />}
        <Moves moves={moves} entity={entity} name={name} holder={(alias) => holder(alias)?.version} mayMove={mayMove} onMove={ask} />
      </div>
      {moving !== undefined && search.to !== undefined && (
        <MoveDialog entity={entity} project={project} name={name} version={moving} alias={search.to} present={holder(search.to)} onEnd={() => void navigate({ search: {}, replace: true })} />
      )}
    </main>
  );
}

interface StageProps {
  stage: (typeof stages)[number];
  holder: Registered | undefined;
  before: Registered | undefined;
  next: string | undefined;
  name: string;
  path: string;
  mayMove: (alias: string) => boolean;
  /** Only those who manage the registry move this alias. */
  locked: boolean;
  onMove: (version: string, alias: string) => void;
  onOff: (version: string) => void;
}

const DRAGGED = "application/x-runstone-version";

function Stage({ stage, holder, before, next, name, path, mayMove, locked, onMove, onOff }: StageProps) {
  const [over, setOver] = useState(false);
  const may = mayMove(stage.alias);
  return (
    <section
      className="card stage" data-alias={stage.alias} data-over={over || undefined} aria-label={stage.alias}
      draggable={holder !== undefined && stages.some((one) => mayMove(one.alias))}
      onDragStart={(event) => { event.dataTransfer.setData(DRAGGED, holder?.version ?? ""); event.dataTransfer.effectAllowed = "copy"; }}
      onDragOver={(event) => { if (may && event.dataTransfer.types.includes(DRAGGED)) { event.preventDefault(); setOver(true); } }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); const version = event.dataTransfer.getData(DRAGGED); if (version !== "" && version !== holder?.version) onMove(version, stage.alias); }}
    >
      <div className="row">
        <AliasTag alias={stage.alias} />{locked && <Lock size={12} aria-label="protected" />}<span className="muted grow">{stage.says}</span>
        {holder !== undefined && stages.some((one) => mayMove(one.alias)) && (
          <Menu trigger={<button type="button" className="button quiet icon" aria-label={`Move ${holder.version}, the ${stage.alias}`} title="Move; a card can be dragged too"><MoreHorizontal size={14} /></button>}>
            {stages.filter((one) => one.alias !== stage.alias && mayMove(one.alias) && !holder.aliases.includes(one.alias)).map((one) => <MenuItem key={one.alias} icon={<ArrowRight size={14} />} onSelect={() => onMove(holder.version, one.alias)}>Make it {one.alias} too</MenuItem>)}
            {may && <MenuItem bad icon={<Link2Off size={14} />} onSelect={() => onOff(holder.version)}>Take {stage.alias} off</MenuItem>}
          </Menu>
        )}
      </div>
      {holder === undefined ? (
        <div className="stage-none">
          <p className="muted">No version.</p>
          {may && before !== undefined && <button type="button" className="button" onClick={() => onMove(before.version, stage.alias)}>Give it to {before.version}<ArrowRight size={13} /></button>}
        </div>
      ) : (
        <>
          <div className="row"><b className="stage-version">{name}:{holder.version}</b></div>
          <Difference version={holder} against={before !== undefined && before.version !== holder.version ? before : undefined} most={4} />
          <div className="row wrap stage-copies">
            <CopyText text={`${name}:${holder.version}`} />
            {stage.variable !== null && <CopyText text={`${stage.variable}=${name}:${holder.version}`} label=".env line" />}
            <CopyText text={`${path}/${name}:${holder.version}`} label="full name" />
          </div>
          <span className="muted">linked <Ago at={holder.linked_at} />{holder.run_name === null ? "" : " from "}{holder.run !== null && holder.run_project !== null && <Link to="/$entity/$project/runs/$run" params={{ entity: holder.run_entity ?? holder.entity, project: holder.run_project, run: holder.run }}>{holder.run_name ?? holder.run}</Link>}</span>
          {next !== undefined && mayMove(next) && <div className="row"><span className="grow" /><button type="button" className="button primary" onClick={() => onMove(holder.version, next)}>{next}<ArrowRight size={13} /></button></div>}
        </>
      )}
    </section>
  );
}

/** A button that copies a text, named by it. */
function CopyText({ text, label }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button type="button" className="button small" title={text} onClick={() => void copyText(text).then(() => { setCopied(true); setTimeout(() => setCopied(false), 1500); })}>
      {copied ? <Check size={12} /> : <Copy size={12} />}{copied ? "Copied" : label ?? text}
    </button>
  );
}

function Versions({ detail, entity, project, name, onMove }: { detail: RegisteredDetail; entity: string; project: string; name: string; onMove: (version: string, alias: string) => void }) {
  const unlink = useUnlinkVersion(entity, project, name);
  const keys = useMemo(() => {
    const counts = new Map<string, number>();
    for (const one of detail.versions) for (const key of telling(one.metrics)) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts].sort((a, b) => Number(/val|test/.test(b[0])) - Number(/val|test/.test(a[0])) || b[1] - a[1]).map(([key]) => key).slice(0, 5);
  }, [detail.versions]);
  return (
    <section className="card" aria-label="Versions">
      <header className="row pad-head"><h2>Versions</h2><span className="tag">{detail.versions.length}</span></header>
      <div className="table-scroll">
        <table className="table">
          <thead><tr><th>Version</th><th>Aliases</th><th>From run</th>{keys.map((key) => <th key={key} className="num">{key}</th>)}<th className="num">Size</th><th>Linked</th><th><span className="hidden">Move</span></th></tr></thead>
          <tbody>
            {detail.versions.map((one) => (
              <tr key={one.version} draggable={detail.may_write} onDragStart={(event) => event.dataTransfer.setData(DRAGGED, one.version)}>
                <td><Link to="/$entity/$project/artifacts/$type/$name/$version" params={{ entity, project, type: detail.type, name, version: one.version }}><b>{one.version}</b></Link></td>
                <td className="version-aliases"><VersionAliases one={one} entity={entity} project={project} name={name} may={detail.may_write} onMove={onMove} /></td>
                <td>{one.run === null || one.run_project === null ? "–" : <Link to="/$entity/$project/runs/$run" params={{ entity: one.run_entity ?? one.entity, project: one.run_project, run: one.run }}>{one.run_name ?? one.run}</Link>}</td>
                {keys.map((key) => <td key={key} className="num">{one.metrics[key] === undefined ? "–" : metric(one.metrics[key])}</td>)}
                <td className="num">{bytes(one.size_bytes)}</td>
                <td className="muted"><Ago at={one.linked_at} /></td>
                <td className="num">
                  {detail.may_write && (
                    <Menu trigger={<button type="button" className="button small" aria-label={`Move ${one.version}`}>Move<ArrowRight size={12} /></button>}>
                      {stages.map((stage) => <MenuItem key={stage.alias} disabled={one.aliases.includes(stage.alias)} icon={<ArrowRight size={13} />} onSelect={() => onMove(one.version, stage.alias)}>{stage.alias}</MenuItem>)}
                      <MenuItem bad icon={<Link2Off size={13} />} onSelect={() => unlink.mutate(one.version, { onSuccess: () => toast(`${name}:${one.version} is unlinked; the version itself stays in its project.`), onError: toastError })}>Unlink</MenuItem>
                    </Menu>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function VersionAliases({ one, entity, project, name, may, onMove }: { one: Registered; entity: string; project: string; name: string; may: boolean; onMove: (version: string, alias: string) => void }) {
  const change = useAliases(entity, project, name, one.version);
  const remove = (alias: string) => change.mutate({ remove: [alias] }, {
    onSuccess: () => toast(`${name}:${one.version} is no longer ${alias}.`, { undo: () => change.mutateAsync({ add: [alias] }) }),
    onError: toastError,
  });
  return <Words label="alias" words={one.aliases} may={may} known={stages.map((stage) => stage.alias)} show={(alias) => <AliasTag alias={alias} />} onAdd={(alias) => onMove(one.version, alias)} onRemove={remove} />;
}
