// The filter of lists and boards: fields that are added to it, and what was left empty stays out of the address.
import htmx from "htmx.org";
import { on } from "./keyboard";

export function findByFilter(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-finding]");
  if (!form) return;
  const adds = form.querySelector<HTMLSelectElement>("[data-add-field]");
  const rows = form.querySelector<HTMLElement>("[data-rows]");
  adds?.addEventListener("change", () => {
    const path = adds.value;
    if (!path || !rows) return;
    void htmx.ajax("get", `${adds.dataset.addField}?add=${encodeURIComponent(path)}`, { target: rows, swap: "beforeend" }).then(() => {
      adds.querySelector(`option[value="${CSS.escape(path)}"]`)?.remove();
      adds.value = "";
      rows.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"] summary`)?.focus();
    });
  });
  on("f", () => {
    const sheet = form.querySelector<HTMLDetailsElement>("details.filter");
    if (sheet) sheet.open = true;
    sheet?.querySelector<HTMLElement>("[data-rows] summary")?.focus();
  });
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if ((field instanceof HTMLInputElement || field instanceof HTMLSelectElement) && field.value === "" && field.form === form) {
        field.disabled = true;
        window.setTimeout(() => (field.disabled = false)); // the page may come back from memory
      }
    }
  });
}
