// Toasts: short notes at the edge, with an undo where there is one.
import { on } from "./keyboard";

const LASTS = 6_000;
const LASTS_WITH_UNDO = 10_000;
/** How many notes are shown at once: on a phone more of them would lie over what is to be pressed next. */
const most = (): number => (window.innerWidth <= 720 ? 1 : 3);

interface Options {
  kind?: "ok" | "bad";
  undo?: { words: string; act: () => void };
}

/** Show a note for some seconds; longer while the pointer or the focus is on it. */
export function toast(words: string, options: Options = {}): void {
  const note = document.createElement("p");
  note.className = "toast";
  note.dataset.kind = options.kind ?? "ok";
  if (options.kind === "bad") note.setAttribute("role", "alert");
  note.append(words);
  const { undo } = options;
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = undo.words;
    button.addEventListener("click", () => {
      note.remove();
      undo.act();
    });
    note.append(button);
  }
  note.addEventListener("click", () => note.remove());
  const place = document.getElementById("toasts");
  place?.append(note);
  while (place && place.childElementCount > most()) place.firstElementChild?.remove();
  leave(note);
}

/** Let the notes that came with the page leave too, and the key z press the last Undo. */
export function fade(): void {
  on("z", () => [...document.querySelectorAll<HTMLElement>("#toasts .toast button")].pop()?.click());
  document.querySelectorAll<HTMLElement>("#toasts .toast").forEach(leave);
}

function leave(note: HTMLElement): void {
  const lasts = note.querySelector("button") ? LASTS_WITH_UNDO : LASTS;
  window.setTimeout(() => (note.matches(":hover, :focus-within") ? leave(note) : note.remove()), lasts);
}
