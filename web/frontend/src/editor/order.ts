// The order in which nodes follow one another: how Tab goes through them.
import type { Draft, Spot } from "./document.ts";

const NOWHERE: Spot = { x: 0, y: 0 };

/** Return the ids of all nodes: from each beginning along its lines, those above first; then what nothing leads to. */
export function flowOrder(draft: Draft): string[] {
  const spot = (id: string): Spot => draft.positions[id] ?? NOWHERE;
  const byPlace = (one: string, other: string): number => spot(one).y - spot(other).y || spot(one).x - spot(other).x;
  const ids = draft.nodes.map((node) => node.id);
  const known = new Set(ids);
  const following = new Map<string, string[]>();
  const led = new Set<string>();
  draft.edges.forEach(({ from, to }) => {
    if (!known.has(from) || !known.has(to)) return;
    following.set(from, [...(following.get(from) ?? []), to]);
    if (from !== to) led.add(to);
  });
  const seen = new Set<string>();
  const walk = (first: string): void => {
    const coming = [first];
    while (coming.length) {
      const id = coming.pop() as string;
      if (seen.has(id)) continue;
      seen.add(id);
      coming.push(...[...(following.get(id) ?? [])].sort(byPlace).reverse());
    }
  };
  ids.filter((id) => !led.has(id)).sort(byPlace).forEach(walk);
  [...ids].sort(byPlace).forEach(walk);
  return [...seen];
}

/** Return the nodes that can be reached from one, itself included. */
export function reached(draft: Draft, first: string): Set<string> {
  const seen = new Set<string>();
  const coming = [first];
  while (coming.length) {
    const id = coming.pop() as string;
    if (seen.has(id)) continue;
    seen.add(id);
    draft.edges.forEach((edge) => edge.from === id && coming.push(edge.to));
  }
  return seen;
}
