// The draft as React Flow takes it; what did not change stays the very same object, so that it is not drawn again.
import type { FlowEdge } from "./EditEdge";
import { type FlowNode, type NodeData, toneOf } from "./EditNode";
import { type DocNode, edgeKey, portOf, same } from "./document";
import type { Store } from "./store";
import type { Port } from "./told";

/** Return the nodes in the order of flow; `known` are those drawn before, with what React Flow has measured. */
export function nodesOf(store: Store, known: readonly FlowNode[]): FlowNode[] {
  const before = new Map(known.map((node) => [node.id, node]));
  const { nodes, wired } = store.index;
  const made = store.order.map((id) => oneOf(store, nodes.get(id) as DocNode, wired.get(id) ?? NONE, before.get(id)));
  return made.length === known.length && made.every((node, place) => node === known[place]) ? (known as FlowNode[]) : made;
}

const NONE: ReadonlySet<string> = new Set();

function oneOf(store: Store, node: DocNode, wired: ReadonlySet<string>, old: FlowNode | undefined): FlowNode {
  const data = dataOf(store, node, wired);
  const kept = old && sameData(old.data, data) ? old.data : data;
  const selected = store.selected.has(node.id);
  const position = old?.dragging ? old.position : (store.draft.positions[node.id] ?? { x: 0, y: 0 });
  if (old && old.data === kept && Boolean(old.selected) === selected && same(old.position, position)) return old;
  const label = [kept.title, kept.summary, kept.troubles].filter(Boolean).join(". ");
  return { ...old, id: node.id, type: "block", data: kept, selected, position, ariaLabel: label, ...(old ? {} : { width: undefined }) };
}

function dataOf(store: Store, node: DocNode, wired: ReadonlySet<string>): NodeData {
  const kind = store.kind(node);
  const told = store.told.nodes[node.id];
  const problems = store.problemsOf(node.id);
  const guard = told?.guard && store.word("onlyIf", { condition: told.guard });
  const ports: readonly Port[] = store.ports(node.id).filter((port) => port.key !== "failed" || wired.has("failed"));
  return {
    title: node.title || kind?.title || node.type,
    icon: kind?.icon ?? "help-circle",
    category: kind?.category ?? "logic",
    summary: [told?.summary || (kind ? "" : store.word("unknownBlock", { type: node.type })), guard].filter(Boolean).join("; ") || (kind?.about ?? ""),
    ports,
    wired,
    starts: kind?.starts ?? false,
    trouble: problems.some((one) => one.severity === "error") ? "error" : problems.length ? "warning" : "",
    troubles: problems.map((one) => one.message).join("; "),
    note: node.note ?? "",
  };
}

function sameData(one: NodeData, other: NodeData): boolean {
  const plain = (data: NodeData): unknown => ({ ...data, wired: [...data.wired] });
  return same(plain(one), plain(other));
}

export function edgesOf(store: Store, pointed: string, known: readonly FlowEdge[]): FlowEdge[] {
  const before = new Map(known.map((edge) => [edge.id, edge]));
  const there = new Set(store.draft.nodes.map((node) => node.id));
  const made = store.draft.edges
    .filter((edge) => there.has(edge.from) && there.has(edge.to))
    .map((edge): FlowEdge => {
      const id = edgeKey(edge);
      const port = portOf(edge);
      const place = store.ports(edge.from).findIndex((one) => one.key === port);
      const fresh: FlowEdge = {
        id,
        type: "line",
        source: edge.from,
        sourceHandle: port,
        target: edge.to,
        className: `line ${toneOf(port, place)}`,
        data: { tone: toneOf(port, place), isPointed: pointed === id },
        selected: store.edge === id,
        focusable: false,
        ariaLabel: `${store.title(edge.from)} → ${store.title(edge.to)}`,
      };
      const old = before.get(id);
      return old && same(old, fresh) ? old : fresh;
    });
  return made.length === known.length && made.every((edge, place) => edge === known[place]) ? (known as FlowEdge[]) : made;
}
