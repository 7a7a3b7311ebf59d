// Every command of the editor by its name: what a click, a key or a form asks for.
import { toast } from "../toasts";
import { type Clip, copy, duplicate, NotAClipError, paste, read } from "./clip";
import * as commands from "./commands";
import { type DocNode, edgeKey, freshId, type Json, portOf, type Spot } from "./document";
import * as drawn from "./drawn";
import { changed } from "./fixes";
import { Keeping } from "./keeping";
import type { Adding } from "./state";
import { tidy } from "./tidy";
import type { Fix, Kind, Port } from "./told";

export type { Adding } from "./state";
export type { Asked } from "./keeping";

/** What the checks call a plan, stage, person, tag, field or place in a text that is not known. */
const UNKNOWN: ReadonlySet<string> = new Set(["reference_missing", "template_path_unknown", "condition_path_unknown"]);

export class Store extends Keeping {
  // Adding

  /** Ask for a block after the chosen node: after its first free way out, else into the line that leaves by the first. */
  askAfter(id: string): void {
    const ports = this.ports(id);
    const port = ports.find((one) => !this.isWired(id, one.key) && one.key !== "failed") ?? ports[0];
    if (port) this.ask({ after: id, port: port.key });
    else toast(this.word("nothingFollows"), { kind: "bad" });
  }

  /** Add a block where it was asked for, else after the chosen node or in the middle of what is seen. */
  add(type: string, middle: Spot): string | undefined {
    const kind = this.kinds.get(type);
    if (!kind) return undefined;
    const node: DocNode = { id: freshId(type, new Set(this.nodes.keys())), type, ...(kind.version === 1 ? {} : { type_version: kind.version }) };
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
    const port = this.ports(from.id).find((one) => !this.isWired(from.id, one.key) && one.key !== "failed");
    return port && { after: from.id, port: port.key };
  }

  private isWired(id: string, port: string): boolean {
    return this.wired.get(id)?.has(port) ?? false;
  }

  // Lines

  /** Every way out of a node, also where it fails. */
  waysOut(id: string): readonly Port[] {
    const known = this.ports(id);
    const isWhole = this.kind(this.nodes.get(id))?.starts || !known.length || known.some((port) => port.key === "failed");
    return isWhole ? known : [...known, { key: "failed", name: this.word("failed") }];
  }

  /** Ask what a node shall lead to; where it has several ways out, by which. */
  connectFrom(id: string): void {
    const ports = this.ports(id);
    const [first] = ports;
    if (!first) toast(this.word("nothingFollows"), { kind: "bad" });
    else this.choose(ports.length === 1 ? { what: "target", from: id, port: first.key } : { what: "port", from: id });
  }

  mayConnect(from: string, to: string): boolean {
    const target = this.nodes.get(to);
    return Boolean(target && this.nodes.has(from) && from !== to && !this.kind(target)?.starts);
  }

  connect(from: string, port: string, to: string): void {
    const words = this.word("didConnectTo", { name: this.title(from), to: this.title(to) });
    if (this.mayConnect(from, to)) this.change(commands.connect(this.draft, from, port, to), words);
  }

  disconnect(from: string, port: string): void {
    const keys = this.draft.edges.filter((edge) => edge.from === from && portOf(edge) === port).map(edgeKey);
    this.change(commands.disconnect(this.draft, new Set(keys)), this.word("didDisconnectFrom", { name: this.title(from) }));
  }

  // Places

  /** Move nodes and notes to places; a group moves its nodes. */
  move(spots: Readonly<Record<string, Spot>>, gesture = `move ${Object.keys(spots).sort().join(" ")}`): void {
    const notes = new Map(Object.entries(spots).filter(([id]) => id.startsWith(drawn.NOTE)));
    this.change(drawn.setNotes(commands.move(this.draft, spots), notes), this.said("didMove", Object.keys(spots)), gesture);
  }

