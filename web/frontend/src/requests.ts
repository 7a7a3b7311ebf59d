// Requests to our own server: with the token against forged ones; what is refused is told in the server's own words.
import { toast } from "./toasts";

declare global {
  interface HTMLElementEventMap {
    "htmx:configRequest": CustomEvent<{ headers: Record<string, string> }>;
    "htmx:responseError": CustomEvent<{ xhr: XMLHttpRequest }>;
    "htmx:sendError": CustomEvent;
  }
}

/** The token against forged requests. */
export const csrf = (): string => document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";

/** A refusal of the server, in words for people; `status` 0 means that it did not answer. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly body?: unknown,
  ) {
    super(message);
  }
}

/** Send JSON and return the JSON of the answer, `undefined` where there is none; throws `Refused`. */
export async function send<T>(method: string, address: string, body?: unknown, more: Pick<RequestInit, "signal" | "keepalive"> = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address, {
      method,
      headers: {
        Accept: "application/json",
        "X-CSRF-Token": csrf(),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      ...more,
    });
  } catch {
    throw new Refused(document.body.dataset.offline ?? "The server does not answer. Nothing was changed.", 0, "offline");
  }
  if (response.ok) return (response.status === 204 || response.status === 304 ? undefined : await response.json()) as T;
  const said = (await response.json().catch(() => ({}))) as { error?: { message?: string; code?: string } };
  throw new Refused(said.error?.message ?? response.statusText, response.status, said.error?.code ?? "", said);
}

/** Give htmx the token, and show what its requests were refused for. */
export function tellTroubles(): void {
  document.body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = csrf();
  });
  document.body.addEventListener("htmx:responseError", (event) => toast(event.detail.xhr.responseText, { kind: "bad" }));
  document.body.addEventListener("htmx:sendError", () =>
    toast(document.body.dataset.offline ?? "The server does not answer. Nothing was changed.", { kind: "bad" }),
  );
}
