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

export type Way = "left" | "right" | "up" | "down";

/** Return the node that lies that way: along a line where one leads there, else the nearest; none at the edge. */
export function beside(draft: Draft, id: string, way: Way): string | undefined {
  const at = draft.positions[id] ?? NOWHERE;
  const isAlong = way === "left" || way === "right";
  const wired = isAlong ? draft.edges.flatMap((edge) => (way === "right" && edge.from === id ? [edge.to] : way === "left" && edge.to === id ? [edge.from] : [])) : [];
  const there = new Set(draft.nodes.map((node) => node.id));
  const ahead = (spot: Spot): number => ({ right: spot.x - at.x, left: at.x - spot.x, down: spot.y - at.y, up: at.y - spot.y })[way];
  const aside = (spot: Spot): number => Math.abs(isAlong ? spot.y - at.y : spot.x - at.x);
  const far = (one: string): number => {
    const spot = draft.positions[one] ?? NOWHERE;
    return Math.abs(ahead(spot)) + 3 * aside(spot);
  };
  const nearest = (ids: readonly string[]): string | undefined => [...ids].sort((one, other) => far(one) - far(other))[0];
  const along = nearest(wired.filter((one) => there.has(one) && one !== id));
  return along ?? nearest([...there].filter((one) => one !== id && ahead(draft.positions[one] ?? NOWHERE) > 0));
}
