// Pages of funnels and runs without a graph: their styles, and choosing all rows of a table.
import "./styles/funnels.css";
import "./styles/life.css";

document.querySelectorAll<HTMLInputElement>("[data-check-all]").forEach((all) => {
  const boxes = [...(all.form?.querySelectorAll<HTMLInputElement>('input[name="run"], input[name="message"]') ?? [])];
  const show = (): void => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
  all.form?.addEventListener("change", show);
});
