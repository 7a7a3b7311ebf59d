// The board: dragging, the menu twin of dragging, keys, new deals, and what others change meanwhile.
import Sortable from "sortablejs";
import "./styles/board.css";
import { BoardView, type Update } from "./board/view";
import { followChanges } from "./board/changes";
import { addDeals } from "./board/new_deal";
import { offerMoves } from "./board/menu";
import { walkByKeys } from "./board/keys";
import { Mover } from "./board/mover";

const root = document.querySelector<HTMLElement>("[data-board]");
const view = root ? new BoardView(root) : null;

addDeals((update: Update) => (view ? view.apply(update) : location.reload()));

if (root && view) {
  const mover = new Mover(view);
  root.querySelectorAll<HTMLElement>("[data-cards]").forEach((list) => {
    Sortable.create(list, {
      group: "deals",
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
      filter: ".act",
      preventOnFilter: false,
      disabled: root.dataset.fixed !== undefined,
      onStart: () => view.hold(),
      onEnd: (event) => {
        view.release();
        const to = event.to.closest<HTMLElement>("[data-stage].column")?.dataset.stage;
        const from = event.from.closest<HTMLElement>("[data-stage].column")?.dataset.stage;
        if (to && from && to !== from) void mover.moved(event.item, from, to);
      },
    });
  });
  offerMoves(view, mover);
  walkByKeys(view);
  followChanges(view);
}
