/** A lineage graph made readable: siblings that lead nowhere else stand in one stack. Pure. */

export interface GraphNode {
  id: string;
  kind: "run" | "version";
  label: string;
  detail: string;
  focus: boolean;
}

export interface Graph<N extends GraphNode> {
  nodes: readonly N[];
  edges: readonly (readonly [string, string])[];
}

export interface Stack<N extends GraphNode> {
  id: string;
  kind: "run" | "version";
  members: N[];
}

export interface Shown<N extends GraphNode> {
  nodes: N[];
  stacks: Stack<N>[];
  edges: [string, string][];
}

const LEAST = 5;

/**
 * Fold siblings: versions that nobody used, and runs that made nothing but such versions, when at
 * least five of the same kind have the same origin; and versions without origin that the same runs
 * used. The version of the page is never folded; stacks in `open` are not folded.
 */
export function folded<N extends GraphNode>(graph: Graph<N>, open: ReadonlySet<string>): Shown<N> {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const next = lists(graph.edges, 0, 1);
  const before = lists(graph.edges, 1, 0);
  const idle = (id: string) => (next.get(id) ?? []).length === 0;
  const home = new Map<string, string>();
  const stacks: Stack<N>[] = [];
  const gather = (nodes: readonly N[], key: (node: N) => string) => {
    const groups = new Map<string, N[]>();
    for (const node of nodes) groups.set(key(node), [...(groups.get(key(node)) ?? []), node]);
    for (const [name, members] of groups) {
      if (members.length < LEAST || open.has(name) || members[0] === undefined) continue;
      stacks.push({ id: name, kind: members[0].kind, members });
      for (const one of members) home.set(one.id, name);
    }
  };
  const origin = (id: string) => [...new Set((before.get(id) ?? []).map((one) => home.get(one) ?? one))].sort().join(",");
  const target = (id: string) => [...(next.get(id) ?? [])].sort().join(",");
  const free = graph.nodes.filter((node) => !node.focus && !(next.get(node.id) ?? []).some((id) => byId.get(id)?.focus === true));
  gather(free.filter((node) => node.kind === "run" && (next.get(node.id) ?? []).every(idle)), (node) => `run ${node.detail} after ${origin(node.id)}`);
  gather(free.filter((node) => node.kind === "version" && idle(node.id)), (node) => `version ${node.detail} after ${origin(node.id)}`);
  gather(graph.nodes.filter((node) => !node.focus && node.kind === "version" && (before.get(node.id) ?? []).length === 0), (node) => `version ${node.detail} before ${target(node.id)}`);
  const edges = new Map<string, [string, string]>();
  for (const [from, to] of graph.edges) {
    const edge: [string, string] = [home.get(from) ?? from, home.get(to) ?? to];
    if (edge[0] !== edge[1]) edges.set(edge.join("\u0000"), edge);
  }
  return { nodes: graph.nodes.filter((node) => !home.has(node.id)), stacks, edges: [...edges.values()] };
}

function lists(edges: Graph<GraphNode>["edges"], from: 0 | 1, to: 0 | 1): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const edge of edges) out.set(edge[from], [...(out.get(edge[from]) ?? []), edge[to]]);
  return out;
}

/** Only what a node came from (`up`), what came of it (`down`), or both with everything else. */
export function direction<N extends GraphNode>(graph: Graph<N>, focus: string, way: "both" | "up" | "down"): Graph<N> {
  if (way === "both") return graph;
  const step = way === "down" ? lists(graph.edges, 0, 1) : lists(graph.edges, 1, 0);
  const reached = new Set([focus]);
  for (const id of reached) for (const one of step.get(id) ?? []) reached.add(one);
  return { nodes: graph.nodes.filter((node) => reached.has(node.id)), edges: graph.edges.filter(([from, to]) => reached.has(from) && reached.has(to)) };
}
