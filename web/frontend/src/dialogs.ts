// Dialogs and menus: opened by buttons that name them, closed by Escape or a click beside them.

/** Open the dialog with this id, if it is not open. */
export function open(id: string): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.querySelectorAll<HTMLElement>("[data-copy-of]").forEach((place) => {
    const source = document.querySelector(place.dataset.copyOf ?? "");
    if (source && !place.firstChild) place.append(source.cloneNode(true));
  });
  dialog.showModal();
  dialog.querySelector<HTMLInputElement>("input[type=search]")?.select();
}

export function openDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) open(opener.dataset.opens ?? "");
    if (target instanceof HTMLDialogElement) target.close();
    document.querySelectorAll<HTMLDetailsElement>("details.menu[open]").forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
      event.stopImmediatePropagation();
    }
  });
}
