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

/** While something inside a place is pressed, what was asked for that place waits; then it is asked for again. */
export function keepPresses(): void {
  document.addEventListener(
    "pointerdown",
    (event) => {
      window.clearTimeout(settling);
      pressed = event.target as Node;
    },
    true,
  );
  for (const end of ["pointerup", "pointercancel", "dragend"] as const)
    document.addEventListener(end, () => (settling = window.setTimeout(release, SETTLES)), true);
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const { target, requestConfig } = event.detail;
    if (requestConfig.verb !== "get" || !pressed || !target.contains(pressed)) return;
    event.preventDefault();
    late.push(event.detail);
  });
}

function release(): void {
  const missed = new Map(late.map((one) => [one.target, one.requestConfig]));
  pressed = null;
  late = [];
  for (const [target, { elt, path }] of missed)
    if (target.isConnected && elt.isConnected) void htmx.ajax("get", path, { source: elt, target });
}
