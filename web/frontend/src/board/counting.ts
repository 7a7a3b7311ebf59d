// Counts and sums that do not come with the page, under filters that no kept count answers: asked for once it is shown.
import { Refused, send } from "../requests";
import type { BoardView, Counts } from "./view";

const LEAST = 1000;
const SHARE = 10; // counting again takes at most such a part of the time, however long it takes

export function countApart(view: BoardView): void {
  const address = view.root.dataset.totals;
  if (!address) return;
  let busy = false;
  let again = false;
  let wait = LEAST;

  const ask = async (): Promise<void> => {
    busy = true;
    again = false;
    const started = performance.now();
    try {
      view.count(await send<Counts>("GET", address));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem; // what stands there stays
    } finally {
      wait = Math.max(LEAST, SHARE * (performance.now() - started));
      window.setTimeout(() => {
        busy = false;
        if (again) void ask();
      }, wait);
    }
  };

  view.root.addEventListener("recount", () => {
    if (busy) again = true;
    else void ask();
  });
  if (view.root.dataset.uncounted !== undefined) void ask();
}
