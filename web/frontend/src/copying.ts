// Buttons that copy what stands in a field: `data-copies="#id"`, with the words for afterwards in `data-copied`.
import { toast } from "./toasts";

export function copyOnClick(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copies]");
    const field = document.querySelector<HTMLInputElement>(button?.dataset.copies ?? "#nothing");
    if (!button || !field) return;
    field.select();
    void navigator.clipboard?.writeText(field.value).then(() => toast(button.dataset.copied ?? "Copied"));
  });
}
