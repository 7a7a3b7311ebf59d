// Moving a deal: shown at once, what its stage asks for asked in one window, told to the server, taken back where it refuses.
import { askMove } from "../move_window";
import { Refused, send } from "../requests";
import { toast } from "../toasts";
import type { BoardView, Place, Update } from "./view";

export class Mover {
  constructor(private readonly view: BoardView) {}

  /** Move a card from the menu or by a key. */
  async move(card: HTMLElement, to: string): Promise<void> {
    const from = card.dataset.stage ?? "";
    if (from === to) return;
    const home = this.view.placeOf(card);
    this.view.column(to)?.querySelector("[data-cards]")?.prepend(card);
    await this.moved(card, from, to, { home });
  }

  /** Tell the server of a card that stands in its new column already; `home` is where it stood. */
  async moved(card: HTMLElement, from: string, to: string, how: { home?: Place; quiet?: boolean } = {}): Promise<void> {
    const id = Number(card.dataset.id);
    const hadFocus = card.contains(document.activeElement);
    card.dataset.stage = to;
    card.classList.add("waiting");
    this.view.hold();
    let update: Update | undefined;
    try {
      update = await this.tell(id, from, to);
      if (!update) this.goesBack(card, from, how.home);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      update = (problem.body as { update?: Update } | undefined)?.update;
      this.goesBack(card, from, how.home);
      if (problem.status === 404) card.remove();
      const words = problem.status === 404 ? this.view.words("Gone") : problem.message;
      toast(problem.status === 409 || problem.status === 404 ? words : `${this.view.words("Back")} ${words}`, { kind: "bad" });
      to = "";
    } finally {
      card.classList.remove("waiting");
      this.view.release();
    }
    if (update) this.view.apply(update);
    if (hadFocus || !document.activeElement || document.activeElement === document.body) this.view.focus(id);
    if (update && to && !how.quiet) this.say(id, from, to);
  }

  /** Return the server's answer; `undefined` where the person left the deal where it was. */
  private async tell(id: number, from: string, to: string): Promise<Update | undefined> {
    const query = this.view.query;
    if (this.view.column(to)?.dataset.asks !== undefined) {
      const outcome = await askMove<Update>({ id, stage: to, stood: from, query });
      if (outcome.kind !== "free") return outcome.kind === "moved" ? outcome.answer : undefined;
    }
    try {
      return await send<Update>("POST", `/api/deals/${id}/move?${query}`, { stage: to, stood: from });
    } catch (problem) {
      // The stage has come to ask for something since this page was drawn.
      if (!(problem instanceof Refused) || problem.code !== "required_missing") throw problem;
      const outcome = await askMove<Update>({ id, stage: to, stood: from, query });
      return outcome.kind === "moved" ? outcome.answer : undefined;
    }
  }

  private say(id: number, from: string, to: string): void {
    const name = this.view.column(to)?.dataset.name ?? to;
    toast(`${this.view.words("Moved")} ${name}`, {
      undo: { words: this.view.words("Undo"), act: () => void this.back(id, to, from) },
    });
  }

  private async back(id: number, from: string, to: string): Promise<void> {
    const card = this.view.card(id);
    if (!card) return;
    const home = this.view.placeOf(card);
    this.view.column(to)?.querySelector("[data-cards]")?.prepend(card);
    await this.moved(card, from, to, { quiet: true, home });
  }

  private goesBack(card: HTMLElement, from: string, home?: Place): void {
    card.dataset.stage = from;
    if (home?.list.isConnected) home.list.insertBefore(card, home.next?.parentElement === home.list ? home.next : null);
    else this.view.column(from)?.querySelector("[data-cards]")?.prepend(card);
  }
}
