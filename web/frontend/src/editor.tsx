// The page on which a funnel is drawn.
import "@xyflow/react/dist/style.css";
import "./funnels";
import "./styles/editor.css";
import { createRoot } from "react-dom/client";
import { Editor } from "./editor/Editor";
import { watchInside } from "./editor/Inside";
import { linesOf } from "./editor/shared";
import { Store } from "./editor/store";
import type { Catalogue, Choices, Present } from "./editor/told";
import { send } from "./requests";

async function open(place: HTMLElement): Promise<void> {
  const { funnel = "", icons = "", copy = "", back = "", publishes } = place.dataset;
  const [present, catalogue, choices, drawn] = await Promise.all([
    send<Present>("GET", `/api/funnels/${encodeURIComponent(funnel)}/draft`),
    send<Catalogue>("GET", "/api/funnels/blocks"),
    send<Choices>("GET", "/api/funnels/choices"),
    fetch(icons).then((answer) => answer.text()),
  ]);
  const store = new Store(funnel, present, catalogue, choices, copy, publishes !== undefined);
  place.replaceChildren();
  watchInside(funnel);
  createRoot(place).render(<Editor store={store} icons={icons} lines={linesOf(drawn)} back={back} />);
}

const place = document.getElementById("editor");
if (place) {
  open(place).catch((error: unknown) => {
    const note = document.createElement("p");
    note.className = "notice bad";
    note.setAttribute("role", "alert");
    note.textContent = `${place.dataset.failed ?? ""} ${error instanceof Error ? error.message : ""}`.trim();
    place.replaceChildren(note);
  });
}
