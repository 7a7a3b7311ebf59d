// Cards of deals, wherever they are shown: a stage that asks for something opens the window of moves over the card.
import htmx from "htmx.org";
import { askMove } from "./move_window";
import { Refused } from "./requests";
import { toast } from "./toasts";

declare global {
  interface HTMLElementEventMap {
    "ask-move": CustomEvent<{ id: number; stage: string; stood: string }>;
  }
}

export function askForMoves(): void {
  document.body.addEventListener("ask-move", (event) => void ask(event.detail));
}

async function ask(where: { id: number; stage: string; stood: string }): Promise<void> {
  try {
    const outcome = await askMove(where);
    if (outcome.kind !== "moved") return;
    htmx.trigger(document.body, "record-changed");
    htmx.trigger(document.body, "deal-changed", { id: where.id });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    toast(problem.message, { kind: "bad" });
    htmx.trigger(document.body, "record-changed");
  }
}
