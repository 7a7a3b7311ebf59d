// Walking over the cards: j and k along a column, h and l between columns, Enter opens.
import { on } from "../keyboard";

export function walkByKeys(view: { root: HTMLElement }): void {
  const columns = (): HTMLElement[][] =>
    [...view.root.querySelectorAll<HTMLElement>(".column:not(.folded)")].map((column) => [...column.querySelectorAll<HTMLElement>(".card")]);

  const step = (along: number, across: number): void => {
    const all = columns();
    const at = view.root.querySelector<HTMLElement>(".card.at");
    let column = at ? all.findIndex((cards) => cards.includes(at)) : -1;
    let row = at && column >= 0 ? (all[column]?.indexOf(at) ?? 0) + along : 0;
    if (column < 0) column = all.findIndex((cards) => cards.length > 0);
    if (across !== 0) {
      let next = column + across;
      while (all[next]?.length === 0) next += across;
      if (all[next]) column = next;
    }
    const cards = all[column] ?? [];
    row = Math.max(0, Math.min(row, cards.length - 1));
    const card = cards[row];
    if (!card) return;
    at?.classList.remove("at");
    card.classList.add("at");
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    card.querySelector<HTMLElement>(".title")?.focus({ preventScroll: true });
  };

  on("j", () => step(1, 0));
  on("k", () => step(-1, 0));
  on("l", () => step(0, 1));
  on("h", () => step(0, -1));
}
