// What there is in the editor: the draft, what is chosen, what the server says about it; and what was done, to take it back.
import { HEIGHT, WIDTH } from "./commands";
import { type DocNode, type Draft, draftOf, nodeOf, type Places, type Plain, portOf, same, type Spot } from "./document";
import { History } from "./history";
import { flowOrder } from "./order";
import { readable, type Sizes } from "./tidy";
import type { Catalogue, Choices, Kind, Port, Problem, Told } from "./told";

const NO_PROBLEMS: readonly Problem[] = [];
export const NO_PORTS: ReadonlySet<string> = new Set();

/** Where the next block goes: after a port, into a line, or at a place. */
export type Adding = { readonly after: string; readonly port: string; readonly spot?: Spot } | { readonly edge: string; readonly spot?: Spot } | { readonly spot: Spot };

/** What is asked for in a window: any command or node, a way out, a node that it shall lead to; or the keys are listed. */
export type Choosing = { readonly what: "commands" | "keys" } | { readonly what: "port"; readonly from: string } | { readonly what: "target"; readonly from: string; readonly port: string };

/** About as large as a node with so many ways out is drawn. */
export const sizeBy = (ports: number): { width: number; height: number } => ({ width: WIDTH, height: HEIGHT + (ports > 1 ? ports * 20 : 0) });

type Wired = ReadonlyMap<string, ReadonlySet<string>>;

export abstract class State {
  draft: Draft;
  told: Told;
  selected: ReadonlySet<string> = new Set();
  edge = "";
  adding: Adding | undefined;
  choosing: Choosing | undefined;
  /** The list of what is wrong is asked for, also where there is room for one thing only. */
  isListing = false;
  sizeOf: Sizes | undefined;
  readonly kinds: ReadonlyMap<string, Kind>;
  protected readonly history = new History();
  private readonly listeners = new Set<() => void>();
  private tick = 0;
  private nodesIndexed: { of: Draft["nodes"]; nodes: ReadonlyMap<string, DocNode> } | undefined;
  private edgesIndexed: { of: Draft["edges"]; wired: Wired } | undefined;
  private sorted: { of: Told; byNode: ReadonlyMap<string | null, readonly Problem[]> } | undefined;
  private ordered: { of: Draft; ids: readonly string[] } | undefined;

