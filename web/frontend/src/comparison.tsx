// Two versions of a funnel laid over one another.  Loaded only by the pages that show one.
import "@xyflow/react/dist/style.css";
import "./funnels";
import "./styles/canvas.css";
import "./styles/comparison.css";
import { createRoot } from "react-dom/client";
import { Compared } from "./comparison/Compared";
import type { ComparedGraph } from "./comparison/graph";

async function show(place: HTMLElement): Promise<void> {
  const answer = await fetch(place.dataset.graph ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const graph = (await answer.json()) as ComparedGraph;
  place.replaceChildren();
  createRoot(place).render(<Compared graph={graph} icons={place.dataset.icons ?? ""} />);
}

const place = document.getElementById("compared");
if (place) show(place).catch(() => place.remove());
