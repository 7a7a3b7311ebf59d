// A form that came back: the first field that is wrong has the focus, and is in sight.
export function showFirstWrong(): void {
  const field = document.querySelector<HTMLElement>("main [aria-invalid='true']");
  if (!field) return;
  field.focus({ preventScroll: true });
  field.scrollIntoView({ block: "center" });
}
