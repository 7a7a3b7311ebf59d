// What can be chosen in the window of the canvas.
import { GROUP } from "./drawn";
import { MAIN } from "./document";
import type { Sight } from "./sight";
import type { Choosing } from "./state";
import type { Store } from "./store";

export interface Choice {
  readonly id: string;
  readonly name: string;
  /** What else it is found by: its key, what it does. */
  readonly more: string;
  readonly icon: string;
  act(): void;
}

export function choicesOf(store: Store, choosing: Choosing, sight: () => Sight | undefined): Choice[] {
  switch (choosing.what) {
    case "commands":
      return [...commands(store, sight), ...nodes(store, sight), ...blocks(store, sight)];
    case "port":
      return ports(store, choosing.from);
    case "target":
      return targets(store, choosing.from, choosing.port, sight);
    case "keys":
      return [];
  }
}

/** Show a node and put the focus on it. */
export function goToNode(store: Store, sight: Sight | undefined, id: string): void {
  store.select([id]);
  sight?.show([id]);
  sight?.focus(id);
}

function commands(store: Store, sight: () => Sight | undefined): Choice[] {
  const one = (id: string, icon: string, act: () => void, more = "", name = store.word(id)): Choice => ({ id, name, more, icon, act });
  const chosen = store.selected.size > 0;
  const { undo, redo } = store.undoable;
  const middle = (): { x: number; y: number } => sight()?.middle() ?? { x: 0, y: 0 };
  const [only] = store.selected;
  const group = only?.startsWith(GROUP) ? only : undefined;
  return [
    ...(undo ? [one("undo", "arrow-back-up", () => store.undo(), "Ctrl Z", store.word("undoOf", { what: undo }))] : []),
    ...(redo ? [one("redo", "arrow-forward-up", () => store.redo(), "Ctrl Y", store.word("redoOf", { what: redo }))] : []),
    ...(store.chosen ? [one("connectOn", "arrow-right", () => store.connectFrom(store.chosen?.id ?? ""), "C")] : []),
    ...(chosen ? [one("duplicate", "copy", () => store.duplicate(), "Ctrl D"), one("remove", "trash", () => store.remove(), "Del")] : []),
    ...(store.selected.size > 0 && !group ? [one("makeGroup", "folder", () => store.group(), "Ctrl G")] : []),
    ...(group ? [one("ungroup", "x", () => store.ungroup())] : []),
    one("addNote", "message", () => store.addNote(middle()), "N"),
    one("chooseAll", "checkbox", () => store.select(store.draft.nodes.map((node) => node.id)), "Ctrl A"),
    one(store.selected.size > 1 ? "tidySome" : "tidy", "sitemap", () => store.tidy()),
    one("fit", "maximize", () => sight()?.fit()),
    one("problems", "alert-triangle", () => store.list(true), "F8"),
    one("keysTitle", "keyboard", () => store.choose({ what: "keys" }), "?"),
    ...(store.mayPublish && !store.published.isSame ? [one("publish", "rocket", () => void store.publish())] : []),
  ];
}

const nodes = (store: Store, sight: () => Sight | undefined): Choice[] =>
  store.order.map((id) => ({ id: `node ${id}`, name: store.title(id), more: store.told.nodes[id]?.summary ?? "", icon: store.kind(store.nodes.get(id))?.icon ?? "help-circle", act: () => goToNode(store, sight(), id) }));

const blocks = (store: Store, sight: () => Sight | undefined): Choice[] =>
  store.catalogue.blocks.map((kind) => ({
    id: `block ${kind.key}`,
    name: store.word("addBlock", { name: kind.title }),
    more: "",
    icon: kind.icon,
    act: () => {
      const id = store.add(kind.key, sight()?.middle() ?? { x: 0, y: 0 });
      if (!id) return;
      sight()?.reveal(id);
      sight()?.focus(id);
    },
  }));

function ports(store: Store, from: string): Choice[] {
  return store.waysOut(from).map((port) => {
    const edge = store.draft.edges.find((one) => one.from === from && (one.port ?? MAIN) === port.key);
    return { id: port.key, name: port.name, more: edge ? `→ ${store.title(edge.to)}` : "", icon: "arrow-right", act: () => store.choose({ what: "target", from, port: port.key }) };
  });
}

const targets = (store: Store, from: string, port: string, sight: () => Sight | undefined): Choice[] =>
  store.order
    .filter((id) => store.mayConnect(from, id))
    .map((id) => ({
      id,
      name: store.title(id),
      more: store.told.nodes[id]?.summary ?? "",
      icon: store.kind(store.nodes.get(id))?.icon ?? "help-circle",
      act: () => {
        store.connect(from, port, id);
        sight()?.focus(from);
      },
    }));
