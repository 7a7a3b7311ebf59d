// What stands around the canvas and says the same figures: the sum, the notes, the list; periods and colours are chosen here.
import { HEATS, type Live, remember } from "./live";
import type { Panel } from "./panel";

export function around(live: Live, panel?: Panel): void {
  const bar = document.getElementById("seen-live");
  bar?.addEventListener("click", (event) => {
    const target = event.target as Element;
    const link = target.closest<HTMLAnchorElement>("a[data-period]");
    const button = target.closest<HTMLButtonElement>("button[data-heat]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      choose(bar, link);
      void live.ask();
      panel?.again();
    }
    const heat = HEATS.find((one) => one === button?.dataset.heat);
    if (heat) live.warm(heat);
  });
  const show = (): void => {
    const { figures, heat } = live.snapshot();
    bar?.querySelectorAll<HTMLElement>("[data-heat]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.heat === heat)));
    bar?.querySelectorAll<HTMLInputElement>('input[name="heat"]').forEach((one) => (one.value = heat));
    if (!figures) return;
    document.querySelectorAll<HTMLElement>("[data-sum]").forEach((one) => write(one, figures.sum[one.dataset.sum as "entered"]));
    write(document.getElementById("figures-notes"), figures.notes.join(" "));
    write(document.getElementById("figures-counted"), figures.counted);
    document.querySelectorAll<HTMLElement>("[data-counts]").forEach((one) =>
      write(one, (figures.nodes[one.dataset.counts ?? ""]?.footer ?? []).map((count) => `${count.n} ${count.words}`).join(", ")),
    );
  };
  live.subscribe(show);
  show();
}

/** Choose one of the named periods, without loading the page again. */
function choose(bar: HTMLElement, link: HTMLAnchorElement): void {
  bar.querySelectorAll("[data-period]").forEach((one) => one.removeAttribute("aria-current"));
  bar.querySelectorAll("[data-own]").forEach((one) => one.classList.remove("on"));
  link.setAttribute("aria-current", "true");
  const key = link.dataset.period ?? "all";
  remember("period", key === "all" ? "" : key);
  remember("since", "");
  remember("until", "");
}

function write(place: HTMLElement | null, words: string): void {
  if (place && place.textContent !== words) place.textContent = words;
}
