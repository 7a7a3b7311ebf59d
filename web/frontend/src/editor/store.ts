// What the parts of the editor share: the draft, what is chosen, what the server says, and every command by its name.
import { Refused, send } from "../requests";
import { toast } from "../toasts";
import { type Clip, copy, duplicate, NotAClipError, paste, read } from "./clip";
import * as commands from "./commands";
import { Copies } from "./copies";
import { type DocNode, type Draft, draftOf, edgeKey, freshId, type Json, nodeOf, plainOf, portOf, type Spot } from "./document";
import { changed } from "./fixes";
import { History } from "./history";
import { taking } from "./merge";
import { flowOrder } from "./order";
import { type Answer, type SavedState, Saver } from "./saver";
import { SignedOutError, sendAsMyself } from "./session";
import { readable, type Sizes, tidy } from "./tidy";
import type { Catalogue, Choices, Fix, Kind, Port, Present, Problem, Told } from "./told";

const AUTOSAVE = 700;
const LOOK = 15_000;
const LONGEST_WAIT = 30_000;
const NO_PROBLEMS: readonly Problem[] = [];

/** About as large as a node with so many ways out is drawn. */
const sizeBy = (ports: number): { width: number; height: number } => ({ width: commands.WIDTH, height: commands.HEIGHT + (ports > 1 ? ports * 20 : 0) });

/** Where the next block goes: after a port, into a line, or at a place. */
export type Adding = { readonly after: string; readonly port: string; readonly spot?: Spot } | { readonly edge: string; readonly spot?: Spot } | { readonly spot: Spot };

export interface Asked {
  readonly ids: readonly string[];
  readonly theirs: Draft;
  readonly by: string;
}

export class Store {
  draft: Draft;
  told: Told;
  selected: ReadonlySet<string> = new Set();
  edge = "";
  adding: Adding | undefined;
  asked: Asked | undefined;
  saved: { state: SavedState; words: string } = { state: "saved", words: "" };
  published: { version: number; isSame: boolean };
  isPublishing = false;
  /** The list of what is wrong is asked for, also where there is room for one thing only. */
  isListing = false;
  sizeOf: Sizes | undefined;
  readonly kinds: ReadonlyMap<string, Kind>;
  private readonly history = new History();
  private readonly saver: Saver<Told>;
  private readonly listeners = new Set<() => void>();
  private tick = 0;
  private timer = 0;
  private pause = 2_000;
  private readonly copies: Copies;
  private indexed: { of: Draft; nodes: ReadonlyMap<string, DocNode>; wired: ReadonlyMap<string, ReadonlySet<string>> } | undefined;
  private sorted: { of: Told; byNode: ReadonlyMap<string | null, readonly Problem[]> } | undefined;

