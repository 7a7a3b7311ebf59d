// The focus is never lost: Escape leads from the panel back to the block, and what held the focus and is gone hands it on.
import { MAIN, portOf } from "./document";
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

/** What a screen reader says of a block: what it is and does, which it is of how many, where it leads, what is wrong. */
function nameOf(store: Store, id: string): string {
  const { order } = store;
  const ways = store.ports(id).map((port) => {
    const to = store.draft.edges.find((edge) => edge.from === id && portOf(edge) === port.key)?.to;
    const where = to ? store.title(to) : store.word("nowhere");
    return port.key === MAIN ? where : `${port.name} → ${where}`;
  });
  const values = { name: store.title(id), what: store.told.nodes[id]?.summary ? `${store.told.nodes[id]?.summary}.` : "", number: order.indexOf(id) + 1, count: order.length, nodes: ways.join("; ") || store.word("nowhere") };
  return [store.word("nodeName", values), ...store.problemsOf(id).map((one) => one.message)].join(". ");
}

/** Watch over the focus within the editor; returns how to end that. */
export function keepFocus(store: Store): () => void {
  let last: HTMLElement | undefined;
  let lastNode: string | undefined;
  const came = (event: FocusEvent): void => {
    const node = event.target instanceof HTMLElement && event.target.matches(".react-flow__node") ? event.target.dataset.id : undefined;
    if (node && store.nodes.has(node)) (event.target as HTMLElement).setAttribute("aria-label", nameOf(store, node));
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
