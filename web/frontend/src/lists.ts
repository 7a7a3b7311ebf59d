// Lists of deals: cells that are changed in place, rows and totals that are drawn again once something has changed.
import "./styles/board.css";
import "./styles/lists.css";
import htmx from "htmx.org";

declare global {
  interface HTMLElementEventMap {
    "deal-changed": CustomEvent<{ id?: number }>;
    "list-changed": CustomEvent;
  }
}

const table = document.querySelector<HTMLElement>("[data-deals]");

function rowOf(element: Element | null): HTMLElement | null {
  return element?.closest<HTMLElement>("tr[data-id]") ?? null;
}

/** Draw a row again: with a cell to change (`edit`), or with the focus on one (`focus`). */
function draw(row: HTMLElement, parameters: Record<string, string> = {}): void {
  const all: Record<string, string> = table?.dataset.all ? { all: "1" } : {};
  const query = new URLSearchParams({ ...parameters, ...all });
  void htmx.ajax("get", `/deals/${row.dataset.id}/row?${query}`, { target: row, swap: "outerHTML" });
}

async function recount(): Promise<void> {
  const address = table?.dataset.total;
  const total = document.getElementById("total");
  if (!address || !total) return;
  const answer = await fetch(address);
  if (answer.ok) total.textContent = await answer.text();
}

table?.addEventListener("click", (event) => {
  const target = event.target as Element;
  const row = rowOf(target);
  if (!row) return;
  const edit = target.closest<HTMLElement>("[data-edit]")?.dataset.edit;
  if (edit) draw(row, { edit });
  const leaving = target.closest("[data-leave]")?.closest<HTMLElement>("[data-cell]")?.dataset.cell;
  if (leaving) draw(row, { focus: leaving });
});

table?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const target = event.target as Element;
  const row = rowOf(target);
  const leaving = target.closest<HTMLElement>("[data-cell]")?.dataset.cell;
  if (!row || !leaving) return;
  event.stopPropagation();
  draw(row, { focus: leaving });
});

document.body.addEventListener("list-changed", () => void recount());
document.body.addEventListener("deal-changed", (event) => {
  const row = document.getElementById(`row-${event.detail.id ?? ""}`);
  const at = row?.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.edit : undefined;
  if (row) draw(row, at ? { focus: at } : {});
  void recount();
});
