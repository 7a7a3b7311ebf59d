// Two people at one draft: changes of different nodes go together, those of the same node are asked about.
import { type DocEdge, type DocNode, type Draft, edgeKey, portOf, same, type Spot } from "./document.ts";

export interface Merged {
  readonly draft: Draft;
  /** Ids of nodes that both changed, each otherwise; they are as `mine` has them.  The empty id is the name or the note. */
  readonly conflicts: readonly string[];
}

/** Bring `mine` and `theirs`, both made of `base`, together.  Places never ask: mine hold where both moved a node. */
export function merge(base: Draft, mine: Draft, theirs: Draft): Merged {
  const conflicts = new Set<string>();
  const [was, my, their] = [base, mine, theirs].map((draft) => new Map(draft.nodes.map((node) => [node.id, node]))) as [NodeMap, NodeMap, NodeMap];
  const order = [...new Set([...my.keys(), ...their.keys()])];
  const nodes = order.flatMap((id): DocNode[] => {
    const [old, one, other] = [was.get(id), my.get(id), their.get(id)];
    if (same(one, old)) return other ? [other] : [];
    if (same(other, old) || same(one, other)) return one ? [one] : [];
    conflicts.add(id);
    return one ? [one] : [];
  });
  const there = new Set(nodes.map((node) => node.id));
  const edges = mergedEdges(base.edges, mine.edges, theirs.edges, conflicts).filter((edge) => there.has(edge.from) && (there.has(edge.to) || !was.has(edge.to)));
  const text = <T>(old: T, one: T, other: T): T => {
    if (one === old) return other;
    if (other !== old && one !== other) conflicts.add("");
    return one;
  };
  const note = text(base.note, mine.note, theirs.note);
  const draft = { name: text(base.name, mine.name, theirs.name), ...(note === undefined ? {} : { note }), nodes, edges, positions: mergedSpots(base, mine, theirs, there) };
  return { draft, conflicts: [...conflicts] };
}

type NodeMap = Map<string, DocNode>;

/**
 * Return what changes are to be counted from after `sent` went to the server and no answer came: where `theirs` says what was
 * sent, that was ours and is there; all else is as it was in `base`.
 */
export function settled(base: Draft, sent: Draft, theirs: Draft): Draft {
  const [was, ours, there] = [base, sent, theirs].map((draft) => new Map(draft.nodes.map((node) => [node.id, node]))) as [NodeMap, NodeMap, NodeMap];
  const ids = [...new Set([...was.keys(), ...ours.keys()])];
  const nodes = ids.flatMap((id) => (same(ours.get(id), there.get(id)) ? ours : was).get(id) ?? []);
  const [before, arrived] = [base.edges, theirs.edges].map((edges) => new Set(edges.map(edgeKey))) as [Set<string>, Set<string>];
  const sentKeys = new Set(sent.edges.map(edgeKey));
  const edges = [
    ...base.edges.filter((edge) => sentKeys.has(edgeKey(edge)) || arrived.has(edgeKey(edge))),
    ...sent.edges.filter((edge) => !before.has(edgeKey(edge)) && arrived.has(edgeKey(edge))),
  ];
  const note = sent.note === theirs.note ? sent.note : base.note;
  const positions = { ...base.positions, ...Object.fromEntries(Object.entries(sent.positions).filter(([id, spot]) => same(spot, theirs.positions[id]))) };
  return { name: sent.name === theirs.name ? sent.name : base.name, ...(note === undefined ? {} : { note }), nodes, edges, positions };
}

/** Return the merged draft with the nodes of `ids` as somebody else has them. */
export function taking(merged: Draft, theirs: Draft, ids: readonly string[]): Draft {
  const wanted = new Set(ids);
  const their = new Map(theirs.nodes.map((node) => [node.id, node]));
  const mine = new Set(merged.nodes.map((node) => node.id));
  const nodes = [
    ...merged.nodes.flatMap((node) => (wanted.has(node.id) ? (their.get(node.id) ?? []) : node)),
    ...theirs.nodes.filter((node) => wanted.has(node.id) && !mine.has(node.id)),
  ];
  const there = new Set(nodes.map((node) => node.id));
  const edges = [...merged.edges.filter((edge) => !wanted.has(edge.from)), ...theirs.edges.filter((edge) => wanted.has(edge.from))];
  const { note: _mine, ...rest } = merged;
  const texts = wanted.has("") ? { name: theirs.name, ...(theirs.note === undefined ? {} : { note: theirs.note }) } : merged.note === undefined ? {} : { note: merged.note };
  return { ...rest, ...texts, nodes, edges: edges.filter((edge) => there.has(edge.from) && there.has(edge.to)), positions: { ...theirs.positions, ...merged.positions } };
}

function mergedEdges(base: readonly DocEdge[], mine: readonly DocEdge[], theirs: readonly DocEdge[], conflicts: Set<string>): readonly DocEdge[] {
  const [old, my, their] = [base, mine, theirs].map((edges) => new Set(edges.map(edgeKey))) as [Set<string>, Set<string>, Set<string>];
  const kept = mine.filter((edge) => !old.has(edgeKey(edge)) || their.has(edgeKey(edge)));
  const fresh = theirs.filter((edge) => !old.has(edgeKey(edge)) && !my.has(edgeKey(edge)));
  const port = (edge: DocEdge): string => `${edge.from}:${portOf(edge)}`;
  const mineNow = new Map(kept.filter((edge) => !old.has(edgeKey(edge))).map((edge) => [port(edge), edge]));
  const added = fresh.filter((edge) => {
    if (!mineNow.has(port(edge))) return true;
    conflicts.add(edge.from);
    return false;
  });
  return [...kept, ...added];
}

function mergedSpots(base: Draft, mine: Draft, theirs: Draft, there: ReadonlySet<string>): { [id: string]: Spot } {
  const found: Record<string, Spot> = {};
  there.forEach((id) => {
    const [old, one, other] = [base.positions[id], mine.positions[id], theirs.positions[id]];
    const spot = same(one, old) ? (other ?? one) : (one ?? other);
    if (spot) found[id] = spot;
  });
  return found;
}
