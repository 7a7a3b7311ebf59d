// The board: dragging, the menu twin of dragging, keys, new deals, and what others change meanwhile.
import Sortable from "sortablejs";
import "./styles/board.css";
import { BoardView, type Place, type Update } from "./board/view";
import { dragged, holdWhilePressed, keepMenusAway } from "./board/drag";
import { followChanges } from "./board/changes";
import { countApart } from "./board/counting";
import { addDeals } from "./board/new_deal";
import { offerMoves } from "./board/menu";
import { walkByKeys } from "./board/keys";
import { foldColumns } from "./board/folds";
import { Mover } from "./board/mover";
import { rememberView } from "./board/remember";
import { keepScroll } from "./board/scroll";
import { editStages } from "./board/editing";

const root = document.querySelector<HTMLElement>("[data-board]");
const view = root ? new BoardView(root) : null;

rememberView();
editStages();
addDeals((update: Update) => (view ? view.apply(update) : location.reload()));

if (root && view) {
  const mover = new Mover(view);
  let home: Place | undefined;
  root.querySelectorAll<HTMLElement>("[data-cards]").forEach((list) => {
    Sortable.create(list, {
      ...dragged(root, "deals"),
      onStart: (event) => {
        home = view.placeOf(event.item);
        root.classList.add("dragging");
        view.hold();
      },
      onEnd: (event) => {
        root.classList.remove("dragging");
        view.release();
        const to = event.to.closest<HTMLElement>("[data-stage].column")?.dataset.stage;
        const from = event.from.closest<HTMLElement>("[data-stage].column")?.dataset.stage;
        if (to && from && to !== from) void mover.moved(event.item, from, to, { home });
      },
    });
  });
  keepMenusAway(root);
  holdWhilePressed(view);
  offerMoves(view, mover);
  walkByKeys(view);
  foldColumns(view);
  keepScroll(root);
  countApart(view);
  followChanges(view);
}
