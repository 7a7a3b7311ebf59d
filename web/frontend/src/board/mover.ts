// Moving a deal: shown at once, told to the server, taken back with the reason where it refuses.
import { Refused, send } from "../requests";
import { toast } from "../toasts";
import type { BoardView, Update } from "./view";

interface Missing {
  reasons?: { key: string; name: string }[];
  asks_reason?: boolean;
}

export class Mover {
  constructor(private readonly view: BoardView) {}

  /** Move a card from the menu or by a key. */
  async move(card: HTMLElement, to: string): Promise<void> {
    const from = card.dataset.stage ?? "";
    if (from === to) return;
    this.view.column(to)?.querySelector("[data-cards]")?.prepend(card);
    await this.moved(card, from, to);
  }

  /** Tell the server of a card that stands in its new column already. */
  async moved(card: HTMLElement, from: string, to: string, options: { quiet?: boolean; reason?: string } = {}): Promise<void> {
    const id = Number(card.dataset.id);
    card.dataset.stage = to;
    card.classList.add("waiting");
    try {
      const body = { stage: to, version: Number(card.dataset.version), loss_reason: options.reason ?? null };
      const update = await send<Update>("POST", `/api/deals/${id}/move`, body);
      this.view.apply(update);
      const name = this.view.column(to)?.dataset.name ?? to;
      if (!options.quiet) {
        toast(`${this.view.words("Moved")} ${name}`, {
          undo: { words: this.view.words("Undo"), act: () => void this.back(id, to, from) },
        });
      }
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      await this.refused(problem, card, from, to);
    } finally {
      card.classList.remove("waiting");
    }
  }

  private async back(id: number, from: string, to: string): Promise<void> {
    const card = this.view.card(id);
    if (!card) return;
    this.view.column(to)?.querySelector("[data-cards]")?.prepend(card);
    await this.moved(card, from, to, { quiet: true });
  }

  private async refused(problem: Refused, card: HTMLElement, from: string, to: string): Promise<void> {
    const missing = problem.body as Missing | undefined;
    if (problem.code === "required_missing" && missing?.asks_reason && missing.reasons?.length) {
      const reason = await ask(missing.reasons);
      if (reason) {
        await this.moved(card, from, to, { reason });
        return;
      }
      this.rollBack(card, from);
      return;
    }
    this.rollBack(card, from);
    toast(`${this.view.words("Back")} ${problem.message}`, { kind: "bad" });
  }

  private rollBack(card: HTMLElement, from: string): void {
    card.dataset.stage = from;
    this.view.column(from)?.querySelector("[data-cards]")?.prepend(card);
  }
}

/** Ask why a deal is lost; `undefined` where it shall stay. */
function ask(reasons: { key: string; name: string }[]): Promise<string | undefined> {
  const dialog = document.getElementById("why-lost") as HTMLDialogElement;
  const place = dialog.querySelector("[data-reasons]");
  place?.replaceChildren(
    ...reasons.map(({ key, name }, at) => {
      const label = document.createElement("label");
      const choice = document.createElement("input");
      Object.assign(choice, { type: "radio", name: "reason", value: key, checked: at === 0 });
      label.append(choice, name);
      return label;
    }),
  );
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        const chosen = dialog.querySelector<HTMLInputElement>("input[name=reason]:checked")?.value;
        resolve(dialog.returnValue === "ok" ? chosen : undefined);
      },
      { once: true },
    );
  });
}
