// The editor: bar, palette, canvas, panel; and the keys that work wherever nobody types.
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import { on } from "../keyboard";
import { Bar } from "./Bar";
import { Chooser } from "./Chooser";
import { Inspector } from "./Inspector";
import { keepFocus } from "./focus";
import { Palette } from "./Palette";
import { Sheet } from "./flow";
import { Shared } from "./shared";
import { type Sight, Stage } from "./Stage";
import type { Store } from "./store";

export function Editor({ store, icons, lines, back }: { store: Store; icons: string; lines: ReadonlyMap<string, string>; back: string }) {
  const sight = useRef<Sight | undefined>(undefined);
  const shared = useMemo(() => ({ store, sheet: new Sheet(store), icons, lines }), [store, icons, lines]);
  useEffect(() => {
    const node = new URLSearchParams(location.hash.slice(1)).get("node");
    if (!node || !store.order.includes(node)) return;
    store.select([node]);
    const soon = requestAnimationFrame(() => sight.current?.reveal(node));
    return () => cancelAnimationFrame(soon);
  }, [store]);
  useEffect(() => keepFocus(store), [store]);
  useEffect(() => {
    const find = (): void => {
      const field = document.getElementById("find-node");
      if (field?.checkVisibility()) field.focus();
      else store.choose({ what: "commands" });
    };
    const add = (): void => (store.chosen ? store.askAfter(store.chosen.id) : document.querySelector<HTMLElement>(".blocks-shelf input")?.focus());
    on("f", find);
    on("a", add);
    on("/", add);
    on("c", () => store.chosen && store.connectFrom(store.chosen.id));
    on("n", () => store.addNote(sight.current?.middle() ?? { x: 0, y: 0 }));
    on("?", () => store.choose({ what: "keys" }));
    on("Delete", () => store.remove());
    on("Escape", () => (store.choosing ? store.choose(undefined) : store.adding ? store.ask(undefined) : store.select([])));
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
      const isField = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      const acts: Readonly<Record<string, (() => void) | undefined>> = {
        KeyZ: event.shiftKey ? () => store.redo() : () => store.undo(),
        KeyY: () => store.redo(),
        KeyA: isField ? undefined : () => store.select(store.draft.nodes.map((node) => node.id)),
        KeyD: isField ? undefined : () => store.duplicate(),
        KeyG: isField ? undefined : () => store.group(),
        KeyK: () => store.choose({ what: "commands" }),
        KeyS: () => void store.save(),
      };
      const act = acts[event.code];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [store]);
  return (
    <Shared.Provider value={shared}>
      <ReactFlowProvider>
        <Bar sight={sight} back={back} />
        <div className="editor-parts">
          <Palette sight={sight} />
          <Stage sight={sight} />
          <Inspector sight={sight} />
        </div>
        <Chooser sight={sight} />
      </ReactFlowProvider>
    </Shared.Provider>
  );
}
