// Folded columns: a narrow strip with name and count, kept for the person; cards can still be dropped there.
import { send } from "../requests";
import type { BoardView } from "./view";

export function foldColumns(view: BoardView): void {
  view.root.addEventListener("click", (event) => {
    const target = event.target as Element;
    const column = target.closest<HTMLElement>(".column");
    const button = target.closest<HTMLElement>("[data-fold]");
    if (!column || (!button && !(column.classList.contains("folded") && target.closest("header")))) return;
    const folded = column.classList.toggle("folded");
    column.querySelector("[data-fold]")?.setAttribute("aria-expanded", String(!folded));
    void send("PUT", `/api/boards/${view.root.dataset.board}/view`, { folds: { [column.dataset.stage ?? ""]: folded } }).catch(
      () => undefined, // it is only how the page looks; nothing is lost
    );
  });
}
