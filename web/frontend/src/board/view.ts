// The board as it stands on the page: columns, cards, counts; and how an answer of the server changes it.
import { isPressed, whenLetGo } from "../presses";

declare const htmx: { process(element: Element): void };

export interface Counts {
  columns: Record<string, { deals: number; words: string }>;
  total: string;
}

/** What has changed; counts and sums are missing where they are asked for apart. */
export interface Update extends Partial<Counts> {
  id?: number;
  cards: { id: number; stage: string; html: string }[];
  gone: number[];
}

/** Where a card stands: its list, and the card below it. */
export interface Place {
  list: HTMLElement;
  next: Element | null;
}

export class BoardView {
  private held = 0;
  private waiting: Update[] = [];

  constructor(readonly root: HTMLElement) {}

  words(name: string): string {
    return this.root.dataset[`words${name}`] ?? "";
  }

  /** The filter of the board, as its address holds it. */
  get query(): string {
    return this.root.dataset.query ?? "";
  }

  placeOf(card: HTMLElement): Place | undefined {
    const list = card.parentElement;
    return list ? { list, next: card.nextElementSibling } : undefined;
  }

  focus(id: number): void {
    this.card(id)?.querySelector<HTMLElement>(".title")?.focus({ preventScroll: true });
  }

  card(id: number): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`#deal-${id}`);
  }

  cards(): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>(".card")];
  }

  column(stage: string): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`.column[data-stage="${CSS.escape(stage)}"]`);
  }

  /** True while somebody drags or presses something, or waits for an answer: nothing may be drawn anew then. */
  get isHeld(): boolean {
    return this.held > 0 || isPressed(this.root);
  }

  /** While somebody drags, nothing moves under the pointer; what came meanwhile is shown afterwards. */
  hold(): void {
    this.held += 1;
  }

  release(): void {
    this.held -= 1;
    if (this.held === 0) this.waiting.splice(0).forEach((update) => this.apply(update));
  }

  /** Show counts and sums. */
  count({ columns, total }: Counts): void {
    for (const [stage, { deals, words }] of Object.entries(columns)) {
      const column = this.column(stage);
      const count = column?.querySelector("[data-count]");
      count?.replaceChildren(deals.toLocaleString(document.documentElement.lang));
      count?.classList.remove("later");
      column?.querySelector("[data-sum]")?.replaceChildren(words);
      const cards = column?.querySelectorAll(".card").length ?? 0;
      if (cards >= deals) column?.querySelector("[data-cards] > .more")?.remove(); // all are there: nothing is left to look for
    }
    document.getElementById("total")?.replaceChildren(total);
  }

  /** Show cards, counts and sums as the server has them. */
  apply(update: Update): void {
    if (this.held > 0) {
      this.waiting.push(update);
      return;
    }
    if (isPressed(this.root)) {
      whenLetGo(this.root, () => this.apply(update));
      return;
    }
    for (const one of update.cards) this.show(one);
    for (const id of update.gone) this.card(id)?.remove();
    if (update.columns && update.total !== undefined) this.count({ columns: update.columns, total: update.total });
    else this.root.dispatchEvent(new CustomEvent("recount"));
    if (update.cards.length > 0) document.querySelector(".over-empty")?.remove();
  }

  private show(one: { id: number; stage: string; html: string }): void {
    const old = this.card(one.id);
    const template = document.createElement("template");
    template.innerHTML = one.html.trim();
    const fresh = template.content.firstElementChild;
    const list = this.column(one.stage)?.querySelector<HTMLElement>("[data-cards]");
    if (!(fresh instanceof HTMLElement) || !list) {
      old?.remove();
      return;
    }
    if (old && (bare(old) === bare(fresh) || Number(old.dataset.version) > Number(fresh.dataset.version))) return;
    const focused = old?.contains(document.activeElement) ?? false;
    const stays = old?.parentElement === list;
    const keepsAge = old?.dataset.version === fresh.dataset.version;
    if (stays && old?.dataset.at === fresh.dataset.at) old?.replaceWith(fresh);
    else {
      old?.remove();
      if (!this.put(fresh, list)) return;
    }
    if (!keepsAge) fresh.classList.add("fresh");
    if (old?.classList.contains("at")) fresh.classList.add("at");
    htmx.process(fresh);
    if (focused) fresh.querySelector<HTMLElement>(".title")?.focus({ preventScroll: true });
  }

  /** Put a card where it belongs: who came last stands first.  False where that is below what has been loaded. */
  private put(fresh: HTMLElement, list: HTMLElement): boolean {
    const at = Number(fresh.dataset.at);
    const after = [...list.querySelectorAll<HTMLElement>(".card")].find((card) => Number(card.dataset.at) <= at);
    const more = list.querySelector(":scope > .more");
    if (!after && more) return false;
    const scrolled = list.scrollTop;
    list.insertBefore(fresh, after ?? null);
    if (scrolled > 0 && after && fresh.offsetTop - list.offsetTop < scrolled) list.scrollTop = scrolled + after.offsetTop - fresh.offsetTop;
    return true;
  }
}

/** A card as the server draws it, without what this page has added. */
function bare(card: HTMLElement): string {
  const copy = card.cloneNode(true) as HTMLElement;
  copy.classList.remove("fresh", "at");
  return copy.outerHTML;
}
