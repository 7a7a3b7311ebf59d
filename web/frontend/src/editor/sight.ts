// What other parts may ask of the canvas: show something, say what lies in the middle.
import type { ReactFlowInstance } from "@xyflow/react";
import { HEIGHT, WIDTH } from "./commands";
import type { Spot } from "./document";
import { foldedBy, GROUP, onCanvas } from "./drawn";
import type { FlowEdge, FlowNode } from "./flow";
import type { Store } from "./store";

const READABLE = 0.6;
/** Milliseconds in which the canvas moves; none where the system asks for less motion. */
const MOVES = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160;

export interface Sight {
  /** Show nodes; where they are folded away, unfold them. */
  show(ids: readonly string[]): void;
  /** Bring a node into sight where it is not, as large as everything is. */
  reveal(id: string): void;
  /** Put the focus on a node: at once, or as soon as it is drawn. */
  focus(id: string): void;
  fit(): void;
  middle(): Spot;
  /** Show what was asked for; else all where it can be read so, else where the funnel begins. */
  begin(): void;
}

export function sightOf(flow: ReactFlowInstance<FlowNode, FlowEdge>, store: Store, place: () => HTMLElement | null): Sight {
  const box = (): DOMRect => place()?.getBoundingClientRect() ?? new DOMRect(0, 0, 800, 600);
  const soon = (act: () => void): void => void requestAnimationFrame(() => requestAnimationFrame(act));
  const unfold = (ids: readonly string[]): void => {
    const folded = foldedBy(store.draft);
    new Set(ids.flatMap((id) => folded.get(id) ?? [])).forEach((group) => store.fold(onCanvas(GROUP, group.id), false));
  };
  return {
    middle() {
      const { left, top, width, height } = box();
      const spot = flow.screenToFlowPosition({ x: left + width / 2, y: top + height / 2 });
      return { x: spot.x - WIDTH / 2, y: spot.y - HEIGHT / 2 };
    },
    fit: () => void flow.fitView({ padding: 0.14, maxZoom: 1, duration: MOVES }),
    reveal(id) {
      unfold([id]);
      const spot = store.draft.positions[id];
      if (!spot) return;
      const { left, top, right, bottom } = box();
      const [from, to] = [flow.flowToScreenPosition(spot), flow.flowToScreenPosition({ x: spot.x + WIDTH, y: spot.y + HEIGHT * 1.6 })];
      if (from.x > left && from.y > top && to.x < right && to.y < bottom) return;
      void flow.setCenter(spot.x + WIDTH / 2, spot.y + HEIGHT / 2, { zoom: Math.max(flow.getZoom(), READABLE), duration: MOVES });
    },
    focus(id) {
      const drawn = (): HTMLElement | null => document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
      const take = (tries: number): void => {
        const node = drawn();
        node?.focus({ preventScroll: true });
        if (tries && (!node || document.activeElement !== node)) requestAnimationFrame(() => take(tries - 1)); // hidden until it is measured
      };
      take(60);
    },
    show(ids) {
      unfold(ids);
      soon(() => void flow.fitView({ nodes: ids.map((id) => ({ id })), padding: 0.3, maxZoom: 1, minZoom: 0.6, duration: MOVES }));
    },
    begin() {
      const asked = store.chosen && store.draft.positions[store.chosen.id]; // by the address
      if (asked) {
        void flow.setCenter(asked.x + WIDTH / 2, asked.y + HEIGHT / 2, { zoom: 0.8 });
        return;
      }
      const { width, height } = box();
      const spots = store.draft.nodes.map((node) => store.draft.positions[node.id] ?? { x: 0, y: 0 });
      if (!spots.length) return;
      const [left, top] = [Math.min(...spots.map((spot) => spot.x)), Math.min(...spots.map((spot) => spot.y))];
      const wide = Math.max(...spots.map((spot) => spot.x)) - left + WIDTH;
      const high = Math.max(...spots.map((spot) => spot.y)) - top + HEIGHT * 2;
      const zoom = Math.min(1, (width / wide) * 0.9, (height / high) * 0.9);
      const [first] = store.order;
      const from = store.draft.positions[first ?? ""] ?? { x: left, y: top };
      if (zoom >= READABLE) void flow.setViewport({ zoom, x: (width - wide * zoom) / 2 - left * zoom, y: (height - high * zoom) / 2 - top * zoom });
      else void flow.setViewport({ zoom: 0.8, x: 36 - from.x * 0.8, y: height * 0.4 - from.y * 0.8 });
    },
  };
}
