/** Where a version came from and what was made of it, left to right. */
import dagre from "@dagrejs/dagre";
import { Link } from "@tanstack/react-router";
import { Maximize, Minus, Plus } from "lucide-react";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLineage } from "@/api/needs";
import type { Lineage } from "@/api/types";
import { Empty, Failure, Skeleton } from "@/ui/parts";

const size = { run: { width: 170, height: 40 }, version: { width: 210, height: 48 } };

/** From the right side of one node to the left side of the next. */
function curve(a: { x: number; y: number; width: number }, b: { x: number; y: number; width: number }): string {
  const from = a.x + a.width / 2;
  const to = b.x - b.width / 2;
  const half = Math.max(18, (to - from) / 2);
  return `M${from} ${a.y}C${from + half} ${a.y} ${to - half} ${b.y} ${to} ${b.y}`;
}

function layout(lineage: Lineage) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 54, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of lineage.nodes) graph.setNode(node.id, { ...size[node.kind] });
  for (const [from, to] of lineage.edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const label = graph.graph();
  return {
    width: label.width ?? 400,
    height: label.height ?? 200,
    nodes: lineage.nodes.map((node) => ({ ...node, ...(graph.node(node.id) as { x: number; y: number; width: number; height: number }) })),
    edges: lineage.edges.map(([from, to]) => curve(graph.node(from), graph.node(to))),
  };
}

/** The graph; runs are pills, versions are boxes, the version of the page is marked. */
export function LineageGraph(props: { entity: string; project: string; collection: string; version: string }) {
  const found = useLineage(props.entity, props.project, props.collection, props.version);
  const [zoom, setZoom] = useState(1);
  const box = useRef<HTMLDivElement>(null);
  const placed = useMemo(() => (found.data === undefined ? null : layout(found.data)), [found.data]);
  const fit = useCallback(() => {
    if (placed === null || box.current === null) return;
    setZoom(Math.min(1.2, Math.max(0.2, Math.min(box.current.clientWidth / placed.width, box.current.clientHeight / placed.height))));
  }, [placed]);
  useLayoutEffect(fit, [fit]);
  if (found.error !== null) return <div className="inner"><Failure error={found.error} /></div>;
  if (placed === null || found.data === undefined) return <Skeleton rows={5} height={40} />;
  if (placed.edges.length === 0) return <Empty title="Nothing is connected yet"><p>Runs that make or use this version appear here.</p></Empty>;
  return (
    <div className="lineage">
      <div className="row lineage-tools">
        <button type="button" className="button icon" aria-label="Smaller" onClick={() => setZoom(zoom / 1.25)}><Minus size={14} /></button>
        <button type="button" className="button icon" aria-label="Larger" onClick={() => setZoom(zoom * 1.25)}><Plus size={14} /></button>
        <button type="button" className="button" onClick={fit}><Maximize size={14} />Fit</button>
        {found.data.more && <span className="muted">Only the nearest 200 are shown.</span>}
      </div>
      <div ref={box} className="lineage-box" tabIndex={0}>
        <div style={{ position: "relative", width: placed.width * zoom, height: placed.height * zoom }}>
          <div style={{ transform: `scale(${zoom})`, transformOrigin: "0 0", width: placed.width, height: placed.height, position: "relative" }}>
            <svg width={placed.width} height={placed.height} aria-hidden="true">
              <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--fg-3)" /></marker></defs>
              {placed.edges.map((path, i) => <path key={i} d={path} fill="none" stroke="var(--fg-3)" strokeWidth={1.2} markerEnd="url(#arrow)" />)}
            </svg>
            {placed.nodes.map((node) => (
              <Link key={node.id} to={node.address} className="node" data-kind={node.kind} data-focus={node.focus} style={{ left: node.x - node.width / 2, top: node.y - node.height / 2, width: node.width, height: node.height }}>
                <b className="ellipsis">{node.label}</b><span className="ellipsis">{node.detail}</span>
              </Link>
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}
