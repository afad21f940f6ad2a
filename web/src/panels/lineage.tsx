/** Where a version came from and what was made of it, left to right. */
import dagre from "@dagrejs/dagre";
import { Link } from "@tanstack/react-router";
import { Maximize, Minus, Plus, X } from "lucide-react";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLineage, useRun, useVersion } from "@/api/needs";
import type { LineageNode } from "@/api/types";
import { bytes, count, metric } from "@/lib/format";
import { direction, folded, type Shown, type Stack } from "@/lib/lineage";
import { Ago, AliasTag, Empty, Failure, RunState, Skeleton } from "@/ui/parts";
import "./lineage.css";

/** Below this the names in the graph are too small to read. */
const READABLE = 0.8;

const size = { run: { width: 170, height: 42 }, version: { width: 210, height: 48 } };
type Way = "both" | "up" | "down";

/** From the right side of one node to the left side of the next. */
function curve(a: { x: number; y: number; width: number }, b: { x: number; y: number; width: number }): string {
  const from = a.x + a.width / 2;
  const to = b.x - b.width / 2;
  const half = Math.max(18, (to - from) / 2);
  return `M${from} ${a.y}C${from + half} ${a.y} ${to - half} ${b.y} ${to} ${b.y}`;
}

type Placed<T> = T & { x: number; y: number; width: number; height: number };

function layout(shown: Shown<LineageNode>) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 20, ranksep: 56, marginx: 18, marginy: 18 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of [...shown.nodes, ...shown.stacks]) graph.setNode(node.id, { ...size[node.kind] });
  for (const [from, to] of shown.edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const label = graph.graph();
  const at = <T extends { id: string }>(one: T): Placed<T> => ({ ...one, ...(graph.node(one.id) as { x: number; y: number; width: number; height: number }) });
  return {
    width: label.width ?? 400,
    height: label.height ?? 200,
    nodes: shown.nodes.map(at),
    stacks: shown.stacks.map(at),
    edges: shown.edges.map(([from, to]) => ({ id: `${from} ${to}`, from, to, path: curve(graph.node(from), graph.node(to)) })),
  };
}

interface Props {
  entity: string;
  project: string;
  collection: string;
  version: string;
  way: Way;
  node: string | undefined;
  onChange: (change: { way?: Way | undefined; node?: string | undefined }) => void;
}

