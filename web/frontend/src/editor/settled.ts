// What became of a draft that was sent, and of which no answer came.
import { type DocNode, type Draft, edgeKey, given, same } from "./document.ts";

type NodeMap = Map<string, DocNode>;
type Wholes = Map<string, unknown>;

/**
 * Return what changes are to be counted from: where `theirs` says what was sent, that was ours and is there; all else is as it
 * was in `base`.
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
  const positions = { ...base.positions, ...Object.fromEntries(Object.entries(sent.positions).filter(([id, spot]) => same(spot, theirs.positions[id]))) };
  const listed = new Set(["nodes", "edges", "positions"]);
  const parts = [base, sent, theirs].map((draft) => new Map(Object.entries(draft).filter(([name]) => !listed.has(name)))) as [Wholes, Wholes, Wholes];
  const names = [...new Set(parts.flatMap((one) => [...one.keys()]))];
  const wholes = Object.fromEntries(names.map((name) => [name, (same(parts[1].get(name), parts[2].get(name)) ? parts[1] : parts[0]).get(name)]));
  return { ...(given(wholes) as unknown as Draft), nodes, edges, positions };
}
