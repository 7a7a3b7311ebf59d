// How lines run: each has a place of its own on the sides of its nodes, goes around nodes that stand in between, and beside other lines.
import type { Graph, GraphEdge } from "./graph";
import { HEIGHT, type Layout, WIDTH } from "./layout";

export interface Route {
  path: string;
  /** Where the words of the line stand. */
  x: number;
  y: number;
}

/** A place: `along` the direction of the graph, and `across` it. */
interface Spot {
  along: number;
  across: number;
}

interface Lane {
  from: number;
  to: number;
  across: number;
}

const GAP = 24;
const BESIDE = 14;
const TURN = 30;

export const keyOf = (edge: GraphEdge): string => `${edge.source}:${edge.port}`;

export function routes(graph: Graph, { places, sideways }: Layout): Map<string, Route> {
  const long = sideways ? WIDTH : HEIGHT;
  const wide = sideways ? HEIGHT : WIDTH;
  const boxes = new Map<string, Spot>([...places].map(([id, { x, y }]) => [id, sideways ? { along: x, across: y } : { along: y, across: x }]));
  const box = (id: string): Spot => boxes.get(id) ?? { along: 0, across: 0 };
  const leaving = spread(graph.edges, (edge) => edge.source, (edge) => box(edge.target).across, wide);
  const coming = spread(graph.edges, (edge) => edge.target, (edge) => box(edge.source).across, wide);
  const lanes: Lane[] = [];

  const hits = (spot: Spot, but: string[]): string[] =>
    [...boxes].filter(([id, at]) => !but.includes(id) && inside(spot, at, long, wide, 8)).map(([id]) => id);

  /** Return a free lane from `from` to `to` along the graph, as near to `wanted` as can be. */
  const lane = (from: number, to: number, wanted: number): number => {
    const stand = [...boxes.values()].filter((at) => at.along < to && at.along + long > from);
    const edges = stand.flatMap((at) => [at.across - GAP, at.across + wide + GAP]);
    const free = edges.filter((across) => !stand.some((at) => across > at.across - 9 && across < at.across + wide + 9));
    const middle = stand.length ? stand.reduce((sum, at) => sum + at.across + wide / 2, 0) / stand.length : wanted;
    let across = free.sort((one, other) => Math.abs(one - wanted) - Math.abs(other - wanted))[0] ?? wanted;
    const outward = across < middle ? -BESIDE : BESIDE;
    while (lanes.some((one) => one.from < to && one.to > from && Math.abs(one.across - across) < BESIDE - 1)) across += outward;
    lanes.push({ from, to, across });
    return across;
  };

  const alike = new Map<string, number>();
  const route = (edge: GraphEdge): Route => {
    const [source, target] = [box(edge.source), box(edge.target)];
    const start = { along: source.along + long, across: source.across + wide / 2 + (leaving.get(keyOf(edge)) ?? 0) };
    const end = { along: target.along, across: target.across + wide / 2 + (coming.get(keyOf(edge)) ?? 0) };
    const pair = `${edge.source} ${edge.target}`;
    const turn = alike.get(pair) ?? 0;
    alike.set(pair, turn + 1);
    if (end.along < start.along + GAP) {
      const from = end.along - TURN;
      const to = start.along + TURN;
      const across = lane(from, to, (start.across + end.across) / 2);
      const spots = [start, { along: to, across: start.across }, { along: to, across }, { along: from, across }, { along: from, across: end.across }, end];
      return drawn(cornered(spots, sideways), { along: (from + to) / 2, across }, sideways);
    }
    const straight = curve(start, end);
    const blockers = new Set(straight.samples.flatMap((spot) => hits(spot, [edge.source, edge.target])));
    if (!blockers.size) return drawn(move(start, sideways) + bend(start, end, sideways), straight.at(0.5 + 0.14 * (turn % 2 ? -turn : turn)), sideways);
    const between = [...blockers].map(box);
    const from = Math.max(start.along + TURN, Math.min(...between.map((at) => at.along)) - 6);
    const to = Math.max(from, Math.min(end.along - TURN, Math.max(...between.map((at) => at.along)) + long + 6));
    const across = lane(from, to, (start.across + end.across) / 2);
    const [first, last] = [{ along: from, across }, { along: to, across }];
    const path = move(start, sideways) + bend(start, first, sideways) + line(last, sideways) + bend(last, end, sideways);
    return drawn(path, { along: (from + to) / 2, across }, sideways);
  };
  return new Map(graph.edges.map((edge) => [keyOf(edge), route(edge)]));
}

