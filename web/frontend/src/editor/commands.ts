// The commands of the editor: each takes a draft and returns another.  What cannot be done returns the same draft.
import { type DocEdge, type DocNode, type Draft, edgeKey, edgeOf, type Json, nodeOf, portOf, same, type Settings, type Spot } from "./document.ts";
import { ungrouped } from "./drawn.ts";
import { reached } from "./order.ts";
import type { Sizes } from "./tidy.ts";

export const WIDTH = 232;
export const HEIGHT = 92;
export const GRID = 12;
const GAP = 84;
const BELOW = 44;

type Kinds = { starts(type: string): boolean };

export function addNode(draft: Draft, node: DocNode, spot: Spot): Draft {
  if (nodeOf(draft, node.id)) return draft;
  return { ...draft, nodes: [...draft.nodes, node], positions: { ...draft.positions, [node.id]: snapped(spot) } };
}

/** True where a line may lead to the node: not into a trigger, not from a node to itself. */
export function mayConnect(draft: Draft, kinds: Kinds, from: string, to: string): boolean {
  const [source, target] = [nodeOf(draft, from), nodeOf(draft, to)];
  return Boolean(source && target && from !== to && !kinds.starts(target.type));
}

/** Lead a port to a node, instead of where it led before. */
export function connect(draft: Draft, from: string, port: string, to: string): Draft {
  const edge = edgeOf(from, port, to);
  if (draft.edges.some((one) => edgeKey(one) === edgeKey(edge))) return draft;
  return { ...draft, edges: [...draft.edges.filter((one) => one.from !== from || portOf(one) !== port), edge] };
}

export function disconnect(draft: Draft, keys: ReadonlySet<string>): Draft {
  const edges = draft.edges.filter((edge) => !keys.has(edgeKey(edge)));
  return edges.length === draft.edges.length ? draft : { ...draft, edges };
}

/** Put a node into a line: what the line led to follows the node's port; what stands in the way moves on. */
export function insertOnEdge(draft: Draft, key: string, node: DocNode, port: string | undefined, wanted?: Spot): Draft {
  const edge = draft.edges.find((one) => edgeKey(one) === key);
  if (!edge || nodeOf(draft, node.id)) return draft;
  const [source, target] = [at(draft, edge.from), at(draft, edge.to)];
  const spot = snapped(wanted ?? (target.x > source.x ? { x: source.x + WIDTH + GAP, y: (source.y + target.y) / 2 } : { x: source.x + WIDTH + GAP, y: source.y + HEIGHT + BELOW }));
  const edges = draft.edges.flatMap((one): DocEdge[] =>
    edgeKey(one) === key ? [edgeOf(edge.from, portOf(edge), node.id), ...(port ? [edgeOf(node.id, port, edge.to)] : [])] : [one],
  );
  const room = target.x > source.x ? withRoom(draft, edge, spot) : draft;
  return { ...addNode(room, node, spot), edges };
}

/** Add a node after another's port; where the port leads somewhere already, in between. */
export function addAfter(draft: Draft, from: string, port: string, node: DocNode, onward: string | undefined): Draft {
  const wired = draft.edges.find((edge) => edge.from === from && portOf(edge) === port);
  if (wired) return insertOnEdge(draft, edgeKey(wired), node, onward);
  const source = at(draft, from);
  const spot = freeSpot(draft, { x: source.x + WIDTH + GAP, y: source.y });
  return connect(addNode(draft, node, spot), from, port, node.id);
}

export function move(draft: Draft, spots: Readonly<Record<string, Spot>>): Draft {
  const there = new Set(draft.nodes.map((node) => node.id));
  const moved = Object.entries(spots).filter(([id, spot]) => there.has(id) && !same(draft.positions[id], spot));
  return moved.length ? { ...draft, positions: { ...draft.positions, ...Object.fromEntries(moved) } } : draft;
}

/** Change what a node has beside its settings; `undefined` is the default. */
export function setNode(draft: Draft, id: string, change: Partial<Omit<DocNode, "id" | "type">>): Draft {
  return withNode(draft, id, (node) => {
    const changed = { ...node, ...change };
    const kept = Object.entries(changed).filter(([, value]) => value !== undefined);
    return Object.fromEntries(kept) as unknown as DocNode;
  });
}

/** Give a setting another value, by its path (`["cases", 0, "port"]`); `undefined` leaves it out. */
export function setSetting(draft: Draft, id: string, path: readonly (string | number)[], value: Json | undefined): Draft {
  return withNode(draft, id, (node) => {
    const config = put(node.config ?? {}, path, value) as Settings;
    const { config: _old, ...rest } = node;
    return Object.keys(config).length ? { ...rest, config } : rest;
  });
}

export function renameFunnel(draft: Draft, name: string): Draft {
  return name.trim() && name !== draft.name ? { ...draft, name } : draft;
}

export function setNote(draft: Draft, note: string): Draft {
  const { note: _old, ...rest } = draft;
  return note ? { ...rest, note } : rest;
}

