// A form that came back: the first field that is wrong has the focus, and is in sight.
export function showFirstWrong(): void {
  const field = document.querySelector<HTMLElement>("main form[method=post] [aria-invalid='true']");
  if (!field) return;
  field.focus({ preventScroll: true });
  const body = field.closest(".body");
  if (!body) return;
  const [around, own] = [body.getBoundingClientRect(), field.getBoundingClientRect()];
  if (own.top < around.top + 40 || own.bottom > around.bottom - 40) body.scrollTop += own.top - around.top - around.height / 3;
}
