// Order on the canvas: ranks from left to right along the lines, as few crossings as can be.
import dagre from "@dagrejs/dagre";
import { HEIGHT, move, snapped, WIDTH } from "./commands.ts";
import { type Draft, portOf, type Spot } from "./document.ts";

export type Sizes = (id: string) => { width: number; height: number };

const usual: Sizes = () => ({ width: WIDTH, height: HEIGHT });

/** Lay nodes out anew: all of them, or some among themselves where they stand. */
export function tidy(draft: Draft, ids?: ReadonlySet<string>, sizeOf: Sizes = usual): Draft {
  const wanted = draft.nodes.filter((node) => !ids || ids.has(node.id));
  if (!wanted.length) return draft;
  const known = new Set(wanted.map((node) => node.id));
  const ranks = new dagre.graphlib.Graph({ multigraph: true });
  ranks.setGraph({ rankdir: "LR", nodesep: 36, ranksep: 84, edgesep: 24 });
  ranks.setDefaultEdgeLabel(() => ({}));
  wanted.forEach((node) => ranks.setNode(node.id, { ...sizeOf(node.id) }));
  draft.edges.forEach((edge) => {
    if (known.has(edge.from) && known.has(edge.to)) ranks.setEdge(edge.from, edge.to, {}, portOf(edge));
  });
  dagre.layout(ranks);
  const spots = wanted.map((node): [string, Spot] => {
    const { x, y } = ranks.node(node.id);
    const { width, height } = sizeOf(node.id);
    return [node.id, { x: x - width / 2, y: y - height / 2 }];
  });
  const corner = (values: readonly Spot[]): Spot => ({ x: Math.min(...values.map((spot) => spot.x)), y: Math.min(...values.map((spot) => spot.y)) });
  const before = wanted.flatMap((node) => draft.positions[node.id] ?? []);
  const from = corner(spots.map(([, spot]) => spot));
  const to = ids && before.length ? corner(before) : { x: 0, y: 0 };
  return move(draft, Object.fromEntries(spots.map(([id, spot]) => [id, snapped({ x: spot.x - from.x + to.x, y: spot.y - from.y + to.y })])));
}

/** Give a place to nodes that have none: beside the others, or all of them where none has one. */
export function placed(draft: Draft, sizeOf: Sizes = usual): Draft {
  const without = draft.nodes.filter((node) => !draft.positions[node.id]);
  if (!without.length) return draft;
  const all = tidy(draft, undefined, sizeOf);
  if (without.length === draft.nodes.length) return all;
  const low = Math.max(...Object.values(draft.positions).map((spot) => spot.y)) + HEIGHT + 60;
  return { ...draft, positions: { ...draft.positions, ...Object.fromEntries(without.map((node) => [node.id, { x: all.positions[node.id]?.x ?? 0, y: low + (all.positions[node.id]?.y ?? 0) }])) } };
}

/** Lay a draft out where nodes have no place, or stand on each other so that nobody could read them. */
export function readable(draft: Draft, sizeOf: Sizes = usual): Draft {
  const whole = placed(draft, sizeOf);
  const spots = whole.nodes.map((node) => whole.positions[node.id] as Spot).sort((one, other) => one.x - other.x);
  const isHit = spots.some((spot, place) => {
    for (let next = place + 1; next < spots.length; next++) {
      const other = spots[next] as Spot;
      if (other.x - spot.x >= WIDTH) return false;
      if (Math.abs(other.y - spot.y) < HEIGHT - 30) return true;
    }
    return false;
  });
  return isHit ? tidy(whole, undefined, sizeOf) : whole;
}