/** The graph; runs are pills, versions are boxes, the version of the page is marked. A click shows what a node is. */
export function LineageGraph({ entity, project, collection, version, way, node: chosen, onChange }: Props) {
  const found = useLineage(entity, project, collection, version);
  const [zoom, setZoom] = useState(1);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const focus = found.data?.nodes.find((one) => one.focus)?.id ?? "";
  const placed = useMemo(() => (found.data === undefined ? null : layout(folded(direction(found.data, focus, way), open))), [found.data, focus, way, open]);
  const fit = useCallback(() => {
    if (placed === null || box.current === null) return;
    setZoom(Math.min(1.15, Math.max(0.2, Math.min(box.current.clientWidth / placed.width, box.current.clientHeight / placed.height))));
  }, [placed]);
  // At first readable, with the version of the page in sight; "Fit" shows all however small.
  useLayoutEffect(() => {
    fit();
    setZoom((now) => Math.max(READABLE, now));
  }, [fit]);
  useLayoutEffect(() => {
    if (placed !== null) box.current?.querySelector('[data-focus="true"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [placed]);
  if (found.error !== null) return <div className="inner"><Failure error={found.error} /></div>;
  if (placed === null || found.data === undefined) return <Skeleton rows={5} height={40} />;
  if (found.data.edges.length === 0) return <Empty title="Nothing is connected yet"><p>Runs that make or use this version appear here.</p></Empty>;
  const shown = found.data.nodes.find((one) => one.id === chosen);
  const near = new Set(placed.edges.filter((edge) => edge.from === chosen || edge.to === chosen).map((edge) => edge.id));
  const toggle = (id: string) => setOpen((now) => {
    const next = new Set(now);
    if (!next.delete(id)) next.add(id);
    return next;
  });
  return (
    <div className="lineage">
      <div className="row wrap lineage-tools">
        <div className="switch" role="group" aria-label="Direction">
          {([["both", "Both ways"], ["up", "What it came from"], ["down", "What came of it"]] as const).map(([value, label]) => <button key={value} type="button" aria-pressed={way === value} onClick={() => onChange({ way: value === "both" ? undefined : value })}>{label}</button>)}
        </div>
        <button type="button" className="button icon" aria-label="Smaller" onClick={() => setZoom(zoom / 1.25)}><Minus size={14} /></button>
        <button type="button" className="button icon" aria-label="Larger" onClick={() => setZoom(zoom * 1.25)}><Plus size={14} /></button>
        <button type="button" className="button" onClick={fit}><Maximize size={14} />Fit</button>
        {open.size > 0 && <button type="button" className="button" onClick={() => setOpen(new Set())}>Fold again</button>}
        <span className="muted">{count(found.data.nodes.filter((one) => one.kind === "run").length, "run")}, {count(found.data.nodes.filter((one) => one.kind === "version").length, "version")}{found.data.more ? "; only the nearest 200" : ""}</span>
      </div>
      <div className="lineage-split">
        <div ref={box} className="lineage-box" tabIndex={0}>
          <div style={{ position: "relative", width: placed.width * zoom, height: placed.height * zoom }}>
            <div style={{ transform: `scale(${zoom})`, transformOrigin: "0 0", width: placed.width, height: placed.height, position: "relative" }}>
              <svg width={placed.width} height={placed.height} aria-hidden="true">
                <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--fg-3)" /></marker></defs>
                {placed.edges.map((edge) => <path key={edge.id} d={edge.path} fill="none" stroke={near.has(edge.id) ? "var(--accent)" : "var(--fg-3)"} strokeWidth={near.has(edge.id) ? 2 : 1.1} opacity={near.has(edge.id) ? 1 : 0.7} markerEnd="url(#arrow)" />)}
              </svg>
              {placed.nodes.map((one) => (
                <button key={one.id} type="button" className="node" data-kind={one.kind} data-focus={one.focus} aria-pressed={one.id === chosen} title={`${one.label}, ${one.detail}`} style={{ left: one.x - one.width / 2, top: one.y - one.height / 2, width: one.width, height: one.height }} onClick={() => onChange({ node: one.id === chosen ? undefined : one.id })}>
                  <b className="ellipsis">{one.label}</b><span className="ellipsis">{one.detail}</span>
                </button>
              ))}
              {placed.stacks.map((one) => <StackNode key={one.id} stack={one} onOpen={() => toggle(one.id)} />)}
            </div>
          </div>
        </div>
        {shown !== undefined && (
          <aside className="card pad lineage-side" aria-label={shown.label}>
            <div className="row"><span className="tag">{shown.kind}</span><span className="grow" /><button type="button" className="button quiet icon" aria-label="Close" onClick={() => onChange({ node: undefined })}><X size={14} /></button></div>
            <h2>{shown.label}</h2>
            {shown.kind === "run" ? <RunFacts node={shown} /> : <VersionFacts node={shown} />}
            <div className="row"><Link className="button primary" to={shown.address}>Open</Link>{shown.kind === "version" && !shown.focus && <Link className="button" to={shown.address} search={{ tab: "lineage" }}>Its lineage</Link>}</div>
          </aside>
        )}
      </div>
    </div>
  );
}

function StackNode({ stack, onOpen }: { stack: Placed<Stack<LineageNode>>; onOpen: () => void }) {
  const [first] = stack.members;
  const what = stack.kind === "run" ? count(stack.members.length, "run") : count(stack.members.length, "version");
  return (
    <button type="button" className="node stacked" data-kind={stack.kind} title={`${stack.members.slice(0, 12).map((one) => one.label).join(", ")}: unfold`} style={{ left: stack.x - stack.width / 2, top: stack.y - stack.height / 2, width: stack.width, height: stack.height }} onClick={onOpen}>
      <b className="ellipsis">{what}</b><span className="ellipsis">{first?.detail} · unfold</span>
    </button>
  );
}

/** Names in a page's address. */
const parts = (address: string) => address.split("/").slice(1).map(decodeURIComponent);

function RunFacts({ node }: { node: LineageNode }) {
  const [entity = "", project = "", , run = ""] = parts(node.address);
  const found = useRun(entity, project, run);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={3} height={12} />;
  const numbers = Object.entries(found.data.summary).filter((one): one is [string, number] => typeof one[1] === "number" && !one[0].startsWith("_")).slice(0, 6);
  return (
    <dl className="facts">
      <dt>State</dt><dd><RunState state={found.data.state} cause={found.data.state_cause} /></dd>
      <dt>Job</dt><dd>{found.data.job_type ?? "–"}</dd>
      <dt>Started</dt><dd><Ago at={found.data.created_at} /></dd>
      {numbers.map(([key, v]) => <Fact key={key} name={key}>{metric(v)}</Fact>)}
    </dl>
  );
}

function VersionFacts({ node }: { node: LineageNode }) {
  const [entity = "", project = "", , , name = "", version = ""] = parts(node.address);
  const found = useVersion(entity, project, name, version);
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Skeleton rows={3} height={12} />;
  return (
    <dl className="facts">
      <dt>Type</dt><dd>{found.data.type}</dd>
      <dt>Size</dt><dd>{bytes(found.data.size_bytes)}, {count(found.data.file_count, "file")}</dd>
      <dt>Created</dt><dd><Ago at={found.data.created_at} /></dd>
      <dt>Aliases</dt><dd className="row wrap">{found.data.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</dd>
      {found.data.links.map((link) => <Fact key={link.collection} name="Registered">{link.collection}:{link.version} {link.aliases.map((alias) => <AliasTag key={alias} alias={alias} />)}</Fact>)}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (<><dt className="ellipsis" title={name}>{name}</dt><dd>{children}</dd></>);
}
