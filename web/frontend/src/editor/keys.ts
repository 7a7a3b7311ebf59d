// The keys on the canvas: from node to node along the lines, and what is done with the one that has the focus.
import type { KeyboardEvent } from "react";
import { GRID } from "./commands";
import { beside, type Way } from "./order";
import type { Sight } from "./sight";
import type { Store } from "./store";

const WAYS: Readonly<Record<string, Way>> = { ArrowRight: "right", ArrowLeft: "left", ArrowUp: "up", ArrowDown: "down" };

export function keysOf(store: Store, sight: () => Sight | undefined): (event: KeyboardEvent) => void {
  const go = (id: string, isAdding = false): void => {
    if (!isAdding) store.select([id]);
    sight()?.reveal(id);
    sight()?.focus(id);
  };
  const arrow = (way: Way, isMoving: boolean, focused: string): void => {
    if (isMoving) {
      if (!store.selected.size) store.select([focused]);
      const step = GRID * 2;
      store.nudge({ x: way === "right" ? step : way === "left" ? -step : 0, y: way === "down" ? step : way === "up" ? -step : 0 });
      return;
    }
    const next = beside(store.draft, focused, way);
    if (next) go(next);
  };
  /** Go to the next node in the order of flow; returns false at the end, where the focus leaves the canvas. */
  const tab = (focused: string, isBack: boolean): boolean => {
    const { order } = store;
    const next = order[order.indexOf(focused) + (isBack ? -1 : 1)];
    if (!next || !order.includes(focused)) return false;
    go(next);
    return true;
  };

  return (event) => {
    if (isTyping(event.target) || (event.target as Element).closest("dialog")) return;
    const focused = (event.target as Element).closest<HTMLElement>(".react-flow__node")?.dataset.id;
    const isCommand = event.ctrlKey || event.metaKey;
    const taken = (): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    const way = WAYS[event.key];
    if ((event.key === "Delete" || event.key === "Backspace") && (store.selected.size || store.edge)) {
      taken();
      const next = focused && (beside(store.draft, focused, "left") ?? beside(store.draft, focused, "right"));
      store.remove();
      if (next) sight()?.focus(next);
    } else if (isCommand && event.code === "KeyA") {
      taken();
      store.select([...store.draft.nodes.map((node) => node.id)]);
    } else if (!focused || isCommand || event.altKey) {
      return;
    } else if (way) {
      taken();
      arrow(way, event.shiftKey, focused);
    } else if (event.key === "Tab") {
      if (event.target === event.currentTarget || (event.target as HTMLElement).dataset.id === focused) if (tab(focused, event.shiftKey)) taken();
    } else if (event.key === " " && (event.target as HTMLElement).dataset.id === focused) {
      taken();
      const others = [...store.selected].filter((id) => id !== focused);
      store.select(store.selected.has(focused) ? others : [...others, focused]);
    } else if (event.key === "Enter" && (event.target as HTMLElement).dataset.id === focused) {
      taken();
      store.select([focused]);
      requestAnimationFrame(() => document.querySelector<HTMLElement>("#inspector :is(input, select, textarea)")?.focus());
    } else if ((event.code === "KeyA" || event.key === "/") && store.nodes.has(focused)) {
      taken();
      store.select([focused]);
      store.askAfter(focused);
    } else if (event.code === "KeyC" && store.nodes.has(focused)) {
      taken();
      store.select([focused]);
      store.connectFrom(focused);
    }
  };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
