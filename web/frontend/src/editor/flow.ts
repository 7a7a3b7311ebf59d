// The draft as React Flow takes it, outside of React: what did not change stays the very same object, so that it is not drawn again.
import { applyNodeChanges, type Edge, type Node, type NodeChange, type NodePositionChange } from "@xyflow/react";
import { expected } from "./expected";
import type { CanvasGroup, DocNode, Draft, Spot } from "./document";
import { edgeKey, portOf, same } from "./document";
import { foldedBy, GROUP, groupsOf, NOTE, notesOf, onCanvas } from "./drawn";
import { NO_PORTS } from "./state";
import type { Store } from "./store";
import type { Port, Problem, Told } from "./told";
import { toneOf } from "./tones";

export interface BlockData extends Record<string, unknown> {
  readonly title: string;
  readonly icon: string;
  readonly category: string;
  readonly summary: string;
  readonly ports: readonly Port[];
  readonly wired: ReadonlySet<string>;
  readonly starts: boolean;
  readonly trouble: "" | "error" | "warning";
  readonly troubles: string;
  readonly note: string;
  /** Who else has just changed it. */
  readonly by: string;
}

export type BlockNode = Node<BlockData, "block">;
export type NoteNode = Node<{ readonly text: string; readonly colour: string }, "note">;
export type FrameNode = Node<{ readonly name: string; readonly count: number }, "frame">;
export type FoldNode = Node<{ readonly name: string; readonly count: number; readonly trouble: string }, "fold">;
export type FlowNode = BlockNode | NoteNode | FrameNode | FoldNode;
export type FlowEdge = Edge<Record<string, unknown>, "line">;

/** What the look of a node depends on; where all of it is the same, it looks the same. */
type Parts = readonly [DocNode, Told["nodes"][string] | undefined, readonly Problem[], ReadonlySet<string>, string];
const AROUND = 24;
const HEAD = 34;
const NOWHERE: Spot = { x: 0, y: 0 };
/** With more blocks than this, only those in sight are drawn; how large the others will be is known beforehand, about. */
export const MANY = 150;

export class Sheet {
  nodes: FlowNode[] = [];
  edges: FlowEdge[] = [];
  private parts = new Map<string, Parts>();
  private seen: { draft?: Draft; told?: Told; selected?: ReadonlySet<string>; edge?: string; others?: unknown } = {};
  private readonly listeners = new Set<() => void>();

  constructor(private readonly store: Store) {
    this.look();
    store.subscribe(() => this.look());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly nodesNow = (): FlowNode[] => this.nodes;
  readonly edgesNow = (): FlowEdge[] => this.edges;

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }

  /** Take in what changed in the store. */
  private look(): void {
    const { draft, told, selected, edge, others } = this.store;
    const before = this.seen;
    this.seen = { draft, told, selected, edge, others };
    const isRedrawn = before.draft !== draft || before.told !== told || before.others !== others;
    if (!isRedrawn && before.selected === selected && before.edge === edge) return;
    const [nodes, edges] = [this.nodes, this.edges];
    const folded = foldedBy(draft);
    this.nodes = this.drawnNodes(folded);
    const isRewired = before.draft?.edges !== draft.edges || before.draft?.nodes !== draft.nodes || before.draft?.drawing !== draft.drawing;
    if (isRewired || before.told !== told || before.edge !== edge) this.edges = this.drawnEdges(folded);
    if (nodes !== this.nodes || edges !== this.edges) this.tell();
  }

  /** Take in what React Flow did: measured, moved, chose. */
  readonly changes = (found: NodeChange<FlowNode>[]): void => {
    const all = found.flatMap((one) => (one.type === "position" && one.id.startsWith(GROUP) ? [one, ...this.along(one)] : [one]));
    const before = this.nodes;
    const measured = new Set(found.flatMap((one) => (one.type === "dimensions" ? [one.id] : [])));
    this.nodes = applyNodeChanges(all, before).map((node) => (node.handles && before.length > MANY && measured.has(node.id) ? { ...node, handles: undefined } : node));
    const spots: Record<string, Spot> = {};
    for (const one of all) {
      if (one.type !== "position" || one.dragging) continue;
      const group = one.id.startsWith(GROUP) && this.groups.get(one.id);
      if (!group) spots[one.id] = one.position ?? before.find((node) => node.id === one.id)?.position ?? NOWHERE;
      else if (group.folded) Object.assign(spots, this.shifted(group, one));
    }
    if (found.some((one) => one.type === "dimensions") && groupsOf(this.store.draft).length) this.nodes = this.drawnNodes(foldedBy(this.store.draft));
    if (found.some((one) => one.type === "select")) this.store.select(this.nodes.filter((node) => node.selected).map((node) => node.id));
    if (Object.keys(spots).length) this.store.move(spots);
    this.tell();
  };