  constructor(
    draft: Draft,
    told: Told,
    readonly catalogue: Catalogue,
    readonly choices: Choices,
  ) {
    this.kinds = new Map(catalogue.blocks.map((kind) => [kind.key, kind]));
    this.told = told;
    this.draft = draft;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly snapshot = (): number => this.tick;

  changed(): void {
    this.tick++;
    this.listeners.forEach((listener) => listener());
  }

  word(name: string, values: Readonly<Record<string, string | number>> = {}): string {
    return (this.catalogue.words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => (key in values ? String(values[key]) : whole));
  }

  /** Take what the server says; what it says of a node as before stays the very same object. */
  hear(told: Told): void {
    const nodes = Object.fromEntries(Object.entries(told.nodes).map(([id, fresh]) => [id, same(this.told.nodes[id], fresh) ? (this.told.nodes[id] as typeof fresh) : fresh]));
    this.told = { ...told, nodes };
  }

  // What there is

  kind(node: DocNode | undefined): Kind | undefined {
    return node && this.kinds.get(node.type);
  }

  title(id: string): string {
    const node = this.nodes.get(id);
    return node ? node.title || this.kind(node)?.title || node.type : id;
  }

  /** The ways out of a node: as the server said last, else those of its kind; and those that lines leave by. */
  ports(id: string): readonly Port[] {
    const known = this.told.nodes[id]?.ports ?? this.kind(this.nodes.get(id))?.ports ?? [];
    const more = [...(this.wired.get(id) ?? NO_PORTS)].filter((key) => !known.some((port) => port.key === key));
    return more.length ? [...known, ...more.map((key) => ({ key, name: key }))] : known;
  }

  /** The nodes by id. */
  get nodes(): ReadonlyMap<string, DocNode> {
    const { nodes } = this.draft;
    if (this.nodesIndexed?.of !== nodes) this.nodesIndexed = { of: nodes, nodes: new Map(nodes.map((node) => [node.id, node])) };
    return this.nodesIndexed.nodes;
  }

  /** The ports of each node that lines leave by; the same set as long as they are the same. */
  get wired(): Wired {
    const { edges } = this.draft;
    if (this.edgesIndexed?.of !== edges) {
      const before = this.edgesIndexed?.wired;
      const found = new Map<string, Set<string>>();
      edges.forEach((edge) => {
        const ports = found.get(edge.from);
        if (ports) ports.add(portOf(edge));
        else found.set(edge.from, new Set([portOf(edge)]));
      });
      const wired = new Map([...found].map(([id, ports]) => [id, sameSet(before?.get(id), ports) ?? ports]));
      this.edgesIndexed = { of: edges, wired };
    }
    return this.edgesIndexed.wired;
  }

  problemsOf(id: string): readonly Problem[] {
    if (this.sorted?.of !== this.told) {
      const before = this.sorted?.byNode;
      const byNode = new Map<string | null, Problem[]>();
      this.told.problems.forEach((problem) => byNode.set(problem.node, [...(byNode.get(problem.node) ?? []), problem]));
      this.sorted = { of: this.told, byNode: new Map([...byNode].map(([node, found]) => [node, same(before?.get(node), found) ? (before?.get(node) as readonly Problem[]) : found])) };
    }
    return this.sorted.byNode.get(id) ?? NO_PROBLEMS;
  }

  get chosen(): DocNode | undefined {
    const [only] = this.selected;
    return this.selected.size === 1 && only !== undefined ? nodeOf(this.draft, only) : undefined;
  }

  /** The ids of the nodes in the order of flow. */
  get order(): readonly string[] {
    if (this.ordered?.of !== this.draft) this.ordered = { of: this.draft, ids: flowOrder(this.draft) };
    return this.ordered.ids;
  }

  get undoable(): { undo: string; redo: string } {
    return this.history.next;
  }

  /** Read what the server sent; a draft whose nodes cannot be told apart is laid out, which is kept with the next change. */
  protected read(plain: Plain, places: Places, told: Told): Draft {
    return readable(draftOf(plain, places), (id) => sizeBy(told.nodes[id]?.ports.length ?? 1));
  }

  // Changes

  /** Take a changed draft in; `words` say what was done, changes of one `gesture` are undone together. */
  change(draft: Draft, words: string, gesture = ""): boolean {
    const before = this.draft;
    if (draft === before || !this.history.add(before, draft, words, gesture)) return false;
    this.show(draft);
    return true;
  }

  /** Show another draft and keep it. */
  protected show(draft: Draft): void {
    this.draft = draft;
    if ([...this.selected].some((id) => !this.isThere(id))) this.selected = new Set([...this.selected].filter((id) => this.isThere(id)));
    this.kept(draft);
    this.changed();
  }

  protected abstract kept(draft: Draft): void;

  private isThere(id: string): boolean {
    return this.nodes.has(id) || isNoted(this.draft, id);
  }

  cut(): void {
    this.history.cut();
  }

  undo(): void {
    this.show(this.history.undo(this.draft));
  }

  redo(): void {
    this.show(this.history.redo(this.draft));
  }

  select(ids: Iterable<string>): void {
    const wanted = new Set(ids);
    if (sameSet(this.selected, wanted)) return;
    this.selected = wanted;
    if (wanted.size) this.isListing = false;
    this.history.cut();
    this.changed();
  }

  list(isOpen: boolean): void {
    this.isListing = isOpen;
    if (isOpen) this.selected = new Set();
    this.changed();
  }

  selectEdge(key: string): void {
    if (this.edge === key) return;
    this.edge = key;
    this.changed();
  }

  choose(choosing: Choosing | undefined): void {
    if (this.choosing === choosing) return;
    this.choosing = choosing;
    this.changed();
  }

  ask(adding: Adding | undefined): void {
    if (this.adding === adding) return;
    this.adding = adding;
    this.changed();
  }
}

/** Return the one set where the other has the same in it. */
function sameSet(one: ReadonlySet<string> | undefined, other: ReadonlySet<string>): ReadonlySet<string> | undefined {
  return one && one.size === other.size && [...other].every((id) => one.has(id)) ? one : undefined;
}

/** True for a note or a group that lies on the canvas; their ids on the canvas begin so that no node's can be the same. */
const isNoted = (draft: Draft, id: string): boolean =>
  (draft.drawing?.notes ?? []).some((note) => `note:${note.id}` === id) || (draft.drawing?.groups ?? []).some((group) => `group:${group.id}` === id);
