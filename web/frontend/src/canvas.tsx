// The canvas: a funnel as a graph, and the way of one run on it.  Loaded only by the pages that show one.
import "@xyflow/react/dist/style.css";
import "./funnels";
import "./styles/canvas.css";
import { createRoot } from "react-dom/client";
import { Canvas } from "./canvas/Canvas";
import { Panel } from "./canvas/panel";
import type { Graph } from "./canvas/graph";

async function show(place: HTMLElement): Promise<void> {
  const answer = await fetch(place.dataset.graph ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const graph = (await answer.json()) as Graph;
  const panel = place.dataset.panel ? new Panel(place.dataset.panel) : undefined;
  place.replaceChildren();
  createRoot(place).render(
    <Canvas graph={graph} icons={place.dataset.icons ?? ""} chosen={place.dataset.selected ?? ""} panel={panel} />,
  );
}

const place = document.getElementById("canvas");
if (place) {
  show(place).catch(() => {
    const twin = document.querySelector<HTMLDetailsElement>("details.twin");
    if (twin) twin.open = true;
    place.classList.add("empty");
  });
}
