// The board of leads: a card goes to another status by mouse, by finger, or by its own choice of statuses.
import Sortable from "sortablejs";
import htmx from "htmx.org";
import "./styles/board.css";
import { dragged, keepMenusAway } from "./board/drag";
import { walkByKeys } from "./board/keys";

interface Answer {
  successful: boolean;
  pathInfo: { requestPath: string };
  requestConfig: { parameters: { status?: unknown } };
}

declare global {
  interface HTMLElementEventMap {
    "htmx:afterRequest": CustomEvent<Answer>;
  }
}

const root = document.querySelector<HTMLElement>("[data-lead-board]");
if (root) begin(root);

function begin(board: HTMLElement): void {
  const column = (status: string): HTMLElement | null => board.querySelector(`.column[data-status="${CSS.escape(status)}"] [data-cards]`);
  let next: Element | null = null;

  board.querySelectorAll<HTMLElement>("[data-cards]").forEach((list) => {
    Sortable.create(list, {
      ...dragged(board, "leads"),
      onStart: (event) => {
        next = event.item.nextElementSibling;
        board.classList.add("dragging");
      },
      onEnd: (event) => {
        board.classList.remove("dragging");
        const status = event.to.closest<HTMLElement>(".column")?.dataset.status;
        if (!status || status === event.item.dataset.status) return;
        event.item.classList.add("waiting");
        void htmx.ajax("post", `/leads/${event.item.dataset.id}/status`, { source: event.item, swap: "none", values: { status } });
      },
    });
  });

  /** Show a card where it stands; where it was dragged and refused, that is its place of before. */
  const stands = (card: HTMLElement, status: string): void => {
    const list = column(status);
    card.classList.remove("waiting");
    if (list && card.parentElement !== list) list.insertBefore(card, status === card.dataset.status && next?.parentElement === list ? next : list.firstChild);
    card.dataset.status = status;
    const choice = card.querySelector("select");
    if (choice && choice !== document.activeElement) choice.value = status;
  };

  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { successful, pathInfo, requestConfig } = event.detail;
    const id = /^\/leads\/(\d+)\/status$/.exec(pathInfo.requestPath)?.[1];
    const card = id ? document.getElementById(`lead-${id}`) : null;
    if (!card) return;
    const had = card.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    stands(card, successful ? String(requestConfig.parameters.status) : (card.dataset.status ?? ""));
    had?.focus({ preventScroll: true });
    htmx.trigger(document.body, "lead-moved");
  });
  keepMenusAway(board);
  walkByKeys({ root: board });
}
