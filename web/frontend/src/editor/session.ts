// The session of this page after it ended elsewhere: signed in again, the page goes on with the new token against forged requests.
import { Refused, send } from "../requests";

const LONGEST = 30_000;

/** The session is over, or somebody else is signed in now: what he draws is not sent under another name. */
export class SignedOutError extends Error {}

/**
 * Send JSON as the one who opened this page; `mark` is what `data-copy` of his page says.  A server that does not answer in
 * half a minute does not answer.
 *
 * Throws `Refused` and `SignedOutError`.
 */
export async function sendAsMyself<T>(method: string, address: string, mark: string, body?: unknown): Promise<T> {
  const ask = (): Promise<T> => send<T>(method, address, body, { signal: AbortSignal.timeout(LONGEST), keepalive: document.hidden && isShort(body) });
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Refused) || !(error.status === 401 || error.code === "csrf")) throw error;
    await renew(mark);
    return await ask();
  }
}

/** True for what a browser sends on after its page is gone. */
const isShort = (body: unknown): boolean => new Blob([JSON.stringify(body) ?? ""]).size < 60_000;

/** Take the token of the present session; throws where that is not the session of the same person. */
async function renew(mark: string): Promise<void> {
  let page: Response;
  try {
    page = await fetch(location.pathname, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(LONGEST) });
  } catch {
    throw new Refused("", 0, "offline");
  }
  if (page.status >= 500) throw new Refused("", page.status, "offline");
  const found = new DOMParser().parseFromString(await page.text(), "text/html");
  const token = found.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content;
  const known = document.querySelector<HTMLMetaElement>('meta[name="csrf"]');
  if (!token || !known || found.querySelector<HTMLElement>("[data-copy]")?.dataset.copy !== mark) throw new SignedOutError();
  known.content = token;
}
