// Choosing records on lists and boards, and the bar that says what can be done with all of them.
import htmx from "htmx.org";
import "./styles/selection.css";
import { open } from "./dialogs";
import { on } from "./keyboard";
import { csrf } from "./requests";
import { Chosen } from "./selection/chosen";
import { Marks } from "./selection/marks";

declare global {
  interface HTMLElementEventMap {
    "records-changed": CustomEvent<{ stays?: boolean }>;
  }
}

const bar = document.getElementById("selection");
if (bar) begin(bar);

/** Let records be chosen on the page that `bar` belongs to. */
function begin(bar: HTMLElement): void {
  const words = (name: string): string => bar.dataset[name] ?? "";
  const marks = new Marks(words("wordsPick"), words("wordsShown"));
  const chosen = new Chosen(() => show());
  const part = (name: string): HTMLElement | null => bar.querySelector<HTMLElement>(`[data-${name}]`);
  let isChoosing = false;

  const show = (): void => {
    const root = marks.root();
    bar.hidden = chosen.isEmpty && !isChoosing;
    document.body.classList.toggle("has-selection", !bar.hidden);
    const total = root?.dataset.total;
    const count = chosen.isAll ? (total ?? "∞") : chosen.size.toLocaleString(document.documentElement.lang);
    part("chosen")?.replaceChildren(chosen.isAll && !total ? words("wordsFit") : words("words").replace("{count}", count));
    const all = part("all");
    all?.replaceChildren(total ? words("wordsAll").replace("{count}", total) : words("wordsFit"));
    all?.setAttribute("aria-pressed", String(chosen.isAll));
    bar.querySelectorAll<HTMLButtonElement>("[data-act]").forEach((act) => (act.disabled = chosen.isEmpty));
    marks.draw(chosen, isChoosing);
    document.querySelectorAll("[data-chooses]").forEach((one) => one.setAttribute("aria-pressed", String(isChoosing)));
  };

  const clear = (): void => {
    const hadFocus = bar.contains(document.activeElement);
    isChoosing = false;
    chosen.clear();
    if (hadFocus) marks.focus();
  };

  const choose = (record: HTMLElement, isRange: boolean): void => chosen.toggle(record, isRange ? marks.records() : []);

  const whom = (root: HTMLElement): Record<string, string> => {
    const list = { within: root.dataset.within ?? "", query: root.dataset.filter ?? "" };
    return chosen.isAll ? list : { ...list, chosen: chosen.ids() };
  };

  const ask = async (act: string): Promise<void> => {
    const root = marks.root();
    const place = document.getElementById("mass-place");
    if (!root || !place || chosen.isEmpty) return;
    place.replaceChildren();
    await htmx.ajax("post", words("form"), { target: place, swap: "innerHTML", values: { kind: words("kind"), what: act, ...whom(root) } });
    if (place.firstElementChild) open("mass-dialog");
  };

  /** Let the browser take a file of what is chosen, as a form of the page would. */
  const save = (address: string): void => {
    const root = marks.root();
    if (!root || chosen.isEmpty) return;
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: address, hidden: true });
    for (const [name, value] of Object.entries({ csrf_token: csrf(), ...whom(root) })) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
  };

  document.addEventListener(
    "click",
    (event) => {
      const target = event.target as HTMLElement;
      if (target.closest("[data-check-shown]")) {
        chosen.set(marks.records(), (target as HTMLInputElement).checked);
        return;
      }
      const record = marks.recordOf(target);
      if (!record) return;
      if (target.matches(".pick")) {
        choose(record, event.shiftKey);
        return;
      }
      const isMeant = isChoosing || (event.shiftKey && !chosen.isEmpty);
      if (!isMeant || target.closest("button, input, select, label, summary")) return;
      event.preventDefault();
      event.stopPropagation();
      choose(record, event.shiftKey);
    },
    true,
  );
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-closes-mass]")) target.closest("dialog")?.close();
    if (target.closest("[data-chooses]")) {
      isChoosing = !isChoosing;
      if (isChoosing) show();
      else clear();
    }
  });
  bar.addEventListener("click", (event) => {
    const target = (event.target as Element).closest<HTMLElement>("button");
    if (!target) return;
    if (target.dataset.act !== undefined) {
      target.closest("details")?.removeAttribute("open");
      if (target.dataset.file) save(target.dataset.file);
      else void ask(target.dataset.act);
    } else if (target.dataset.all !== undefined) chosen.takeAll();
    else if (target.dataset.none !== undefined) clear();
  });
  document.addEventListener("pointerover", (event) => {
    const record = event.pointerType === "mouse" ? marks.recordOf(event.target as Element) : null;
    if (record) marks.box(record, chosen);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || bar.hidden || document.querySelector("dialog[open], [data-drawer], details.menu[open]")) return;
    clear();
  });
  on("x", () => {
    const record = marks.current();
    if (record) choose(record, false);
  });
  on("X", () => {
    const record = marks.current();
    if (record) choose(record, true);
  });
  on(".", () => {
    if (!bar.hidden) bar.querySelector<HTMLElement>("[data-all]")?.focus();
  });
  document.body.addEventListener("records-changed", (event) => {
    const dialog = document.getElementById("mass-dialog");
    if (!event.detail.stays && dialog instanceof HTMLDialogElement) dialog.close();
    clear();
    void marks.readAgain();
  });
  marks.watch(show);
  show();
}
