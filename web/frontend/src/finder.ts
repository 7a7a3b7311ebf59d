// Search from anywhere: answers come while one types.
import { whenLetGo } from "./presses";

export function findAsTyped(): void {
  const input = document.querySelector<HTMLInputElement>("[data-finder]");
  const found = document.getElementById("found");
  if (!input || !found) return;
  let asked = 0;
  let timer = 0;
  const ask = async (): Promise<void> => {
    const mine = ++asked;
    const wanted = input.value.trim();
    if (wanted.length < 2) {
      found.replaceChildren();
      return;
    }
    const answer = await fetch(`${input.dataset.finder}?q=${encodeURIComponent(wanted)}`, { headers: { "HX-Request": "true" } }).catch(
      () => undefined, // the server is away, or the page is being left
    );
    const words = answer?.ok ? await answer.text().catch(() => undefined) : undefined;
    if (words === undefined) return;
    whenLetGo(found, () => {
      if (mine === asked) found.innerHTML = words;
    });
  };
  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), 120);
  });
  input.form?.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    if (event.key === "ArrowDown") links[0]?.focus();
    if (event.key === "Enter") {
      event.preventDefault();
      links[0]?.click();
    }
  });
  found.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (event.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
    if (event.key === "ArrowUp") (at <= 0 ? input : links[at - 1])?.focus();
  });
}
