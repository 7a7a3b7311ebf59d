// The menu twin of dragging: every card can be sent to a stage without a pointer that drags.
import { on } from "../keyboard";
import type { Mover } from "./mover";
import type { BoardView } from "./view";

export function offerMoves(view: BoardView, mover: Mover): void {
  const menu = document.getElementById("move-menu");
  if (!menu) return;
  let opener: HTMLElement | null = null;

  const close = (): void => {
    menu.hidden = true;
    opener?.focus();
    opener = null;
  };

  const open = (card: HTMLElement, from: HTMLElement): void => {
    opener = from;
    const id = Number(card.dataset.id);
    menu.replaceChildren(
      ...[...view.root.querySelectorAll<HTMLElement>(".column")]
        .filter((column) => column.dataset.stage !== card.dataset.stage && column.dataset.kind !== "undefined")
        .map((column) => {
          const button = document.createElement("button");
          button.type = "button";
          button.setAttribute("role", "menuitem");
          const swatch = column.querySelector(".swatch")?.cloneNode(true);
          button.append(...(swatch ? [swatch] : []), column.dataset.name ?? "");
          button.addEventListener("click", () => {
            close();
            const now = view.card(id); // it may have been drawn anew since
            if (now) void mover.move(now, column.dataset.stage ?? "");
          });
          return button;
        }),
    );
    menu.hidden = false;
    const box = from.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, window.innerHeight - menu.offsetHeight - 8))}px`;
    menu.querySelector("button")?.focus();
  };

  view.root.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-move]");
    const card = button?.closest<HTMLElement>(".card");
    if (button && card) {
      event.stopPropagation();
      open(card, button);
    }
  });
  on("m", () => {
    const card = view.root.querySelector<HTMLElement>(".card.at") ?? document.activeElement?.closest<HTMLElement>(".card");
    const button = card?.querySelector<HTMLElement>("[data-move]");
    if (card && button) open(card, button);
  });
  document.addEventListener("click", (event) => {
    if (!menu.hidden && !menu.contains(event.target as Node)) close();
  });
  menu.addEventListener("keydown", (event) => {
    const buttons = [...menu.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") buttons[(at + 1) % buttons.length]?.focus();
    else if (event.key === "ArrowUp") buttons[(at - 1 + buttons.length) % buttons.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
