// Who is inside, on the nodes of the editor: of all versions in use, whatever the draft says.
import { useSyncExternalStore } from "react";

interface Here {
  readonly n: string;
  readonly words: string;
}

const PAUSE = 30_000;
let here: Readonly<Record<string, Here>> = {};
const listeners = new Set<() => void>();
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Ask who is inside a funnel, again and again while it is looked at; without an answer nobody is shown. */
export function watchInside(funnel: string): void {
  const ask = async (): Promise<void> => {
    if (!document.hidden) {
      const found = await fetch(`/api/funnels/${encodeURIComponent(funnel)}/inside`, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? (answer.json() as Promise<Record<string, Here>>) : undefined))
        .catch(() => undefined);
      if (found && JSON.stringify(found) !== JSON.stringify(here)) {
        here = found;
        listeners.forEach((listener) => listener());
      }
    }
    window.setTimeout(() => void ask(), PAUSE);
  };
  void ask();
}

export function Inside({ id }: { id: string }) {
  const found = useSyncExternalStore(subscribe, () => here[id]);
  return found ? (
    <span className="inside-sign" title={found.words}>
      {found.n}
      <span className="unseen"> {found.words}</span>
    </span>
  ) : null;
}
