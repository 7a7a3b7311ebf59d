// The focus is never lost: Escape leads from the panel back to the block, and what held the focus and is gone hands it on.
import type { Store } from "./store";

const element = (id: string | undefined): HTMLElement | null => (id ? document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`) : null);

const REGIONS = [".editor-bar", ".blocks-shelf", ".stage", "#inspector"];

/** Go to the next part of the editor, or the one before: bar, blocks, canvas, panel. */
function goOn(store: Store, step: number): void {
  const parts = REGIONS.map((one) => document.querySelector<HTMLElement>(one)).filter((part) => part?.checkVisibility());
  const now = parts.findIndex((part) => part?.contains(document.activeElement));
  for (let tried = 1; tried <= parts.length; tried++) {
    const part = parts[(Math.max(now, 0) + step * tried + parts.length * tried) % parts.length];
    const [first] = store.order;
    const node = part?.matches(".stage") ? (element(store.chosen?.id) ?? element(first)) : null;
    const to = node ?? [...(part?.querySelectorAll<HTMLElement>("a[href], button:not(:disabled), input, select, textarea, summary") ?? [])].find((one) => one.checkVisibility());
    if (to) return to.focus();
  }
}

/** Watch over the focus within the editor; returns how to end that. */
export function keepFocus(store: Store): () => void {
  let last: HTMLElement | undefined;
  let lastNode: string | undefined;
  const came = (event: FocusEvent): void => {
    last = event.target instanceof HTMLElement && event.target.closest("#editor") ? event.target : undefined;
    lastNode = last?.closest<HTMLElement>(".react-flow__node")?.dataset.id ?? store.chosen?.id ?? lastNode;
  };
  const rescue = (): void => {
    const isGone = last && (!last.isConnected || last.matches(":disabled"));
    if (!isGone || document.activeElement !== document.body) return;
    const { order } = store;
    const next = element(store.chosen?.id) ?? element(lastNode) ?? element(order[0]) ?? document.querySelector<HTMLElement>(".blocks-shelf input");
    next?.focus({ preventScroll: true });
  };
  const soon = (): void => void requestAnimationFrame(() => requestAnimationFrame(rescue));
  const press = (event: KeyboardEvent): void => {
    if (event.key === "F6" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      return goOn(store, event.shiftKey ? -1 : 1);
    }
    const isInside = event.target instanceof HTMLElement && event.target.closest("#inspector, .node-finder") && !event.target.matches('[aria-expanded="true"]');
    if (event.key !== "Escape" || !isInside || event.defaultPrevented) return;
    const to = element(store.chosen?.id) ?? element(lastNode);
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    to.focus({ preventScroll: true });
  };
  document.addEventListener("focusin", came);
  document.addEventListener("keydown", press, true);
  const stop = store.subscribe(soon);
  return () => {
    stop();
    document.removeEventListener("focusin", came);
    document.removeEventListener("keydown", press, true);
  };
}
