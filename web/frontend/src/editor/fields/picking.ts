// What fits what was typed into a field that chooses one of many.
export interface Pick {
  readonly key: string;
  readonly name: string;
  /** What it belongs to: a stage's plan, a field's record. */
  readonly group?: string;
}

export const MOST_SHOWN = 60;

/** Return those of which every typed word is a part, those that begin with it first; all for nothing typed. */
export function fitting(picks: readonly Pick[], typed: string): readonly Pick[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return picks;
  const [first = ""] = words;
  const begins = (one: Pick): number => (one.name.toLocaleLowerCase().startsWith(first) ? 0 : 1);
  return picks
    .filter((one) => {
      const said = `${one.name} ${one.group ?? ""} ${one.key}`.toLocaleLowerCase();
      return words.every((word) => said.includes(word));
    })
    .map((one, place) => ({ one, place }))
    .sort((a, b) => begins(a.one) - begins(b.one) || a.place - b.place)
    .map(({ one }) => one);
}