  private get groups(): ReadonlyMap<string, CanvasGroup> {
    return new Map(groupsOf(this.store.draft).map((group) => [onCanvas(GROUP, group.id), group]));
  }

  /** A frame takes its nodes along. */
  private along(change: NodePositionChange): NodePositionChange[] {
    const group = this.groups.get(change.id);
    const frame = this.nodes.find((node) => node.id === change.id);
    if (!group || group.folded || !frame) return [];
    const [from, to] = [frame.position, change.position ?? frame.position];
    const wanted = new Set(group.nodes);
    return this.nodes
      .filter((node) => wanted.has(node.id) && !node.selected)
      .map((node) => ({ ...change, id: node.id, position: { x: node.position.x + to.x - from.x, y: node.position.y + to.y - from.y }, positionAbsolute: undefined }));
  }

  /** Where the nodes of a folded group stand after it was moved. */
  private shifted(group: CanvasGroup, change: NodePositionChange): Record<string, Spot> {
    const { draft } = this.store;
    const from = cornerOf(draft, group);
    const to = change.position ?? this.nodes.find((node) => node.id === change.id)?.position ?? from;
    const spot = (id: string): Spot => draft.positions[id] ?? NOWHERE;
    return Object.fromEntries((group.nodes ?? []).map((id) => [id, { x: spot(id).x + to.x - from.x, y: spot(id).y + to.y - from.y }]));
  }

  // Nodes

  private drawnNodes(folded: ReadonlyMap<string, CanvasGroup>): FlowNode[] {
    const { draft } = this.store;
    const before = new Map(this.nodes.map((node) => [node.id, node]));
    const parts = new Map<string, Parts>();
    const groups = groupsOf(draft).map((group) => this.groupNode(group, before.get(onCanvas(GROUP, group.id))));
    const blocks = draft.nodes.filter((node) => !folded.has(node.id)).map((node) => this.blockNode(node, before.get(node.id), parts));
    const notes = notesOf(draft).map((note): FlowNode => {
      const id = onCanvas(NOTE, note.id);
      return this.kept(before.get(id), { id, type: "note", position: { x: note.x ?? 0, y: note.y ?? 0 }, data: { text: note.text ?? "", colour: note.colour ?? "" }, zIndex: 2 });
    });
    this.parts = parts;
    const made = [...groups, ...blocks, ...notes];
    return made.length === this.nodes.length && made.every((node, place) => node === this.nodes[place]) ? this.nodes : made;
  }

  private blockNode(node: DocNode, old: FlowNode | undefined, known: Map<string, Parts>): FlowNode {
    const { store } = this;
    const { id } = node;
    const by = store.others?.nodes.has(id) ? store.others.by : "";
    const parts: Parts = [node, store.told.nodes[id], store.problemsOf(id), store.wired.get(id) ?? NO_PORTS, by];
    known.set(id, parts);
    const was = this.parts.get(id);
    const data = old?.type === "block" && was?.every((part, place) => part === parts[place]) ? old.data : this.dataOf(node, by);
    return this.kept(old, { id, type: "block", data, position: store.draft.positions[id] ?? NOWHERE });
  }

  /** The node as it was drawn before, where nothing of it is different. */
  private kept(old: FlowNode | undefined, made: FlowNode): FlowNode {
    const selected = this.store.selected.has(made.id);
    const position = old?.dragging ? old.position : made.position;
    const size = made.width === undefined || (old?.width === made.width && old?.height === made.height);
    if (old && old.type === made.type) {
      const isSame = old.data === made.data || (made.type !== "block" && same(old.data, made.data));
      if (isSame && size && Boolean(old.selected) === selected && old.position.x === position.x && old.position.y === position.y) return old;
    }
    const label = made.type === "block" ? [made.data.title, made.data.summary, made.data.troubles].filter(Boolean).join(". ") : made.type === "note" ? made.data.text : made.data.name;
    const known = old && old.type === made.type ? { ...old, ...made } : made;
    const isUnseen = made.type === "block" && (old ? old.handles !== undefined && old.data !== made.data : this.store.draft.nodes.length > MANY);
    return { ...known, ...(isUnseen ? expected(made.data) : {}), position, selected, ariaLabel: label || this.store.word(made.type === "note" ? "note" : "group") } as FlowNode;
  }