  constructor(
    readonly key: string,
    present: Present,
    readonly catalogue: Catalogue,
    readonly choices: Choices,
    private readonly copyName: string,
    readonly mayPublish: boolean,
  ) {
    this.kinds = new Map(catalogue.blocks.map((kind) => [kind.key, kind]));
    this.told = present.checked;
    this.published = { version: present.published, isSame: present.isPublished };
    const base = this.read(present);
    this.draft = base;
    this.copies = new Copies(copyName, () => this.resume());
    this.saver = new Saver<Told>(present.version, base, {
      send: (version, draft) => this.put(version, draft),
      keep: (kept) => this.copies.keep(kept),
      told: (told) => {
        this.told = told;
        this.published = { ...this.published, isSame: false };
        this.changed();
      },
      merged: (draft, conflicts, theirs, by) => this.merged(draft, conflicts, theirs, by),
      state: (state, words) => {
        this.saved = { state, words };
        this.changed();
        if (state === "saved") this.resume();
      },
    });
    this.resume();
    window.addEventListener("online", () => void this.save());
    window.addEventListener("focus", () => void this.save().then(() => this.look()));
    document.addEventListener("visibilitychange", () => void this.save());
    window.setInterval(() => void this.look(), LOOK);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly snapshot = (): number => this.tick;

  private changed(): void {
    this.tick++;
    this.listeners.forEach((listener) => listener());
  }

  word(name: string, values: Readonly<Record<string, string | number>> = {}): string {
    return (this.catalogue.words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => (key in values ? String(values[key]) : whole));
  }

  /** Read what the server sent; a draft whose nodes cannot be told apart is laid out, which is kept with the next change. */
  private read(present: Present): Draft {
    const draft = draftOf(present.document, present.positions);
    const ports = new Map(Object.entries(present.checked.nodes).map(([id, node]) => [id, node.ports.length]));
    return readable(draft, (id) => sizeBy(ports.get(id) ?? 1));
  }

  // What there is

  kind(node: DocNode | undefined): Kind | undefined {
    return node && this.kinds.get(node.type);
  }

  title(id: string): string {
    const node = this.index.nodes.get(id);
    return node ? node.title || this.kind(node)?.title || node.type : id;
  }

  /** The ways out of a node: as the server said last, else those of its kind; and those that lines leave by. */
  ports(id: string): readonly Port[] {
    const { nodes, wired } = this.index;
    const known = this.told.nodes[id]?.ports ?? this.kind(nodes.get(id))?.ports ?? [];
    const more = [...(wired.get(id) ?? [])].filter((key) => !known.some((port) => port.key === key));
    return more.length ? [...known, ...more.map((key) => ({ key, name: key }))] : known;
  }

  /** The nodes by id, and the ports of each that lines leave by; made once for a draft. */
  get index(): { nodes: ReadonlyMap<string, DocNode>; wired: ReadonlyMap<string, ReadonlySet<string>> } {
    if (this.indexed?.of !== this.draft) {
      const wired = new Map<string, Set<string>>();
      this.draft.edges.forEach((edge) => wired.set(edge.from, (wired.get(edge.from) ?? new Set()).add(portOf(edge))));
      this.indexed = { of: this.draft, nodes: new Map(this.draft.nodes.map((node) => [node.id, node])), wired };
    }
    return this.indexed;
  }

  problemsOf(id: string): readonly Problem[] {
    if (this.sorted?.of !== this.told) {
      const byNode = new Map<string | null, Problem[]>();
      this.told.problems.forEach((problem) => byNode.set(problem.node, [...(byNode.get(problem.node) ?? []), problem]));
      this.sorted = { of: this.told, byNode };
    }
    return this.sorted.byNode.get(id) ?? NO_PROBLEMS;
  }

  get chosen(): DocNode | undefined {
    const [only] = this.selected;
    return this.selected.size === 1 && only !== undefined ? nodeOf(this.draft, only) : undefined;
  }

  get undoable(): { undo: string; redo: string } {
    return this.history.next;
  }

  get order(): readonly string[] {
    return flowOrder(this.draft);
  }

  // Changes

  /** Take a changed draft in; `words` say what was done, changes of one `gesture` are undone together. */
  change(draft: Draft, words: string, gesture = ""): boolean {
    const before = this.draft;
    if (draft === before || !this.history.add(before, draft, words, gesture)) return false;
    this.show(draft);
    return true;
  }

  private show(draft: Draft): void {
    this.draft = draft;
    const there = new Set(draft.nodes.map((node) => node.id));
    if ([...this.selected].some((id) => !there.has(id))) this.selected = new Set([...this.selected].filter((id) => there.has(id)));
    this.saver.changed(draft);
    this.changed();
    this.soon(AUTOSAVE);
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
    if (wanted.size === this.selected.size && [...wanted].every((id) => this.selected.has(id))) return;
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

  ask(adding: Adding | undefined): void {
    this.adding = adding;
    this.changed();
  }

  /** Ask for a block after the chosen node: after its first free way out, else into the line that leaves by the first. */
  askAfter(id: string): void {
    const ports = this.ports(id);
    const wired = new Set(this.draft.edges.filter((edge) => edge.from === id).map(portOf));
    const port = ports.find((one) => !wired.has(one.key) && one.key !== "failed") ?? ports[0];
    if (port) this.ask({ after: id, port: port.key });
    else toast(this.word("nothingFollows"), { kind: "bad" });
  }

  /** Add a block where it was asked for, else after the chosen node or in the middle of what is seen. */
  add(type: string, middle: Spot): string | undefined {
    const kind = this.kinds.get(type);
    if (!kind) return undefined;
    const node: DocNode = { id: freshId(type, new Set(this.draft.nodes.map((one) => one.id))), type, ...(kind.version === 1 ? {} : { type_version: kind.version }) };
    const onward = kind.ports[0]?.key;
    const adding = this.adding ?? this.usual(kind);
    let draft = this.draft;
    if (!adding || kind.starts) draft = commands.addNode(draft, node, commands.freeSpot(draft, adding && "spot" in adding && adding.spot ? adding.spot : middle));
    else if ("edge" in adding) draft = commands.insertOnEdge(draft, adding.edge, node, onward, adding.spot);
    else if ("after" in adding && !adding.spot) draft = commands.addAfter(draft, adding.after, adding.port, node, onward);
    else {
      draft = commands.addNode(draft, node, commands.freeSpot(draft, adding.spot ?? middle));
      if ("after" in adding) draft = commands.connect(draft, adding.after, adding.port, node.id);
    }
    this.adding = undefined;
    this.selected = new Set([node.id]);
    this.change(draft, this.word("didAdd", { name: kind.title }));
    return node.id;
  }

  private usual(kind: Kind): Adding | undefined {
    const from = this.chosen;
    if (!from || kind.starts) return undefined;
    const wired = new Set(this.draft.edges.filter((edge) => edge.from === from.id).map(portOf));
    const port = this.ports(from.id).find((one) => !wired.has(one.key) && one.key !== "failed");
    return port && { after: from.id, port: port.key };
  }

  mayConnect(from: string, to: string): boolean {
    return commands.mayConnect(this.draft, { starts: (type) => this.kinds.get(type)?.starts ?? false }, from, to);
  }

  connect(from: string, port: string, to: string): void {
    if (this.mayConnect(from, to)) this.change(commands.connect(this.draft, from, port, to), this.word("didConnect"));
  }

  disconnect(from: string, port: string): void {
    const keys = this.draft.edges.filter((edge) => edge.from === from && portOf(edge) === port).map(edgeKey);
    this.change(commands.disconnect(this.draft, new Set(keys)), this.word("didDisconnect"));
  }

  move(spots: Readonly<Record<string, Spot>>): void {
    this.change(commands.move(this.draft, spots), this.word("didMove"), `move ${Object.keys(spots).sort().join(" ")}`);
  }

  set(id: string, path: readonly (string | number)[], value: Json | undefined): void {
    this.change(commands.setSetting(this.draft, id, path, value), this.word("didSet", { name: this.title(id) }), `${id} ${path.join(".")}`);
  }

  setNode(id: string, change: Parameters<typeof commands.setNode>[2]): void {
    this.change(commands.setNode(this.draft, id, change), this.word("didSet", { name: this.title(id) }), `${id} ${Object.keys(change).join(" ")}`);
  }

  /** Put a problem right as the server offers it; what is looked at stays so. */
  fix(fix: Fix): void {
    this.cut();
    if (this.change(changed(this.draft, fix.changes), this.word("didFix", { what: fix.title }))) this.cut();
  }

  rename(name: string): void {
    this.change(commands.renameFunnel(this.draft, name), this.word("didRename"), "name");
  }

  note(note: string): void {
    this.change(commands.setNote(this.draft, note), this.word("didRename"), "note");
  }

  remove(): void {
    if (this.edge) {
      this.change(commands.disconnect(this.draft, new Set([this.edge])), this.word("didDisconnect"));
      this.edge = "";
    }
    const count = this.selected.size;
    if (count && this.change(commands.remove(this.draft, this.selected), this.word("didRemove"))) {
      toast(this.word("removed", { count }), { undo: { words: this.word("undo"), act: () => this.undo() } });
    }
    this.changed();
  }

  duplicate(): void {
    const made = duplicate(this.draft, this.selected);
    if (!made.ids.length) return;
    this.selected = new Set(made.ids);
    this.change(made.draft, this.word("didPaste"));
  }

  /** The chosen nodes as text; empty where none is chosen. */
  copied(): string {
    return this.selected.size ? JSON.stringify(copy(this.draft, this.selected), null, 2) : "";
  }

  paste(text: string, corner: Spot): void {
    let clip: Clip;
    try {
      clip = read(text);
    } catch (error) {
      if (!(error instanceof NotAClipError)) throw error;
      toast(this.word("noClip"), { kind: "bad" });
      return;
    }
    const unknown = clip.nodes.find((node) => !this.kinds.has(node.type));
    if (unknown) {
      toast(this.word("unknownBlock", { type: unknown.type }), { kind: "bad" });
      return;
    }
    const made = paste(this.draft, clip, commands.snapped(corner));
    this.selected = new Set(made.ids);
    this.change(made.draft, this.word("didPaste"));
  }

  align(side: commands.Side): void {
    this.change(commands.align(this.draft, [...this.selected], side), this.word("didMove"));
  }

  tidy(): void {
    const part = this.selected.size > 1 ? this.selected : undefined;
    this.change(tidy(this.draft, part, this.sizeOf), this.word("didTidy"));
  }

  // Keeping

  private soon(wait: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  async save(): Promise<boolean> {
    window.clearTimeout(this.timer);
    if (await this.saver.send()) {
      this.pause = 2_000;
      return this.saver.isSafe;
    }
    this.soon(this.pause);
    this.pause = Math.min(LONGEST_WAIT, this.pause * 2);
    return false;
  }

  private async put(version: number, draft: Draft): Promise<Answer<Told>> {
    try {
      const kept = await sendAsMyself<{ version: number; published: number; checked: Told }>("PUT", this.address("draft"), this.copyName, { version, ...plainOf(draft) });
      this.published = { version: kept.published, isSame: false };
      return { kind: "kept", version: kept.version, told: kept.checked };
    } catch (error) {
      if (error instanceof SignedOutError) return { kind: "signedOut" };
      if (!(error instanceof Refused)) throw error;
      const present = (error.body as { draft?: Present } | undefined)?.draft;
      if (error.status === 409 && present) return this.stale(present);
      if (error.status === 0 || error.status === 429 || error.status >= 500) return { kind: "offline" };
      return { kind: "refused", words: error.message };
    }
  }

  private stale(present: Present): Answer<Told> {
    this.told = present.checked;
    this.published = { version: present.published, isSame: present.isPublished };
    return { kind: "stale", version: present.version, theirs: this.read(present), by: present.changedBy };
  }

  /** Look whether somebody else has saved. */
  private async look(): Promise<void> {
    if (document.hidden || this.saved.state !== "saved") return;
    const since = `since=${this.saver.seen}&published=${this.published.version}`;
    const present = await send<Present | undefined>("GET", `${this.address("draft")}?${since}`).catch(() => undefined);
    if (!present || this.saved.state !== "saved") return;
    this.told = present.checked;
    this.published = { version: present.published, isSame: present.isPublished };
    this.changed();
    this.saver.receive(present.version, this.read(present), present.changedBy);
  }

  private merged(draft: Draft, conflicts: readonly string[], theirs: Draft, by: string): void {
    const isOther = this.draft !== draft;
    this.draft = draft;
    this.asked = conflicts.length ? { ids: conflicts, theirs, by } : undefined;
    if (isOther && !conflicts.length && by) toast(this.word("tookIn", { name: by }));
    this.changed();
    this.soon(AUTOSAVE);
  }

  /** Answer whose changes of the asked nodes hold. */
  settle(whose: "mine" | "theirs"): void {
    if (!this.asked) return;
    const draft = whose === "mine" ? this.draft : taking(this.draft, this.asked.theirs, this.asked.ids);
    this.asked = undefined;
    this.draft = draft;
    this.saver.answered(draft);
    this.changed();
    this.soon(0);
  }

  async publish(): Promise<void> {
    this.isPublishing = true;
    this.changed();
    try {
      if (!(await this.save())) return;
      const plan = await send<{ asks: boolean }>("GET", this.address("plan"));
      if (plan.asks) {
        location.assign(`/funnels/${encodeURIComponent(this.key)}/publish`);
        return;
      }
      const { published } = await send<{ published: number }>("POST", this.address("publish"), { version: this.saver.seen });
      this.published = { version: published, isSame: true };
      toast(this.word("didPublish", { version: published }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { problems } = (error.body ?? {}) as { problems?: Problem[] };
      if (problems) this.told = { ...this.told, problems };
      this.list(true);
      toast(error.message, { kind: "bad" });
    } finally {
      this.isPublishing = false;
      this.changed();
    }
  }

  private address(what: string): string {
    return `/api/funnels/${encodeURIComponent(this.key)}/${what}`;
  }

  /** Go on with what was not saved in a window that is gone; only where all of this one is saved. */
  private resume(): void {
    if (!this.saver?.isSafe) return;
    const isFound = this.copies.hand((copy) => {
      this.draft = this.saver.resume(copy);
    });
    if (!isFound) return;
    toast(this.word("resumed"));
    this.changed();
    this.soon(AUTOSAVE);
  }
}
