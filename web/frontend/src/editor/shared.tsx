// What all parts of the editor use: the store, icons.
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Store } from "./store";

export const Shared = createContext<{ store: Store; icons: string } | undefined>(undefined);

/** Return the store, and draw again whenever it changes. */
export function useStore(): Store {
  const { store } = useShared();
  useSyncExternalStore(store.subscribe, store.snapshot);
  return store;
}

export function useShared(): { store: Store; icons: string } {
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
