// What a change changed: enough to take it back, also after somebody else's changes came in between.
import { type DocEdge, type DocNode, type Draft, edgeKey, same, type Spot } from "./document.ts";

type Pair<T> = readonly [T, T];

export interface Patch {
  readonly nodes: readonly { readonly id: string; readonly before?: DocNode; readonly after?: DocNode }[];
  readonly order?: Pair<readonly string[]>;
  readonly edges?: Pair<readonly DocEdge[]>;
  readonly spots: readonly { readonly id: string; readonly before?: Spot; readonly after?: Spot }[];
  readonly name?: Pair<string>;
  readonly note?: Pair<string | undefined>;
}

/** Return what leads from one draft to another. */
export function diff(before: Draft, after: Draft): Patch {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const now = new Map(after.nodes.map((node) => [node.id, node]));
  const ids = [...new Set([...old.keys(), ...now.keys()])];
  const nodes = ids.filter((id) => old.get(id) !== now.get(id)).map((id) => ({ id, before: old.get(id), after: now.get(id) }));
  const moved = [...new Set([...Object.keys(before.positions), ...Object.keys(after.positions)])];
  const spots = moved
    .filter((id) => before.positions[id] !== after.positions[id] && !same(before.positions[id], after.positions[id]))
    .map((id) => ({ id, before: before.positions[id], after: after.positions[id] }));
  const order: Pair<string[]> = [[...old.keys()], [...now.keys()]];
  return {
    nodes,
    spots,
    ...(same(order[0], order[1]) ? {} : { order }),
    ...(before.edges === after.edges || same(before.edges, after.edges) ? {} : { edges: [before.edges, after.edges] as const }),
    ...(before.name === after.name ? {} : { name: [before.name, after.name] as const }),
    ...(before.note === after.note ? {} : { note: [before.note, after.note] as const }),
  };
}

export const isEmpty = (patch: Patch): boolean =>
  !patch.nodes.length && !patch.spots.length && !patch.order && !patch.edges && !patch.name && !patch.note;

export function inverse(patch: Patch): Patch {
  const turned = <T>(pair: Pair<T> | undefined): Pair<T> | undefined => pair && [pair[1], pair[0]];
  const [order, edges, name, note] = [turned(patch.order), turned(patch.edges), turned(patch.name), turned(patch.note)];
  return {
    nodes: patch.nodes.map(({ id, before, after }) => ({ id, before: after, after: before })),
    spots: patch.spots.map(({ id, before, after }) => ({ id, before: after, after: before })),
    ...(order && { order }),
    ...(edges && { edges }),
    ...(name && { name }),
    ...(note && { note }),
  };
}

/** Make the change to a draft; what others added or took away meanwhile stays so. */
export function apply(draft: Draft, patch: Patch): Draft {
  const nodes = new Map(draft.nodes.map((node) => [node.id, node]));
  patch.nodes.forEach(({ id, after }) => (after ? nodes.set(id, after) : nodes.delete(id)));
  const ids = patch.order ? inOrder([...nodes.keys()], patch.order[1]) : [...nodes.keys()];
  const positions: Record<string, Spot> = { ...draft.positions };
  patch.spots.forEach(({ id, after }) => {
    if (after) positions[id] = after;
    else delete positions[id];
  });
  const note = patch.note ? patch.note[1] : draft.note;
  return {
    name: patch.name ? patch.name[1] : draft.name,
    ...(note === undefined ? {} : { note }),
    nodes: patch.nodes.length || patch.order ? ids.map((id) => nodes.get(id) as DocNode) : draft.nodes,
    edges: patch.edges ? edgesAfter(draft.edges, patch.edges) : draft.edges,
    positions,
  };
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
