// The one window of a move: what the target stage asks for, filled in and sent; opened by boards and by cards.
import { csrf, Refused } from "./requests";

/** What came of asking: nothing is asked there; it was moved, with the server's answer; or it was left where it was. */
export type Outcome<T> = { kind: "free" } | { kind: "moved"; answer: T } | { kind: "left" };

interface Where {
  id: number;
  stage: string;
  stood: string;
  /** The filter of the board, so that the answer counts as the board does. */
  query?: string;
}

/** Ask for what a stage needs before a deal comes there; throws `Refused` where it cannot come there at all. */
export async function askMove<T>(where: Where): Promise<Outcome<T>> {
  const asked = new URLSearchParams(where.query);
  asked.set("goes_to", where.stage);
  asked.set("stood_on", where.stood);
  const response = await fetched(`/deals/${where.id}/move?${asked}`);
  if (response.status === 204) return { kind: "free" };
  if (!isPage(response)) throw await refusal(response);
  return fill<T>(await response.text(), `/deals/${where.id}/move?${new URLSearchParams(where.query)}`);
}

function fill<T>(html: string, address: string): Promise<Outcome<T>> {
  const dialog = place();
  dialog.innerHTML = html;
  dialog.showModal();
  focusFirst(dialog);
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    const end = (finish: () => void): void => {
      ended.abort();
      if (dialog.open) dialog.close();
      finish();
    };
    dialog.addEventListener("close", () => end(() => resolve({ kind: "left" })), { signal: ended.signal });
    dialog.addEventListener(
      "click",
      (event) => {
        if (!(event.target as Element).closest("[data-leaves]")) return;
        event.preventDefault();
        dialog.close();
      },
      { signal: ended.signal },
    );
    dialog.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        void give<T>(form, address, dialog).then(
          (answer) => {
            if (answer) end(() => resolve({ kind: "moved", answer }));
          },
          (problem: unknown) => end(() => reject(problem instanceof Error ? problem : new Error(String(problem)))),
        );
      },
      { signal: ended.signal },
    );
  });
}

/** Send what was filled in; `undefined` where something is wrong with it, which the window then says. */
async function give<T>(form: HTMLFormElement, address: string, dialog: HTMLDialogElement): Promise<T | undefined> {
  const button = form.querySelector<HTMLButtonElement>("button.primary");
  if (button) button.disabled = true;
  try {
    const response = await fetched(address, new FormData(form));
    if (response.ok && !isPage(response)) return (await response.json()) as T;
    if (!isPage(response)) throw await refusal(response);
    if (dialog.open) {
      dialog.innerHTML = await response.text();
      focusFirst(dialog);
    }
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

async function fetched(address: string, body?: FormData): Promise<Response> {
  const headers = { Accept: "application/json", "HX-Request": "true", "X-CSRF-Token": csrf() };
  try {
    return await fetch(address, body ? { method: "POST", headers, body } : { headers });
  } catch {
    throw new Refused(document.body.dataset.offline ?? "The server does not answer. Nothing was changed.", 0, "offline");
  }
}

async function refusal(response: Response): Promise<Refused> {
  const said = (await response.json().catch(() => ({}))) as { error?: { message?: string; code?: string } };
  return new Refused(said.error?.message ?? response.statusText, response.status, said.error?.code ?? "", said);
}

const isPage = (response: Response): boolean => response.headers.get("Content-Type")?.startsWith("text/html") ?? false;

function place(): HTMLDialogElement {
  const known = document.getElementById("move-window");
  if (known instanceof HTMLDialogElement) return known;
  const dialog = document.createElement("dialog");
  dialog.id = "move-window";
  dialog.setAttribute("aria-labelledby", "move-window-title");
  document.body.append(dialog);
  return dialog;
}

function focusFirst(dialog: HTMLDialogElement): void {
  const wrong = dialog.querySelector<HTMLElement>(".wrong :is(input, select, textarea)");
  (wrong ?? dialog.querySelector<HTMLElement>(":is(input:not([type=hidden]), select, textarea)"))?.focus();
}
