// The canvas: a funnel as a graph, and the way of one run on it.  Loaded only by the pages that show one.
import "@xyflow/react/dist/style.css";
import "./funnels";
import "./styles/canvas.css";
import "./styles/live.css";
import { createRoot } from "react-dom/client";
import { around } from "./canvas/bar";
import { Canvas } from "./canvas/Canvas";
import { Live } from "./canvas/live";
import { Panel } from "./canvas/panel";
import { OneRun } from "./canvas/run";
import type { Graph } from "./canvas/graph";

async function show(place: HTMLElement): Promise<void> {
  const answer = await fetch(place.dataset.graph ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const graph = (await answer.json()) as Graph;
  const live = place.dataset.figures ? new Live(place.dataset.figures) : undefined;
  const panel = place.dataset.panel ? new Panel(place.dataset.panel, place.dataset.runPanel ?? "") : undefined;
  const run = new OneRun(place.dataset.runs ?? "");
  if (graph.walk) run.show(graph);
  const wanted = panel ? new URL(location.href).searchParams.get("run") : null;
  if (panel) panel.onRun = (id) => (id ? void run.open(id) : run.close());
  document.addEventListener("click", (event) => {
    const step = (event.target as Element).closest<HTMLElement>("button[data-step]")?.dataset.step;
    if (step) run.go(Number(step));
  });
  if (live) {
    around(live, panel);
    void live.ask();
  }
  place.replaceChildren();
  createRoot(place).render(
    <Canvas graph={graph} icons={place.dataset.icons ?? ""} chosen={place.dataset.selected ?? ""} panel={panel} live={live} run={run} />,
  );
  const node = place.dataset.selected ?? "";
  if (wanted) void panel?.openRun(wanted, node);
  else if (node) void panel?.open(node);
}

const place = document.getElementById("canvas");
if (place) {
  show(place).catch(() => {
    const twin = document.querySelector<HTMLDetailsElement>("details.twin");
    if (twin) twin.open = true;
    place.classList.add("empty");
  });
}
