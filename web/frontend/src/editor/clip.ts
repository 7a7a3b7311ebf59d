// Copies of parts of a funnel as plain JSON: within a funnel, into another, into another tab, into a letter.
import { type CanvasGroup, type CanvasNote, type DocEdge, type DocNode, type Draft, edgeOf, freshId, type Json, MAIN, portOf, type Spot } from "./document.ts";
import { groupOf, groupsOf, NOTE, noteOf, notesOf, onCanvas, withDrawing } from "./drawn.ts";

export interface Clip {
  readonly voronka: "nodes";
  readonly version: 1;
  readonly nodes: readonly DocNode[];
  readonly edges: readonly DocEdge[];
  readonly positions: { readonly [id: string]: Spot };
  readonly notes?: readonly CanvasNote[];
  readonly groups?: readonly CanvasGroup[];
}

export class NotAClipError extends Error {}

/** Copy nodes with the lines between them, notes, and groups that are chosen or of which every node is. */
export function copy(draft: Draft, chosen: ReadonlySet<string>): Clip {
  const ids = new Set([...chosen].flatMap((id) => groupOf(draft, id)?.nodes ?? [id]));
  const notes = [...ids].flatMap((id) => noteOf(draft, id) ?? []);
  const groups = groupsOf(draft).filter((group) => group.nodes?.length && group.nodes.every((id) => ids.has(id)));
  return {
    voronka: "nodes",
    version: 1,
    nodes: draft.nodes.filter((node) => ids.has(node.id)),
    edges: draft.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
    positions: Object.fromEntries([...ids].filter((id) => draft.positions[id]).map((id) => [id, draft.positions[id] as Spot])),
    ...(notes.length ? { notes } : {}),
    ...(groups.length ? { groups } : {}),
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
  const notes = Array.isArray(found.notes) ? (found.notes as unknown[]).filter(isNote) : [];
  if ((!nodes.length && !notes.length) || nodes.length > 2000 || notes.length > 500 || !nodes.every(isNode)) throw new NotAClipError();
  const ids = new Set(nodes.map((node) => node.id));
  if (ids.size < nodes.length) throw new NotAClipError();
  const edges = (found.edges as unknown[]).filter(isEdge).filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const positions = Object.entries(found.positions ?? {}).filter(([id, spot]) => ids.has(id) && isSpot(spot));
  const groups = Array.isArray(found.groups) ? (found.groups as unknown[]).filter(isDrawnGroup).map((group) => ({ ...group, nodes: (group.nodes ?? []).filter((id) => ids.has(id)) })) : [];
  return {
    voronka: "nodes",
    version: 1,
    nodes: nodes.map(plainNode),
    edges: edges.map(({ from, port, to }) => edgeOf(from, port ?? MAIN, to)),
    positions: Object.fromEntries(positions),
    ...(notes.length ? { notes } : {}),
    ...(groups.length ? { groups } : {}),
  };
}

const KNOWN = ["id", "type", "type_version", "title", "note", "config", "condition", "on_error", "when_late"] as const;

/** A node without what no node has: a copy may have been through somebody's editor of texts. */
const plainNode = (node: DocNode): DocNode => Object.fromEntries(KNOWN.filter((name) => node[name] !== undefined && node[name] !== null).map((name) => [name, node[name]])) as unknown as DocNode;

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is string => typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value);
const isNode = (value: unknown): value is DocNode =>
  isGroup(value) && isId(value.id) && typeof value.type === "string" && (value.config === undefined || isGroup(value.config));
const isEdge = (value: unknown): value is DocEdge =>
  isGroup(value) && typeof value.from === "string" && typeof value.to === "string" && (value.port === undefined || typeof value.port === "string");
const isNote = (value: unknown): value is CanvasNote =>
  isGroup(value) && isId(value.id) && (value.text === undefined || (typeof value.text === "string" && value.text.length <= 4000)) && isSpot({ x: 0, y: 0, ...value });
const isDrawnGroup = (value: unknown): value is CanvasGroup =>
  isGroup(value) && isId(value.id) && (value.name === undefined || (typeof value.name === "string" && value.name.length <= 200)) && (value.nodes === undefined || (Array.isArray(value.nodes) && value.nodes.every(isId)));
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
  const { left, top } = cornerOf(clip);
  const put = (spot: Spot): Spot => ({ x: corner.x + spot.x - left, y: corner.y + spot.y - top });
  const positions: Record<string, Spot> = { ...draft.positions };
  clip.nodes.forEach((node, place) => {
    positions[names.get(node.id) as string] = put(clip.positions[node.id] ?? { x: left + place * 36, y: top + place * 36 });
  });
  const nodes = clip.nodes.map((node) => renamed(node, names));
  const edges = clip.edges.map((edge) => edgeOf(names.get(edge.from) as string, portOf(edge), names.get(edge.to) as string));
  const notes = fresh(clip.notes ?? [], notesOf(draft)).map((note) => ({ ...note, ...put({ x: note.x ?? 0, y: note.y ?? 0 }) }));
  const groups = fresh(clip.groups ?? [], groupsOf(draft)).map((group) => ({ ...group, nodes: (group.nodes ?? []).map((id) => names.get(id) ?? id) }));
  const whole = notes.length || groups.length ? withDrawing(draft, [...notesOf(draft), ...notes], [...groupsOf(draft), ...groups]) : draft;
  const ids = [...nodes.map((node) => node.id), ...notes.map((note) => onCanvas(NOTE, note.id))];
  return { draft: { ...whole, nodes: [...draft.nodes, ...nodes], edges: [...draft.edges, ...edges], positions }, ids };
}

/** The same things under ids that are free. */
function fresh<T extends { readonly id: string }>(things: readonly T[], known: readonly T[]): T[] {
  const taken = new Set(known.map((one) => one.id));
  return things.map((one) => {
    const id = freshId(one.id, taken);
    taken.add(id);
    return { ...one, id };
  });
}

function cornerOf(clip: Clip): { left: number; top: number; bottom: number } {
  const spots = [...Object.values(clip.positions), ...(clip.notes ?? []).map((note) => ({ x: note.x ?? 0, y: note.y ?? 0 }))];
  if (!spots.length) return { left: 0, top: 0, bottom: 0 };
  return { left: Math.min(...spots.map((spot) => spot.x)), top: Math.min(...spots.map((spot) => spot.y)), bottom: Math.max(...spots.map((spot) => spot.y)) };
}

/** Copy a part beside itself. */
export function duplicate(draft: Draft, ids: ReadonlySet<string>): { draft: Draft; ids: string[] } {
  const clip = copy(draft, ids);
  if (!clip.nodes.length && !clip.notes?.length) return { draft, ids: [] };
  const { left, bottom } = cornerOf(clip);
  return paste(draft, clip, { x: left + 36, y: bottom + 132 });
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
