// The draft of a funnel as the editor has it: a value that never changes; every command makes another.
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Settings = { readonly [name: string]: Json };

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A node in its written form; what is left out has its default. */
export interface DocNode {
  readonly id: string;
  readonly type: string;
  readonly type_version?: number;
  readonly title?: string;
  readonly note?: string;
  readonly config?: Settings;
  readonly condition?: Json;
  readonly on_error?: { readonly then: string };
  readonly when_late?: { readonly then?: string; readonly after_minutes?: number };
  readonly layout?: Settings;
}

/** A line; without a port it leaves by `next`. */
export interface DocEdge {
  readonly from: string;
  readonly port?: string;
  readonly to: string;
}

/** Words for colleagues that lie on the canvas. */
export interface CanvasNote {
  readonly id: string;
  readonly text?: string;
  readonly x?: number;
  readonly y?: number;
  readonly colour?: string;
}

/** Nodes in a frame of their own; folded, they are drawn as one. */
export interface CanvasGroup {
  readonly id: string;
  readonly name?: string;
  readonly nodes?: readonly string[];
  readonly folded?: boolean;
  readonly colour?: string;
}

export interface Drawing {
  readonly notes?: readonly CanvasNote[];
  readonly groups?: readonly CanvasGroup[];
}

export interface Draft {
  readonly name: string;
  readonly note?: string;
  readonly limits?: Json;
  readonly tests?: Json;
  readonly drawing?: Drawing;
  readonly nodes: readonly DocNode[];
  readonly edges: readonly DocEdge[];
  readonly positions: { readonly [id: string]: Spot };
}

/** The document as the server sends and takes it, places of nodes beside it. */
export interface Plain {
  readonly key?: string;
  readonly name: string;
  readonly note?: string | null;
  readonly limits?: Json;
  readonly tests?: Json;
  readonly drawing?: Drawing;
  readonly nodes?: readonly DocNode[];
  readonly edges?: readonly DocEdge[];
}

export type Places = { readonly [id: string]: readonly [number, number] };

export const MAIN = "next";
export const portOf = (edge: DocEdge): string => edge.port ?? MAIN;
export const edgeKey = (edge: DocEdge): string => `${edge.from}:${portOf(edge)}:${edge.to}`;
export const edgeOf = (from: string, port: string, to: string): DocEdge => (port === MAIN ? { from, to } : { from, port, to });
export const nodeOf = (draft: Draft, id: string): DocNode | undefined => draft.nodes.find((node) => node.id === id);

/** Read what the server sent; of nodes with the same id all but the first get an id of their own. */
export function draftOf(plain: Plain, places: Places): Draft {
  const taken = new Set<string>();
  const nodes = (plain.nodes ?? []).map((node) => {
    const id = taken.has(node.id) ? freshId(node.id, taken) : node.id;
    taken.add(id);
    return id === node.id ? node : { ...node, id };
  });
  const positions = Object.fromEntries(Object.entries(places).map(([id, [x, y]]) => [id, { x, y }]));
  const { key: _key, note, ...rest } = plain;
  return { ...rest, ...given({ note: note ?? undefined }), nodes, edges: plain.edges ?? [], positions };
}

/** Return what lies on the canvas beside the nodes; nothing where there is nothing. */
export function drawingOf(notes: readonly CanvasNote[], groups: readonly CanvasGroup[]): Drawing | undefined {
  if (!notes.length && !groups.length) return undefined;
  return { ...(notes.length ? { notes } : {}), ...(groups.length ? { groups } : {}) };
}

/** Return what has a value. */
export const given = <T extends object>(parts: T): Partial<T> => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Return what is sent to the server. */
export function plainOf(draft: Draft): { document: Plain; positions: Places } {
  const { positions, ...document } = draft;
  const ids = new Set(draft.nodes.map((node) => node.id));
  const places = Object.entries(positions).filter(([id]) => ids.has(id));
  return { document, positions: Object.fromEntries(places.map(([id, { x, y }]) => [id, [x, y]] as const)) };
}

/** Return an id that is not taken: `task_create`, then `task_create_2`. */
export function freshId(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.replace(/[^A-Za-z0-9_-]+/g, "_").replace(/_\d+$/, "").slice(0, 56) || "node";
  if (!taken.has(base)) return base;
  for (let number = 2; ; number++) if (!taken.has(`${base}_${number}`)) return `${base}_${number}`;
}

/** True where two values of JSON say the same; the order of names does not count. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((part, place) => same(part, other[place]));
  }
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const names = Object.keys(left).filter((name) => left[name] !== undefined);
  if (names.length !== Object.keys(right).filter((name) => right[name] !== undefined).length) return false;
  return names.every((name) => name in right && same(left[name], right[name]));
}
