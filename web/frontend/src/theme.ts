// The theme changes at once; the server only remembers it.
export function chooseTheme(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("[data-theme-form] button[name=theme]");
    if (!button?.form) return;
    event.preventDefault();
    document.documentElement.dataset.theme = button.value;
    const data = new FormData(button.form, button);
    void fetch(button.form.action, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
    button.parentElement?.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
  });
}
