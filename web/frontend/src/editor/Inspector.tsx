// The panel beside the canvas: of the chosen node its settings, its ways out and what is wrong; else what is wrong with the whole.
import { useEffect, useRef } from "react";
import { Asking, OthersChanges } from "./Asking";
import { DrawnPanel } from "./DrawnPanel";
import { groupOf, noteOf } from "./drawn";
import { NodePanel } from "./NodePanel";
import { FunnelPanel, SeveralPanel } from "./panels";
import { goTo } from "./problems";
import { useStore } from "./shared";
import type { Sight } from "./Stage";

export function Inspector({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  const place = useRef<HTMLElement>(null);
  const node = store.chosen;
  const [only] = store.selected;
  const drawn = only !== undefined && store.selected.size === 1 && (noteOf(store.draft, only) ?? groupOf(store.draft, only)) ? only : "";
  useEffect(() => {
    if (place.current) place.current.scrollTop = 0;
  }, [node?.id]);
  useEffect(() => {
    let last = -1;
    const press = (event: KeyboardEvent): void => {
      const { problems } = store.told;
      if (event.key !== "F8" || event.ctrlKey || event.altKey || event.metaKey || !problems.length || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      last = (last + (event.shiftKey ? -1 : 1) + problems.length) % problems.length;
      const problem = problems[last];
      if (problem) goTo(store, sight.current, problem, last);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [store, sight]);
  return (
    <aside className={`inspector${node || drawn || store.asked || store.isListing ? " open" : ""}`} id="inspector" aria-label={store.word("settings")} ref={place}>
      {store.asked && <Asking />}
      {store.others && <OthersChanges />}
      {node ? <NodePanel key={node.id} node={node} /> : drawn ? <DrawnPanel key={drawn} id={drawn} /> : store.selected.size > 1 ? <SeveralPanel /> : <FunnelPanel sight={sight} />}
    </aside>
  );
}
