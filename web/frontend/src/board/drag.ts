// How cards are dragged on every board: at once with a mouse, after a short rest with a finger, so that a swipe still scrolls.
import type { Options } from "sortablejs";
import type { BoardView } from "./view";

/** Settings of a column whose cards go to others of the same `group`. */
export function dragged(root: HTMLElement, group: string): Options {
  return {
    group,
    draggable: ".card",
    sort: false,
    animation: 140,
    delay: 180,
    delayOnTouchOnly: true,
    touchStartThreshold: 6,
    ghostClass: "ghosted",
    dragClass: "dragged",
    forceFallback: true,
    fallbackTolerance: 4,
    scrollSensitivity: 80,
    filter: ".act, .card.fixed",
    preventOnFilter: false,
    disabled: root.dataset.fixed !== undefined,
  };
}

/** A finger that rests on a card is about to drag it: the browser's own menu of links would break the drag off. */
export function keepMenusAway(root: HTMLElement): void {
  root.addEventListener("contextmenu", (event) => {
    if ((event as PointerEvent).pointerType === "touch" && (event.target as Element).closest(".card")) event.preventDefault();
  });
}

/** From the first touch on nothing is drawn anew: a card would slip from under the finger that rests on it. */
export function holdWhilePressed(view: BoardView): void {
  let isPressed = false;
  const release = (): void => {
    if (isPressed) view.release();
    isPressed = false;
  };
  view.root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || isPressed) return;
    isPressed = true;
    view.hold();
  });
  for (const end of ["pointerup", "pointercancel"] as const) document.addEventListener(end, release, true);
  window.addEventListener("blur", release);
}
