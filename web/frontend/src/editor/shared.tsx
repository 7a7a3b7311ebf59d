// What all parts of the editor use: the store, icons.
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Sheet } from "./flow";
import type { Store } from "./store";

interface Parts {
  readonly store: Store;
  readonly sheet: Sheet;
  /** The address of the file of icons, and the lines of each by its name. */
  readonly icons: string;
  readonly lines: ReadonlyMap<string, string>;
}

export const Shared = createContext<Parts | undefined>(undefined);

/** Return the store, and draw again whenever it changes. */
export function useStore(): Store {
  const { store } = useShared();
  useSyncExternalStore(store.subscribe, store.snapshot);
  return store;
}

/** Return a part of the store, and draw again only when it is another one. */
export function useChosen<T>(choose: (store: Store) => T): T {
  const { store } = useShared();
  return useSyncExternalStore(store.subscribe, () => choose(store));
}

export function useShared(): Parts {
  const shared = useContext(Shared);
  if (!shared) throw new Error("no store");
  return shared;
}

export function Icon({ name }: { name: string }) {
  const { icons } = useShared();
  return (
    <svg className="icon" aria-hidden="true">
      <use href={`${icons}#${name}`} />
    </svg>
  );
}

/** An icon on the canvas, where there are hundreds: one line, and no copy of a symbol. */
export function DrawnIcon({ name }: { name: string }) {
  const { lines } = useShared();
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={lines.get(name) ?? lines.get("help-circle")} />
    </svg>
  );
}

/** Read the lines of all icons from the text of their file. */
export function linesOf(text: string): ReadonlyMap<string, string> {
  const found = new DOMParser().parseFromString(text, "image/svg+xml").querySelectorAll("symbol");
  return new Map([...found].map((symbol) => [symbol.id, [...symbol.querySelectorAll('path:not([stroke="none"])')].map((path) => path.getAttribute("d") ?? "").join("")]));
}
