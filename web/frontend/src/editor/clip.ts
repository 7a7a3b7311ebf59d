// Copies of parts of a funnel as plain JSON: within a funnel, into another, into another tab, into a letter.
import { type DocEdge, type DocNode, type Draft, edgeOf, freshId, type Json, portOf, type Spot } from "./document.ts";

export interface Clip {
  readonly voronka: "nodes";
  readonly version: 1;
  readonly nodes: readonly DocNode[];
  readonly edges: readonly DocEdge[];
  readonly positions: { readonly [id: string]: Spot };
}

export class NotAClipError extends Error {}

/** Copy nodes with the lines between them. */
export function copy(draft: Draft, ids: ReadonlySet<string>): Clip {
  return {
    voronka: "nodes",
    version: 1,
    nodes: draft.nodes.filter((node) => ids.has(node.id)),
    edges: draft.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
    positions: Object.fromEntries([...ids].filter((id) => draft.positions[id]).map((id) => [id, draft.positions[id] as Spot])),
  };
}

/** Read a copy from a text; throws `NotAClipError` where it is none. */
export function read(text: string): Clip {
  let found: Partial<Clip> | null;
  try {
    found = JSON.parse(text) as Partial<Clip> | null;
  } catch {
    throw new NotAClipError();
  }
  if (found?.voronka !== "nodes" || found.version !== 1 || !Array.isArray(found.nodes) || !Array.isArray(found.edges)) throw new NotAClipError();
  const nodes = found.nodes as unknown[];
  if (!nodes.length || nodes.length > 2000 || !nodes.every(isNode)) throw new NotAClipError();
  const ids = new Set(nodes.map((node) => node.id));
  if (ids.size < nodes.length) throw new NotAClipError();
  const edges = (found.edges as unknown[]).filter(isEdge).filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const positions = Object.entries(found.positions ?? {}).filter(([id, spot]) => ids.has(id) && isSpot(spot));
  return { voronka: "nodes", version: 1, nodes, edges, positions: Object.fromEntries(positions) };
}

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isNode = (value: unknown): value is DocNode =>
  isGroup(value) && typeof value.id === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value.id) && typeof value.type === "string" && (value.config === undefined || isGroup(value.config));
const isEdge = (value: unknown): value is DocEdge =>
  isGroup(value) && typeof value.from === "string" && typeof value.to === "string" && (value.port === undefined || typeof value.port === "string");
const isSpot = (value: unknown): value is Spot => isGroup(value) && Number.isFinite(value.x) && Number.isFinite(value.y);

/** Put a copy into a draft under ids of its own, its upper left corner at `corner`; returns the draft and the new ids. */
export function paste(draft: Draft, clip: Clip, corner: Spot): { draft: Draft; ids: string[] } {
  const taken = new Set(draft.nodes.map((node) => node.id));
  const names = new Map<string, string>();
  clip.nodes.forEach((node) => {
    const id = freshId(node.id, taken);
    taken.add(id);
    names.set(node.id, id);
  });
  const spots = Object.values(clip.positions);
  const left = spots.length ? Math.min(...spots.map((spot) => spot.x)) : 0;
  const top = spots.length ? Math.min(...spots.map((spot) => spot.y)) : 0;
  const positions: Record<string, Spot> = { ...draft.positions };
  clip.nodes.forEach((node, place) => {
    const spot = clip.positions[node.id] ?? { x: left + place * 36, y: top + place * 36 };
    positions[names.get(node.id) as string] = { x: corner.x + spot.x - left, y: corner.y + spot.y - top };
  });
  const nodes = clip.nodes.map((node) => renamed(node, names));
  const edges = clip.edges.map((edge) => edgeOf(names.get(edge.from) as string, portOf(edge), names.get(edge.to) as string));
  return { draft: { ...draft, nodes: [...draft.nodes, ...nodes], edges: [...draft.edges, ...edges], positions }, ids: nodes.map((node) => node.id) };
}

/** Copy a part beside itself. */
export function duplicate(draft: Draft, ids: ReadonlySet<string>): { draft: Draft; ids: string[] } {
  const clip = copy(draft, ids);
  const spots = Object.values(clip.positions);
  if (!clip.nodes.length) return { draft, ids: [] };
  const corner = { x: Math.min(...spots.map((spot) => spot.x)) + 36, y: Math.max(...spots.map((spot) => spot.y)) + 132 };
  return paste(draft, clip, spots.length ? corner : { x: 0, y: 0 });
}

function renamed(node: DocNode, names: ReadonlyMap<string, string>): DocNode {
  const changed: Record<string, unknown> = { ...node, id: names.get(node.id) };
  if (node.config !== undefined) changed.config = pointed(node.config, names);
  if (node.condition !== undefined) changed.condition = pointed(node.condition, names);
  return changed as unknown as DocNode;
}

/** Lead conditions that ask whether a node was visited to its copy. */
function pointed(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((one) => pointed(one as Json, names));
  if (typeof value !== "object" || value === null) return value;
  const group = value as { [name: string]: Json };
  if (group.op === "visited" && typeof group.node === "string") return { ...group, node: names.get(group.node) ?? group.node };
  return Object.fromEntries(Object.entries(group).map(([name, one]) => [name, pointed(one, names)]));
}
