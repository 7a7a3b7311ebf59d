// How somebody looks at a plan is kept: as a board or a list, and with which filter; links to the plan lead there again.
import { send } from "../requests";

export function rememberView(): void {
  const head = document.querySelector<HTMLElement>("[data-remembers]");
  if (!head) return;
  const query = new URLSearchParams(location.search);
  query.delete("after");
  const mode = head.dataset.mode ?? "board";
  if (`${mode}?${query}` === head.dataset.kept) return;
  void send("PUT", head.dataset.remembers ?? "", { mode, query: String(query) }).catch(() => undefined);
}