  private groupNode(group: CanvasGroup, old: FlowNode | undefined): FlowNode {
    const { store } = this;
    const id = onCanvas(GROUP, group.id);
    const nodes = (group.nodes ?? []).filter((one) => store.nodes.has(one));
    const data = { name: group.name ?? "", count: nodes.length };
    if (group.folded) {
      const trouble = nodes.some((one) => store.problemsOf(one).some((problem) => problem.severity === "error")) ? "error" : "";
      return this.kept(old, { id, type: "fold", position: cornerOf(store.draft, group), data: { ...data, trouble } });
    }
    const boxes = nodes.map((one) => ({ ...(store.draft.positions[one] ?? NOWHERE), ...(store.sizeOf?.(one) ?? { width: 232, height: 92 }) }));
    const [left, top] = [Math.min(...boxes.map((box) => box.x)) - AROUND, Math.min(...boxes.map((box) => box.y)) - AROUND - HEAD];
    const width = Math.max(...boxes.map((box) => box.x + box.width)) + AROUND - left;
    const height = Math.max(...boxes.map((box) => box.y + box.height)) + AROUND - top;
    const frame = nodes.length ? { position: { x: left, y: top }, width, height } : { position: NOWHERE, width: 200, height: 100 };
    return this.kept(old, { id, type: "frame", data, zIndex: -2000, ...frame });
  }

  private dataOf(node: DocNode, by: string): BlockData {
    const { store } = this;
    const kind = store.kind(node);
    const told = store.told.nodes[node.id];
    const problems = store.problemsOf(node.id);
    const wired = store.wired.get(node.id) ?? NO_PORTS;
    const guard = told?.guard && store.word("onlyIf", { condition: told.guard });
    return {
      title: node.title || kind?.title || node.type,
      icon: kind?.icon ?? "help-circle",
      category: kind?.category ?? "logic",
      summary: [told?.summary || (kind ? "" : store.word("unknownBlock", { type: node.type })), guard].filter(Boolean).join("; ") || (kind?.about ?? ""),
      ports: store.ports(node.id).filter((port) => port.key !== "failed" || wired.has("failed")),
      wired,
      starts: kind?.starts ?? false,
      trouble: problems.some((one) => one.severity === "error") ? "error" : problems.length ? "warning" : "",
      troubles: problems.map((one) => one.message).join("; "),
      note: node.note ?? "",
      by,
    };
  }

  // Lines

  private drawnEdges(folded: ReadonlyMap<string, CanvasGroup>): FlowEdge[] {
    const { store } = this;
    const before = new Map(this.edges.map((edge) => [edge.id, edge]));
    const made: FlowEdge[] = [];
    for (const edge of store.draft.edges) {
      if (!store.nodes.has(edge.from) || !store.nodes.has(edge.to)) continue;
      const [source, target] = [folded.get(edge.from), folded.get(edge.to)];
      if (source && source === target) continue;
      const id = edgeKey(edge);
      const port = portOf(edge);
      const tone = toneOf(port, store.ports(edge.from).findIndex((one) => one.key === port));
      const from = source ? onCanvas(GROUP, source.id) : edge.from;
      const to = target ? onCanvas(GROUP, target.id) : edge.to;
      const old = before.get(id);
      const className = `line ${tone}`;
      const selected = store.edge === id;
      const sourceHandle = source ? "out" : port;
      if (old && old.source === from && old.target === to && old.sourceHandle === sourceHandle && old.className === className && old.selected === selected) made.push(old);
      else made.push({ id, type: "line", source: from, sourceHandle, target: to, className, selected, focusable: false, ariaLabel: `${store.title(edge.from)} → ${store.title(edge.to)}` });
    }
    return made.length === this.edges.length && made.every((edge, place) => edge === this.edges[place]) ? this.edges : made;
  }
}

/** The upper left corner of the nodes of a group. */
function cornerOf(draft: Draft, group: CanvasGroup): Spot {
  const spots = (group.nodes ?? []).flatMap((id) => draft.positions[id] ?? []);
  return spots.length ? { x: Math.min(...spots.map((spot) => spot.x)), y: Math.min(...spots.map((spot) => spot.y)) } : NOWHERE;
}