/** Remove nodes and their lines.  A single node with one line out is taken out of its way: who led to it leads on. */
export function remove(draft: Draft, ids: ReadonlySet<string>): Draft {
  const gone = draft.nodes.filter((node) => ids.has(node.id));
  if (!gone.length) return draft;
  let edges: readonly DocEdge[] = draft.edges;
  const [only] = gone;
  const out = only && gone.length === 1 ? edges.filter((edge) => edge.from === only.id) : [];
  const onward = out.length === 1 ? out[0]?.to : undefined;
  if (only && onward !== undefined && onward !== only.id) {
    edges = edges.map((edge) => (edge.to === only.id && edge.from !== onward ? edgeOf(edge.from, portOf(edge), onward) : edge));
  }
  return {
    ...ungrouped(draft, ids),
    nodes: draft.nodes.filter((node) => !ids.has(node.id)),
    edges: edges.filter((edge) => !ids.has(edge.from) && !ids.has(edge.to)),
    positions: Object.fromEntries(Object.entries(draft.positions).filter(([id]) => !ids.has(id))),
  };
}

export type Side = "left" | "right" | "top" | "bottom" | "centre" | "middle";

const asDrawn: Sizes = () => ({ width: WIDTH, height: HEIGHT });

/** Put nodes on one line: their edges, or their middles. */
export function align(draft: Draft, ids: readonly string[], side: Side, sizeOf: Sizes = asDrawn): Draft {
  const across = side === "top" || side === "bottom" || side === "middle" ? "y" : "x";
  const boxes = boxesOf(draft, ids, across, sizeOf);
  if (boxes.length < 2) return draft;
  const [low, high] = [Math.min(...boxes.map((box) => box.from)), Math.max(...boxes.map((box) => box.to))];
  const place = (from: number, to: number): number => {
    if (side === "left" || side === "top") return low;
    return side === "right" || side === "bottom" ? high - (to - from) : Math.round((low + high - (to - from)) / 2);
  };
  return move(draft, Object.fromEntries(boxes.map(({ id, from, to }) => [id, { ...at(draft, id), [across]: place(from, to) }])));
}

/** Leave the same room between nodes that stand in a row or in a column; the first and the last stay. */
export function distribute(draft: Draft, ids: readonly string[], across: "x" | "y", sizeOf: Sizes = asDrawn): Draft {
  const boxes = boxesOf(draft, ids, across, sizeOf).sort((one, other) => one.from - other.from || one.to - other.to);
  const [first, last] = [boxes[0], boxes.at(-1)];
  if (!first || !last || boxes.length < 3) return draft;
  const filled = boxes.reduce((sum, { from, to }) => sum + to - from, 0);
  const gap = (last.to - first.from - filled) / (boxes.length - 1);
  let next = first.from;
  const spots = boxes.map(({ id, from, to }): [string, Spot] => {
    const spot = { ...at(draft, id), [across]: Math.round(next) };
    next += to - from + gap;
    return [id, spot];
  });
  return move(draft, Object.fromEntries(spots.slice(1, -1)));
}

function boxesOf(draft: Draft, ids: readonly string[], across: "x" | "y", sizeOf: Sizes): { id: string; from: number; to: number }[] {
  return ids
    .filter((id) => nodeOf(draft, id))
    .map((id) => {
      const from = at(draft, id)[across];
      return { id, from, to: from + sizeOf(id)[across === "x" ? "width" : "height"] };
    });
}

export const snapped = ({ x, y }: Spot): Spot => ({ x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID });

/** Return the place nearest below `wanted` where nothing stands. */
export function freeSpot(draft: Draft, wanted: Spot): Spot {
  const taken = draft.nodes.map((node) => at(draft, node.id));
  let spot = snapped(wanted);
  const hit = (): Spot | undefined => taken.find((one) => Math.abs(one.x - spot.x) < WIDTH + 20 && Math.abs(one.y - spot.y) < HEIGHT + 20);
  for (let found = hit(); found; found = hit()) spot = snapped({ x: spot.x, y: found.y + HEIGHT + BELOW });
  return spot;
}

const at = (draft: Draft, id: string): Spot => draft.positions[id] ?? { x: 0, y: 0 };

/** Move what follows a line to the right, where a node at `spot` would stand in its way. */
function withRoom(draft: Draft, edge: DocEdge, spot: Spot): Draft {
  const by = spot.x + WIDTH + GAP - at(draft, edge.to).x;
  if (by <= 0) return draft;
  const after = reached(draft, edge.to);
  after.delete(edge.from);
  const spots = [...after].map((id) => [id, at(draft, id)] as const).filter(([, one]) => one.x >= at(draft, edge.to).x);
  return move(draft, Object.fromEntries(spots.map(([id, one]) => [id, snapped({ x: one.x + by, y: one.y })])));
}

function withNode(draft: Draft, id: string, change: (node: DocNode) => DocNode): Draft {
  const node = nodeOf(draft, id);
  const changed = node && change(node);
  if (!node || !changed || same(node, changed)) return draft;
  return { ...draft, nodes: draft.nodes.map((one) => (one === node ? changed : one)) };
}

function put(value: Json | undefined, path: readonly (string | number)[], wanted: Json | undefined): Json | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return wanted;
  if (typeof name === "number") {
    const items = Array.isArray(value) ? [...(value as Json[])] : [];
    const place = Math.min(name, items.length);
    const item = put(items[place], rest, wanted);
    if (item === undefined) items.splice(place, 1);
    else items[place] = item;
    return items;
  }
  const group: Record<string, Json> = value && typeof value === "object" && !Array.isArray(value) ? { ...(value as Record<string, Json>) } : {};
  const inner = put(group[name], rest, wanted);
  if (inner === undefined) delete group[name];
  else group[name] = inner;
  return group;
}
