// Reports: what a part of a bar says when one points at it or walks to it with the arrow keys; days only where they are chosen.
import "./styles/reports.css";

const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true"); // the links say the same by themselves
document.body.append(tip);

document.querySelectorAll<HTMLElement>("[data-chart]").forEach((chart) => {
  const marks = [...chart.querySelectorAll<SVGAElement>("[data-mark]")];
  marks.forEach((mark, place) => {
    mark.setAttribute("tabindex", place === 0 ? "0" : "-1");
    mark.addEventListener("pointerenter", () => show(mark));
    mark.addEventListener("pointerleave", hide);
    mark.addEventListener("focus", () => {
      marks.forEach((one) => one.setAttribute("tabindex", one === mark ? "0" : "-1"));
      show(mark);
    });
    mark.addEventListener("blur", hide);
  });
  chart.addEventListener("keydown", (event) => {
    const here = marks.indexOf(event.target as SVGAElement);
    const there = here < 0 ? undefined : next(marks, here, event.key);
    if (!there) return;
    event.preventDefault();
    there.focus();
  });
});

/** Return the part that an arrow key leads to: beside it in its bar and on, or the nearest one of the bar above or below. */
function next(marks: SVGAElement[], here: number, key: string): SVGAElement | undefined {
  if (key === "ArrowRight") return marks[here + 1];
  if (key === "ArrowLeft") return marks[here - 1];
  if (key === "Home") return marks[0];
  if (key === "End") return marks[marks.length - 1];
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  const bars = [...new Set(marks.map((one) => one.parentElement))];
  const mine = marks[here]!.parentElement;
  const bar = bars[bars.indexOf(mine) + (key === "ArrowDown" ? 1 : -1)];
  if (!bar) return undefined;
  const at = middle(marks[here]!);
  const there = marks.filter((one) => one.parentElement === bar);
  return there.reduce((best, one) => (Math.abs(middle(one) - at) < Math.abs(middle(best) - at) ? one : best));
}

function middle(mark: Element): number {
  const box = mark.getBoundingClientRect();
  return box.left + box.width / 2;
}

function show(mark: SVGAElement): void {
  const title = document.createElement("b");
  title.textContent = mark.dataset.title ?? "";
  tip.replaceChildren(title, mark.dataset.words ?? "");
  tip.hidden = false;
  const box = mark.getBoundingClientRect();
  const left = Math.min(Math.max(box.left + box.width / 2 - tip.offsetWidth / 2, 8), innerWidth - tip.offsetWidth - 8);
  const above = box.top - tip.offsetHeight - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : box.bottom + 8}px`;
}

function hide(): void {
  tip.hidden = true;
}

document.querySelectorAll<HTMLFormElement>("[data-asked]").forEach((form) => {
  const period = form.elements.namedItem("period") as HTMLSelectElement;
  const days = form.querySelector<HTMLElement>(".chosen-days");
  const follow = (): void => {
    if (days) days.hidden = period.value !== "chosen";
  };
  period.addEventListener("change", follow);
  follow();
});
