// Where nodes stand: as the document says where all have a place of their own, else one rank after the other along the edges.
import dagre from "@dagrejs/dagre";
import type { Graph } from "./graph";

export const WIDTH = 214;
export const HEIGHT = 98;

export interface Layout {
  places: Map<string, { x: number; y: number }>;
  /** True where the graph runs from left to right, else from top to bottom. */
  sideways: boolean;
}

/** Lay a graph out; on a narrow screen always from top to bottom. */
export function layout(graph: Graph, isNarrow = false): Layout {
  const wasSideways = runsSideways(graph);
  const sideways = wasSideways && !isNarrow;
  const drawn = sideways === wasSideways && graph.nodes.every((node) => node.position);
  if (drawn && !graph.nodes.some((node, place) => graph.nodes.slice(place + 1).some((other) => overlap(node.position, other.position)))) {
    const wider = stretch(graph, sideways);
    const place = ([x, y]: [number, number]): { x: number; y: number } => (sideways ? { x: x * wider, y } : { x, y: y * wider });
    return { sideways, places: new Map(graph.nodes.map((node) => [node.id, place(node.position ?? [0, 0])])) };
  }
  const ranks = new dagre.graphlib.Graph({ multigraph: true });
  ranks.setGraph({ rankdir: sideways ? "LR" : "TB", nodesep: sideways ? 26 : 44, ranksep: sideways ? 96 : 52 });
  ranks.setDefaultEdgeLabel(() => ({}));
  graph.nodes.forEach((node) => ranks.setNode(node.id, { width: WIDTH, height: HEIGHT }));
  graph.edges.forEach((edge) => ranks.setEdge(edge.source, edge.target, {}, edge.port));
  dagre.layout(ranks);
  const places = graph.nodes.map((node) => [node.id, corner(ranks.node(node.id))] as const);
  return { sideways, places: new Map(places) };
}

/** Return by how much a drawing is stretched along its lines, so that their words have room between the nodes. */
function stretch(graph: Graph, sideways: boolean): number {
  const at = new Map(graph.nodes.map((node) => [node.id, node.position]));
  const [axis, long, room] = sideways ? ([0, WIDTH, 92] as const) : ([1, HEIGHT, 44] as const);
  const steps = graph.edges.map((edge) => (at.get(edge.target)?.[axis] ?? 0) - (at.get(edge.source)?.[axis] ?? 0));
  return Math.max(1, ...steps.filter((step) => step >= long).map((step) => Math.min(1.6, (long + room) / step)));
}

type Spot = [number, number] | null;

function overlap(one: Spot, other: Spot): boolean {
  if (!one || !other) return false;
  return Math.abs(one[0] - other[0]) < WIDTH + 16 && Math.abs(one[1] - other[1]) < HEIGHT + 16;
}

/** True where the document draws most edges more to the right than down. */
function runsSideways(graph: Graph): boolean {
  const at = new Map(graph.nodes.map((node) => [node.id, node.position]));
  let right = 0;
  let down = 0;
  graph.edges.forEach((edge) => {
    const [from, to] = [at.get(edge.source), at.get(edge.target)];
    if (!from || !to) return;
    right += Math.abs(to[0] - from[0]);
    down += Math.abs(to[1] - from[1]);
  });
  return right > down;
}

function corner(middle: { x: number; y: number }): { x: number; y: number } {
  return { x: middle.x - WIDTH / 2, y: middle.y - HEIGHT / 2 };
}
