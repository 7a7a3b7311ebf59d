// A board drawn anew without leaving the page, where so much has changed that nobody wants to hear of each card.
import htmx from "htmx.org";
import type { BoardView } from "./view";

/** Show the first cards of each column, counts and sums as they are; returns the number of the newest change, if it could be done. */
export async function drawAgain(view: BoardView): Promise<number | undefined> {
  const { board, query } = view.root.dataset;
  const answer = await fetch(`/boards/${board}?${query ?? ""}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector<HTMLElement>("[data-board]");
  if (!answer.ok || !fresh || view.isHeld) return undefined;
  const columns = [...fresh.querySelectorAll<HTMLElement>(".column")];
  if (columns.length !== view.root.querySelectorAll(".column").length) {
    location.reload();
    return undefined;
  }
  const apart = view.root.dataset.totals !== undefined;
  const at = Number(view.root.querySelector<HTMLElement>(".card.at")?.dataset.id);
  const hadFocus = view.root.contains(document.activeElement);
  for (const column of columns) {
    const shown = view.column(column.dataset.stage ?? "");
    const [list, cards] = [shown, column].map((one) => one?.querySelector("[data-cards]"));
    if (!list || !cards) continue;
    list.replaceChildren(...cards.childNodes);
    htmx.process(list);
    if (apart) continue;
    for (const part of ["[data-count]", "[data-sum]"]) shown?.querySelector(part)?.replaceChildren(column.querySelector(part)?.textContent ?? "");
  }
  view.card(at)?.classList.add("at");
  if (hadFocus && !view.root.contains(document.activeElement)) {
    view.root.focus({ preventScroll: true });
    view.focus(at);
  }
  const total = page.getElementById("total");
  if (apart) view.root.dispatchEvent(new CustomEvent("recount"));
  else if (total) document.getElementById("total")?.replaceChildren(total.textContent ?? "");
  return Number(fresh.dataset.number);
}