  /** Move what is chosen by so much. */
  nudge(by: Spot): void {
    const spots: Record<string, Spot> = {};
    const shift = (id: string, at: Spot | undefined): void => void (spots[id] = { x: (at?.x ?? 0) + by.x, y: (at?.y ?? 0) + by.y });
    this.selected.forEach((id) => {
      const note = drawn.noteOf(this.draft, id);
      if (note) shift(id, { x: note.x ?? 0, y: note.y ?? 0 });
      else (drawn.groupOf(this.draft, id)?.nodes ?? [id]).forEach((one) => this.nodes.has(one) && shift(one, this.draft.positions[one]));
    });
    this.move(spots);
  }

  align(side: commands.Side): void {
    this.change(commands.align(this.draft, [...this.selected], side, this.sizeOf), this.said("didAlign", [...this.selected]));
  }

  distribute(across: "x" | "y"): void {
    this.change(commands.distribute(this.draft, [...this.selected], across, this.sizeOf), this.said("didAlign", [...this.selected]));
  }

  tidy(): void {
    const part = this.selected.size > 1 ? this.selected : undefined;
    this.change(tidy(this.draft, part, this.sizeOf), this.word("didTidy"));
  }

  // What a node is

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
    const words = this.said("didRemove", [...this.selected]);
    if (count && this.change(drawn.removeDrawn(commands.remove(this.draft, this.selected), this.selected), words)) {
      toast(this.word("removed", { count }), { undo: { words: this.word("undo"), act: () => this.undo() } });
    }
    this.changed();
  }

  // Copies

  duplicate(): void {
    const made = duplicate(this.draft, this.selected);
    if (!made.ids.length) return;
    const words = this.said("didPaste", [...this.selected]);
    this.selected = new Set(made.ids);
    this.change(made.draft, words);
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
    this.change(made.draft, this.said("didPaste", made.ids));
    void this.askAbout(made.ids);
  }

  /** Say which of the pasted blocks name what there is not here: a plan, a person, a field of another company. */
  private async askAbout(ids: readonly string[]): Promise<void> {
    if (!(await this.save())) return;
    const count = ids.filter((id) => this.problemsOf(id).some((one) => UNKNOWN.has(one.code))).length;
    if (count) toast(this.word("pastedUnknown", { count }), { kind: "bad", undo: { words: this.word("problems"), act: () => this.list(true) } });
  }

  // Notes and groups

  addNote(spot: Spot): string {
    const made = drawn.addNote(this.draft, commands.freeSpot(this.draft, spot));
    this.selected = new Set([made.id]);
    this.change(made.draft, this.word("didNote"));
    return made.id;
  }

  setCanvasNote(id: string, text: string): void {
    this.change(drawn.setNotes(this.draft, new Map([[id, { text }]])), this.word("didNote"), id);
  }

  group(): void {
    const made = drawn.group(this.draft, this.selected);
    if (!made) return;
    this.selected = new Set([made.id]);
    this.change(made.draft, this.word("didGroup"));
  }

  ungroup(): void {
    const groups = [...this.selected].filter((id) => drawn.groupOf(this.draft, id));
    this.change(drawn.removeDrawn(this.draft, new Set(groups)), this.word("didUngroup"));
  }

  nameGroup(id: string, name: string): void {
    this.change(drawn.setGroup(this.draft, id, { name }), this.word("didGroup"), id);
  }

  fold(id: string, isFolded: boolean): void {
    const name = drawn.groupOf(this.draft, id)?.name || this.word("group");
    this.change(drawn.setGroup(this.draft, id, { folded: isFolded }), this.word(isFolded ? "didFold" : "didUnfold", { name }));
  }

  /** What was done, with the name of the one it was done to, or how many. */
  private said(word: string, ids: readonly string[]): string {
    const [only] = ids;
    return ids.length === 1 && only !== undefined ? this.word(`${word}One`, { name: this.nameOf(only) }) : this.word(`${word}Some`, { count: ids.length });
  }

  private nameOf(id: string): string {
    if (drawn.noteOf(this.draft, id)) return this.word("note");
    return drawn.groupOf(this.draft, id)?.name || (id.startsWith(drawn.GROUP) ? this.word("group") : this.title(id));
  }
}
