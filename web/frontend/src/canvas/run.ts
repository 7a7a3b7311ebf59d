// The way of one run on the canvas: which run, and the moment that is looked at; both stand in the address.
import type { Graph, Walk } from "./graph";
import { remember } from "./live";

export interface RunSeen {
  /** The graph of the run's version with its way; none while no run is looked at. */
  graph?: Graph;
  /** So many steps of it are seen; one more than there are: as it is now. */
  step: number;
}

export const lastOf = (walk: Walk): number => walk.steps.length + 1;

export class OneRun {
  private seen: RunSeen = { step: 1 };
  private readonly listeners = new Set<() => void>();
  private asked = 0;

  /** `address` is where a run's graph is asked for, with RUN for its id. */
  constructor(private readonly address: string) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): RunSeen => this.seen;

  /** Show a graph that is there already, at the moment that the address names. */
  show(graph: Graph): void {
    const wanted = Number(new URL(location.href).searchParams.get("step") ?? "");
    const last = graph.walk ? lastOf(graph.walk) : 1;
    this.tell({ graph, step: wanted >= 1 ? Math.min(wanted, last) : last });
  }

  async open(id: string): Promise<void> {
    const mine = ++this.asked;
    const answer = await fetch(this.address.replace("RUN", encodeURIComponent(id)), { headers: { Accept: "application/json" } });
    if (mine !== this.asked || !answer.ok) return;
    remember("run", id);
    this.show((await answer.json()) as Graph);
  }

  /** Look at another moment. */
  go(step: number): void {
    const walk = this.seen.graph?.walk;
    if (!walk) return;
    const kept = Math.max(1, Math.min(Math.round(step), lastOf(walk)));
    remember("step", kept === lastOf(walk) ? "" : String(kept));
    this.tell({ ...this.seen, step: kept });
  }

  close(): void {
    this.asked++;
    remember("run", "");
    remember("step", "");
    if (this.seen.graph) this.tell({ step: 1 });
  }

  private tell(seen: RunSeen): void {
    this.seen = seen;
    this.listeners.forEach((listener) => listener());
    this.mark();
  }

  /** Say in the list of steps which of them is looked at. */
  mark(): void {
    const { seen } = this;
    document.querySelectorAll<HTMLElement>("[data-step]").forEach((one) => {
      if (Number(one.dataset.step) === seen.step) one.setAttribute("aria-current", "step");
      else one.removeAttribute("aria-current");
    });
  }
}