/** Give each line its own place on the side of a node, in the order in which they lie on the other end. */
function spread(edges: GraphEdge[], node: (edge: GraphEdge) => string, other: (edge: GraphEdge) => number, wide: number): Map<string, number> {
  const sides = new Map<string, GraphEdge[]>();
  edges.forEach((edge) => sides.set(node(edge), [...(sides.get(node(edge)) ?? []), edge]));
  const found = new Map<string, number>();
  sides.forEach((side) => {
    const step = Math.min(20, (wide - 36) / side.length);
    const order = side.map((edge, place) => ({ edge, place })).sort((one, next) => other(one.edge) - other(next.edge) || one.place - next.place);
    order.forEach(({ edge }, place) => found.set(keyOf(edge), (place - (order.length - 1) / 2) * step));
  });
  return found;
}

function inside(spot: Spot, at: Spot, long: number, wide: number, margin: number): boolean {
  return spot.along > at.along - margin && spot.along < at.along + long + margin && spot.across > at.across - margin && spot.across < at.across + wide + margin;
}

/** The curve from one place to another that leaves and comes along the graph. */
function curve(start: Spot, end: Spot): { samples: Spot[]; at: (part: number) => Spot } {
  const half = (start.along + end.along) / 2;
  const at = (part: number): Spot => {
    const t = Math.min(0.9, Math.max(0.1, part));
    const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
    return { along: (a * start.along + b * half + c * half + d * end.along), across: (a + b) * start.across + (c + d) * end.across };
  };
  return { samples: Array.from({ length: 33 }, (_, place) => at(0.1 + (0.8 * place) / 32)), at };
}

const point = ({ along, across }: Spot, sideways: boolean): string => {
  const [x, y] = sideways ? [along, across] : [across, along];
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
};
const move = (spot: Spot, sideways: boolean): string => `M${point(spot, sideways)}`;
const line = (spot: Spot, sideways: boolean): string => `L${point(spot, sideways)}`;
const bend = (from: Spot, to: Spot, sideways: boolean): string => {
  const along = (from.along + to.along) / 2;
  return `C${point({ along, across: from.across }, sideways)} ${point({ along, across: to.across }, sideways)} ${point(to, sideways)}`;
};

/** A line with round corners through places that differ in one direction each. */
function cornered(spots: Spot[], sideways: boolean): string {
  let path = move(spots[0] as Spot, sideways);
  for (let place = 1; place < spots.length - 1; place++) {
    const [before, here, after] = spots.slice(place - 1, place + 2) as [Spot, Spot, Spot];
    path += line(towards(here, before), sideways) + `Q${point(here, sideways)} ${point(towards(here, after), sideways)}`;
  }
  return path + line(spots[spots.length - 1] as Spot, sideways);
}

function towards(here: Spot, there: Spot): Spot {
  const length = Math.hypot(there.along - here.along, there.across - here.across) || 1;
  const step = Math.min(10, length / 2) / length;
  return { along: here.along + (there.along - here.along) * step, across: here.across + (there.across - here.across) * step };
}

function drawn(path: string, { along, across }: Spot, sideways: boolean): Route {
  return sideways ? { path, x: along, y: across } : { path, x: across, y: along };
}
