// The drawer with a card over a board: its address, the focus, closing; and cards that are drawn again without losing what is typed.
import htmx from "htmx.org";
import { toast } from "./toasts";

interface Note {
  words: string;
  undo?: { words: string; address: string; values: Record<string, string> };
}

interface Swap {
  xhr: XMLHttpRequest;
  target: HTMLElement;
  shouldSwap: boolean;
  isError: boolean;
  requestConfig?: { elt: Element };
}

declare global {
  interface HTMLElementEventMap {
    "htmx:beforeSwap": CustomEvent<Swap>;
    "htmx:afterSwap": CustomEvent<{ target: HTMLElement }>;
    note: CustomEvent<Note>;
    "drawer-closes": CustomEvent;
  }
}

/** How many addresses the drawer has put over the page's own, and what had the focus before. */
let depth = 0;
let opener: HTMLElement | null = null;

const place = (): HTMLElement | null => document.getElementById("drawer");
const drawer = (): HTMLElement | null => document.querySelector("[data-drawer]");

export function keepDrawers(): void {
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === place() && !drawer()) opener = document.activeElement as HTMLElement | null;
    // A form that was refused comes back with what was typed, whatever the status.
    if (event.detail.xhr.getResponseHeader("HX-Reswap")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === place()) opened();
  });
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-closes-drawer]")) return;
    event.preventDefault();
    leave();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drawer() || document.querySelector("dialog[open]")) return;
    const field = document.activeElement;
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
      drawer()?.focus(); // the first Escape leaves the field, so that nothing typed is lost by a slip
      return;
    }
    leave();
  });
  window.addEventListener("popstate", (event) => {
    const state = event.state as { drawer?: string; depth?: number } | null;
    if (state?.drawer) {
      depth = state.depth ?? 1;
      void htmx.ajax("get", state.drawer, { target: "#drawer", swap: "innerHTML" });
    } else if (drawer()) {
      close();
    }
  });
  document.body.addEventListener("drawer-closes", () => leave());
  document.body.addEventListener("note", (event) => tell(event.detail));
  keepTyped();
}

function opened(): void {
  const shown = drawer();
  const address = shown?.dataset.address;
  if (!shown || !address) return;
  if (location.pathname !== address) history.pushState({ drawer: address, depth: ++depth }, "", address);
  else depth = Math.max(depth, 1);
  shown.focus();
}

/** Go back to the address of the page below; the drawer goes with it. */
function leave(): void {
  if (!drawer()) return;
  const back = depth;
  close();
  if (back > 0) history.go(-back);
}

function close(): void {
  place()?.replaceChildren();
  depth = 0;
  if (opener?.isConnected) opener.focus();
  opener = null;
}

function tell(note: Note): void {
  const { undo } = note;
  if (!undo) {
    toast(note.words);
    return;
  }
  const act = (): void => {
    const card = document.getElementById("card");
    const how = card ? { target: "#card", swap: "outerHTML" } : { swap: "none" };
    void htmx.ajax("post", undo.address, { ...how, values: undo.values });
  };
  toast(note.words, { undo: { words: undo.words, act } });
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** While a card is drawn again, what was typed in its other forms stays, and what was unfolded stays so. */
function keepTyped(): void {
  let typed = new Map<string, string>();
  let unfolded: string[] = [];
  let hadFocus = false;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (target.id !== "card") return;
    hadFocus = target.contains(document.activeElement);
    const own = requestConfig?.elt.closest("form, [data-forgets]");
    const forgotten = own instanceof HTMLElement ? own.dataset.forgets : undefined;
    typed = new Map();
    target.querySelectorAll<Field>("form[id] :is(input, textarea, select)").forEach((field) => {
      if (field.type === "hidden" || field.type === "checkbox" || field.form === own) return;
      if (forgotten && field.closest(`#${forgotten}`)) return;
      if (isChanged(field)) typed.set(`${field.form?.id} ${field.name}`, field.value);
    });
    unfolded = [...target.querySelectorAll<HTMLDetailsElement>("details[id][open]:not(.menu)")]
      .filter((one) => one.id !== forgotten && !(own && one.contains(own)))
      .map((one) => one.id);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    const card = document.getElementById("card");
    if (!card) return;
    for (const id of unfolded) card.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    for (const [key, value] of typed) {
      const [form = "", name = ""] = key.split(" ", 2);
      const field = card.querySelector<Field>(`form#${CSS.escape(form)} [name="${CSS.escape(name)}"]`);
      if (field) field.value = value;
    }
    typed = new Map();
    unfolded = [];
    if (hadFocus && !card.contains(document.activeElement)) {
      card.tabIndex = -1; // who works by keys goes on where the card begins, not where the page does
      (drawer() ?? card).focus({ preventScroll: true });
    }
    hadFocus = false;
  });
}

function isChanged(field: Field): boolean {
  if (field instanceof HTMLSelectElement) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.defaultSelected);
  return field.value !== field.defaultValue;
}
