// Which block somebody means who has typed a part of its name: Enter adds that one.
import type { Kind } from "./told";

/** Return the block that fits best: called so, begins so, has a word that begins so, is about it. */
export function best(found: readonly Kind[], wanted: string): Kind | undefined {
  const text = wanted.trim().toLocaleLowerCase();
  const rank = ({ title }: Kind): number => {
    const name = title.toLocaleLowerCase();
    return name === text ? 0 : name.startsWith(text) ? 1 : name.includes(` ${text}`) ? 2 : name.includes(text) ? 3 : 4;
  };
  return [...found].sort((one, other) => rank(one) - rank(other))[0];
}
