// What a change changed: enough to take it back, also after somebody else's changes came in between.
import { type CanvasGroup, type CanvasNote, type DocEdge, type DocNode, type Draft, drawingOf, edgeKey, type Json, same, type Spot } from "./document.ts";

type Pair<T> = readonly [T, T];

/** What became of things with ids, and of their order. */
interface Things<T> {
  readonly items: readonly { readonly id: string; readonly before?: T; readonly after?: T }[];
  readonly order?: Pair<readonly string[]>;
}

export interface Patch {
  readonly nodes: Things<DocNode>;
  readonly notes: Things<CanvasNote>;
  readonly groups: Things<CanvasGroup>;
  readonly spots: Things<Spot>;
  readonly edges?: Pair<readonly DocEdge[]>;
  /** Whatever else a funnel has as a whole: its name, note, limits, tests. */
  readonly texts: { readonly [name: string]: Pair<Json | undefined> };
}

const PARTS = new Set(["nodes", "edges", "positions", "drawing"]);
const wholes = (draft: Draft): { readonly [name: string]: Json | undefined } => Object.fromEntries(Object.entries(draft).filter(([name]) => !PARTS.has(name)));
const NONE: readonly never[] = [];

/** Return what leads from one draft to another. */
export function diff(before: Draft, after: Draft): Patch {
  const [old, now] = [wholes(before), wholes(after)];
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => !same(old[name], now[name]));
  return {
    nodes: things(before.nodes, after.nodes),
    notes: things(before.drawing?.notes ?? NONE, after.drawing?.notes ?? NONE),
    groups: things(before.drawing?.groups ?? NONE, after.drawing?.groups ?? NONE),
    spots: { items: moved(before.positions, after.positions) },
    ...(before.edges === after.edges || same(before.edges, after.edges) ? {} : { edges: [before.edges, after.edges] as const }),
    texts: Object.fromEntries(changed.map((name) => [name, [old[name], now[name]] as const])),
  };
}

export const isEmpty = ({ nodes, notes, groups, spots, edges, texts }: Patch): boolean =>
  !edges && !Object.keys(texts).length && [nodes, notes, groups, spots].every(({ items, order }) => !items.length && !order);

export function inverse(patch: Patch): Patch {
  const turned = <T>(pair: Pair<T>): Pair<T> => [pair[1], pair[0]];
  const back = <T>({ items, order }: Things<T>): Things<T> => ({
    items: items.map(({ id, before, after }) => ({ id, before: after, after: before })),
    ...(order && { order: turned(order) }),
  });
  return {
    nodes: back(patch.nodes),
    notes: back(patch.notes),
    groups: back(patch.groups),
    spots: back(patch.spots),
    ...(patch.edges && { edges: turned(patch.edges) }),
    texts: Object.fromEntries(Object.entries(patch.texts).map(([name, pair]) => [name, turned(pair)])),
  };
}

/** Make the change to a draft; what others added or took away meanwhile stays so. */
export function apply(draft: Draft, patch: Patch): Draft {
  const { drawing } = draft;
  const texts = { ...wholes(draft), ...Object.fromEntries(Object.entries(patch.texts).map(([text, pair]) => [text, pair[1]])) };
  const [notes, groups] = [after(drawing?.notes ?? NONE, patch.notes), after(drawing?.groups ?? NONE, patch.groups)];
  const drawn = notes === drawing?.notes && groups === drawing?.groups ? drawing : drawingOf(notes, groups);
  const made = {
    ...Object.fromEntries(Object.entries({ ...texts, drawing: drawn }).filter(([, value]) => value !== undefined)),
    nodes: after(draft.nodes, patch.nodes),
    edges: patch.edges ? edgesAfter(draft.edges, patch.edges) : draft.edges,
    positions: patch.spots.items.length ? spotsAfter(draft.positions, patch.spots.items) : draft.positions,
  };
  return made as Draft;
}

/** Return the part of a change that is about these nodes: what they are, and where their ports lead. */
export function partOf(patch: Patch, ids: ReadonlySet<string>): Patch {
  const [before, now] = patch.edges ?? [NONE, NONE];
  const leaving = (edges: readonly DocEdge[]): readonly DocEdge[] => edges.filter((edge) => ids.has(edge.from));
  const some = <T>({ items }: Things<T>): Things<T> => ({ items: items.filter(({ id }) => ids.has(id)) });
  const none = { items: NONE };
  return { nodes: some(patch.nodes), spots: some(patch.spots), notes: none, groups: none, edges: [leaving(before), leaving(now)], texts: {} };
}

function things<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): Things<T> {
  if (before === after) return { items: NONE };
  const [old, now] = [byId(before), byId(after)];
  const items = [...new Set([...old.keys(), ...now.keys()])].filter((id) => !same(old.get(id), now.get(id))).map((id) => ({ id, before: old.get(id), after: now.get(id) }));
  const order: Pair<string[]> = [[...old.keys()], [...now.keys()]];
  return same(order[0], order[1]) ? { items } : { items, order };
}

const byId = <T extends { readonly id: string }>(all: readonly T[]): Map<string, T> => new Map(all.map((one) => [one.id, one]));

function moved(before: Draft["positions"], after: Draft["positions"]): Things<Spot>["items"] {
  if (before === after) return NONE;
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...ids].filter((id) => !same(before[id], after[id])).map((id) => ({ id, before: before[id], after: after[id] }));
}

function after<T extends { readonly id: string }>(now: readonly T[], { items, order }: Things<T>): readonly T[] {
  if (!items.length && !order) return now;
  const found = byId(now);
  items.forEach((one) => (one.after ? found.set(one.id, one.after) : found.delete(one.id)));
  return order ? inOrder([...found.keys()], order[1]).map((id) => found.get(id) as T) : [...found.values()];
}

function spotsAfter(now: Draft["positions"], items: Things<Spot>["items"]): Draft["positions"] {
  const spots: Record<string, Spot> = { ...now };
  items.forEach(({ id, after }) => {
    if (after) spots[id] = after;
    else delete spots[id];
  });
  return spots;
}

function inOrder(there: readonly string[], wanted: readonly string[]): string[] {
  const known = new Set(wanted);
  const left = new Set(there);
  return [...wanted.filter((id) => left.has(id)), ...there.filter((id) => !known.has(id))];
}

function edgesAfter(now: readonly DocEdge[], [before, after]: Pair<readonly DocEdge[]>): readonly DocEdge[] {
  if (now === before || same(now, before)) return after;
  const had = new Set(before.map(edgeKey));
  const has = new Set(after.map(edgeKey));
  const kept = now.filter((edge) => !had.has(edgeKey(edge)) || has.has(edgeKey(edge)));
  const there = new Set(kept.map(edgeKey));
  return [...kept, ...after.filter((edge) => !had.has(edgeKey(edge)) && !there.has(edgeKey(edge)))];
}
