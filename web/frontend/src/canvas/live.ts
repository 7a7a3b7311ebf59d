// The figures of a funnel while it is looked at: asked for again and again, and told only where they changed.
import type { Count } from "./graph";

export const HEATS = ["people", "time", "dropped", "failures"] as const;
export type Heat = (typeof HEATS)[number];

export interface NodeFigures {
  footer: Count[];
  inside: number;
  heat: Record<Heat, { level: number; words: string }>;
}

export interface EdgeFigures {
  taken: number;
  n: string;
  share: number | null;
  shareWords: string;
}

export interface Figures {
  sum: Record<"entered" | "inside" | "left", string>;
  notes: string[];
  counted: string;
  nodes: Record<string, NodeFigures>;
  edges: Record<string, EdgeFigures>;
  most: Record<Heat, string>;
}

export interface Seen {
  figures?: Figures;
  heat: Heat | "";
}

/** So many milliseconds pass between two answers at least; more where an answer takes long. */
const PAUSE = 10_000;
const PATIENCE = 10;

export class Live {
  private seen: Seen;
  private readonly listeners = new Set<() => void>();
  private asked = 0;
  private later = 0;

  constructor(private readonly address: string) {
    this.seen = { heat: HEATS.find((one) => one === new URL(location.href).searchParams.get("heat")) ?? "" };
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.ask();
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): Seen => this.seen;

  /** Ask for the figures of the period that stands in the address; who asks later is answered instead. */
  async ask(): Promise<void> {
    window.clearTimeout(this.later);
    const mine = ++this.asked;
    const began = performance.now();
    const figures = await fetch(this.address + period(), { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? (answer.json() as Promise<Figures>) : undefined))
      .catch(() => undefined);
    if (mine !== this.asked) return;
    if (figures) {
      const { figures: before } = this.seen;
      if (before && sameAs(before, figures)) Object.assign(figures, { nodes: before.nodes, edges: before.edges });
      this.tell({ ...this.seen, figures });
    }
    const pause = Math.max(PAUSE, (performance.now() - began) * PATIENCE) * (figures ? 1 : 3);
    this.later = window.setTimeout(() => document.hidden || void this.ask(), pause);
  }

  /** Colour nodes by a measure; the same again by none. */
  warm(heat: Heat): void {
    const chosen = this.seen.heat === heat ? "" : heat;
    remember("heat", chosen);
    this.tell({ ...this.seen, heat: chosen });
  }

  private tell(seen: Seen): void {
    this.seen = seen;
    this.listeners.forEach((listener) => listener());
  }
}

/** True where nodes and lines have the same figures: then nothing on the canvas is drawn again. */
function sameAs(before: Figures, now: Figures): boolean {
  return JSON.stringify([before.nodes, before.edges]) === JSON.stringify([now.nodes, now.edges]);
}

/** The part of an address that names the period. */
export function period(): string {
  const asked = new URL(location.href).searchParams;
  return ["period", "since", "until"].map((name) => (asked.get(name) ? `&${name}=${encodeURIComponent(asked.get(name) ?? "")}` : "")).join("");
}

/** Keep something in the address, or take it away. */
export function remember(name: string, value: string): void {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}
