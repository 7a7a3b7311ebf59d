// What a pointer presses is not drawn anew under it: the press would be lost, and the person would have to press again.
import htmx from "htmx.org";

declare global {
  interface HTMLElementEventMap {
    "htmx:beforeOnLoad": CustomEvent<Arrival>;
  }
}

interface Arrival {
  target: HTMLElement;
  requestConfig: { elt: Element; verb: string; path: string };
}

/** Milliseconds after which a press that was let go has become a click; on a touch screen that is not at once. */
const SETTLES = 60;

let pressed: Node | null = null;
let settling = 0;
let late: Arrival[] = [];
let waiting: (() => void)[] = [];

/** True while something inside a place is pressed. */
export function isPressed(place: Node): boolean {
  return pressed !== null && place.contains(pressed);
}

/** Do something to a place once nothing inside it is pressed: at once where nothing is. */
export function whenLetGo(place: Node, act: () => void): void {
  if (isPressed(place)) waiting.push(act);
  else act();
}

/** While something inside a place is pressed, what was asked for that place waits; then it is asked for again. */
export function keepPresses(): void {
  document.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      window.clearTimeout(settling);
      settling = 0;
      pressed = event.target as Node;
    },
    true,
  );
  for (const end of ["pointerup", "pointercancel", "dragend"] as const) document.addEventListener(end, letGo, true);
  document.addEventListener(
    "pointermove",
    (event) => {
      if (event.pointerType === "mouse" && event.buttons === 0) letGo(); // on a scroll bar, or outside of the window
    },
    true,
  );
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const { target, requestConfig } = event.detail;
    if (requestConfig.verb !== "get" || !isPressed(target)) return;
    event.preventDefault();
    late.push(event.detail);
  });
}

function letGo(): void {
  if (pressed && settling === 0) settling = window.setTimeout(release, SETTLES);
}

function release(): void {
  const missed = new Map(late.map((one) => [one.target, one.requestConfig]));
  const acts = waiting;
  settling = 0;
  pressed = null;
  late = [];
  waiting = [];
  for (const [target, { elt, path }] of missed)
    if (target.isConnected && elt.isConnected) void htmx.ajax("get", path, { source: elt, target });
  for (const act of acts) act();
}
