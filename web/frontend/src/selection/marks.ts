// How chosen records look: a box in the corner of a card, a first cell in a row; drawn again where the page was.
import htmx from "htmx.org";
import { isPressed } from "../presses";
import type { Chosen } from "./chosen";

export class Marks {
  constructor(
    private readonly pick: string,
    private readonly shown: string,
  ) {}

  /** The list or the board; lists are drawn anew as a whole, so it is looked for each time. */
  root(): HTMLElement | null {
    return document.querySelector<HTMLElement>("[data-selection]");
  }

  records(): HTMLElement[] {
    return [...(this.root()?.querySelectorAll<HTMLElement>(".card[data-id], tr[data-id]") ?? [])];
  }

  recordOf(target: Element): HTMLElement | null {
    const record = target.closest<HTMLElement>(".card[data-id], tr[data-id]");
    return record?.closest("[data-selection]") ? record : null;
  }

  /** The record that keys are about: where the walk over the cards is, or the focus. */
  current(): HTMLElement | null {
    const at = this.root()?.querySelector<HTMLElement>(".card.at[data-id]");
    return at ?? (document.activeElement ? this.recordOf(document.activeElement) : null);
  }

  /** Give the focus back to the record that keys are about, else to the list or the board. */
  focus(): void {
    (this.current()?.querySelector<HTMLElement>("a") ?? this.root())?.focus({ preventScroll: true });
  }

  draw(chosen: Chosen, isChoosing: boolean): void {
    const records = this.records();
    const head = records[0]?.closest("table")?.querySelector<HTMLTableRowElement>("thead tr");
    if (head && !head.querySelector(".mark-cell")) head.prepend(this.headCell());
    for (const record of records) {
      const isChosen = chosen.has(record);
      record.classList.toggle("chosen", isChosen);
      if (isChosen || isChoosing || record instanceof HTMLTableRowElement) this.box(record, chosen);
      else if (!isPressed(record)) record.querySelector(":scope > .pick")?.remove();
    }
    const every = this.root()?.querySelector<HTMLInputElement>("[data-check-shown]");
    const marked = records.filter((one) => chosen.has(one)).length;
    if (every) {
      every.checked = marked > 0 && marked === records.length;
      every.indeterminate = marked > 0 && marked < records.length;
    }
  }

  /** Give a record its box, if it has none, and let the box say whether it is chosen. */
  box(record: HTMLElement, chosen: Chosen): void {
    let box = record.querySelector<HTMLInputElement>(":scope > .pick, :scope > .mark-cell > .pick");
    if (!box) {
      box = document.createElement("input");
      box.type = "checkbox";
      box.className = "pick act";
      const name = record.querySelector("a")?.textContent?.trim() ?? record.dataset.id ?? "";
      box.setAttribute("aria-label", this.pick.replace("{name}", name));
      if (record instanceof HTMLTableRowElement) {
        const cell = record.insertCell(0);
        cell.className = "mark-cell";
        cell.append(box);
      } else record.append(box);
    }
    box.checked = chosen.has(record);
  }

  /** Call `draw` whenever records come or are drawn anew. */
  watch(draw: () => void): void {
    const main = document.getElementById("content");
    if (!main) return;
    const isRecord = (node: Node): boolean =>
      node instanceof HTMLElement && (node.matches("[data-id], [data-selection], tbody") || node.querySelector("[data-id]") !== null);
    new MutationObserver((changes) => {
      if (changes.some((change) => [...change.addedNodes].some(isRecord))) draw();
    }).observe(main, { childList: true, subtree: true });
  }

  /** Show records as they are now: a board asks what changed, a list is read again. */
  async readAgain(): Promise<void> {
    const root = this.root();
    if (!root) return;
    if (root.dataset.board !== undefined) {
      document.dispatchEvent(new Event("look-again"));
      return;
    }
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(root.id);
    if (!answer.ok || !fresh || !root.isConnected) return;
    const hadFocus = root.contains(document.activeElement);
    const [body, freshBody] = [root.querySelector("tbody"), fresh.querySelector("tbody")];
    if (body && freshBody) {
      body.replaceWith(freshBody); // whoever listens to the table goes on listening
      htmx.process(freshBody);
    } else {
      root.replaceWith(fresh);
      htmx.process(fresh);
    }
    if (hadFocus && document.activeElement === document.body) this.root()?.focus({ preventScroll: true });
    const total = page.getElementById("total");
    if (total) document.getElementById("total")?.replaceChildren(total.textContent ?? "");
  }

  private headCell(): HTMLElement {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = "mark-cell";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.dataset.checkShown = "";
    box.setAttribute("aria-label", this.shown);
    cell.append(box);
    return cell;
  }
}
