// The board in edit mode: columns are dragged by their handles, or stepped by the arrow keys; a column's form opens over it.
import Sortable from "sortablejs";
import { Refused, send } from "../requests";
import { toast } from "../toasts";

export function editStages(): void {
  const board = document.querySelector<HTMLElement>("[data-edits]");
  if (!board) return;
  let before = order(board);
  Sortable.create(board, {
    handle: "[data-handle]",
    draggable: ".column[data-stage]",
    direction: "horizontal",
    animation: 140,
    delay: 120,
    delayOnTouchOnly: true,
    forceFallback: true,
    fallbackTolerance: 4,
    scrollSensitivity: 80,
    ghostClass: "ghosted",
    onEnd: () => void keep(),
  });
  openForms();

  const keep = async (): Promise<void> => {
    const now = order(board);
    if (now.join() === before.join()) return;
    try {
      await send("PUT", `/api/boards/${board.dataset.edits}/order`, { stages: now });
      before = now;
      markEnds(board);
      toast(board.dataset.wordsOrder ?? "");
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      for (const key of before) board.append(column(board, key));
      for (const rest of board.querySelectorAll(":scope > .column:not([data-stage])")) board.append(rest);
      toast(`${board.dataset.wordsBack} ${problem.message}`, { kind: "bad" });
    }
  };

  // The arrows of a column work at once where there is a script; without one they are ordinary forms.
  board.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const button = event.submitter as HTMLButtonElement | null;
    const own = form.closest<HTMLElement>(".column[data-stage]");
    if (button?.name !== "to" || !own) return;
    event.preventDefault();
    const beside = button.value === "left" ? own.previousElementSibling : own.nextElementSibling;
    if (!(beside instanceof HTMLElement) || beside.dataset.stage === undefined) return;
    beside.insertAdjacentElement(button.value === "left" ? "beforebegin" : "afterend", own);
    own.scrollIntoView({ block: "nearest", inline: "nearest" });
    markEnds(board);
    (button.disabled ? own.querySelector<HTMLButtonElement>("button[name=to]:not(:disabled)") : button)?.focus();
    void keep();
  });
}

function order(board: HTMLElement): string[] {
  return [...board.querySelectorAll<HTMLElement>(".column[data-stage]")].map((one) => one.dataset.stage ?? "");
}

function column(board: HTMLElement, key: string): HTMLElement {
  return board.querySelector<HTMLElement>(`.column[data-stage="${CSS.escape(key)}"]`) as HTMLElement;
}

function markEnds(board: HTMLElement): void {
  const columns = [...board.querySelectorAll<HTMLElement>(".column[data-stage]")];
  columns.forEach((one, at) => {
    one.querySelectorAll<HTMLButtonElement>("button[name=to]").forEach((button) => {
      button.disabled = button.value === "left" ? at === 0 : at === columns.length - 1;
    });
  });
}

function openForms(): void {
  const dialog = document.getElementById("stage-window") as HTMLDialogElement | null;
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("[data-stage-form]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      void show(dialog, link.href);
    }
    if ((event.target as Element).closest("#stage-window [data-closes]")) {
      event.preventDefault();
      dialog.close();
    }
  });
}

async function show(dialog: HTMLDialogElement, address: string): Promise<void> {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => undefined);
  if (!answer?.ok) {
    location.assign(address); // the page itself says what is wrong
    return;
  }
  dialog.innerHTML = await answer.text();
  dialog.showModal();
  dialog.querySelector<HTMLElement>("input:not([type=hidden])")?.focus();
}
