// What others change: asked for every three seconds while the page is looked at.
import { Refused, send } from "../requests";
import { drawAgain } from "./again";
import type { BoardView, Update } from "./view";

const EVERY = 3000;

type Answer = Partial<Update> & { number: number; reload?: boolean };

export function followChanges(view: BoardView): void {
  let number = Number(view.root.dataset.number);
  let wait = EVERY;

  const ask = async (): Promise<void> => {
    const query = new URLSearchParams(view.root.dataset.query);
    query.set("since", String(number));
    try {
      const answer = await send<Answer | undefined>("GET", `/api/boards/${view.root.dataset.board}/changes?${query}`);
      wait = EVERY;
      if (!answer) return;
      if (answer.reload) {
        number = (await drawAgain(view)) ?? number;
        return;
      }
      number = answer.number;
      if (answer.cards) view.apply(answer as Update);
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 401) location.reload();
      wait = Math.min(wait * 2, 30_000); // the server is away: ask less often until it is back
    }
  };

  const loop = async (): Promise<void> => {
    if (document.visibilityState === "visible") await ask();
    window.setTimeout(() => void loop(), wait);
  };
  window.setTimeout(() => void loop(), wait);
  document.addEventListener("look-again", () => void ask());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void ask();
  });
}
