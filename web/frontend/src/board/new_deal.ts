// A new deal, from a column's plus, the button above, or the key n.
import { on } from "../keyboard";
import { open } from "../dialogs";
import { Refused, send } from "../requests";
import type { Update } from "./view";

export function addDeals(added: (update: Update) => void): void {
  const form = document.querySelector<HTMLFormElement>("[data-new-deal]");
  if (!form) return;
  const dialog = form.closest("dialog");
  const notice = form.querySelector<HTMLElement>(".notice");

  const start = (stage?: string): void => {
    form.reset();
    if (notice) notice.hidden = true;
    const select = form.elements.namedItem("stage") as HTMLSelectElement;
    if (stage) select.value = stage;
    open("new-deal");
  };

  on("n", () => start());
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const plus = target.closest<HTMLElement>("[data-add]");
    if (plus) start(plus.dataset.add);
    if (target.closest("[data-closes]")) target.closest("dialog")?.close();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector<HTMLButtonElement>("button.primary");
    if (button) button.disabled = true;
    try {
      const update = await send<Update>("POST", `${form.dataset.newDeal}${location.search}`, Object.fromEntries(new FormData(form)));
      dialog?.close();
      added(update);
    } catch (problem) {
      if (!(problem instanceof Refused) || !notice) throw problem;
      notice.textContent = problem.message;
      notice.hidden = false;
    } finally {
      if (button) button.disabled = false;
    }
  });
}
