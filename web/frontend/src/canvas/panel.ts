// The panel beside the canvas: what the server says about a node, kept in the address so that a reload shows it again.
import { period, remember } from "./live";

export class Panel {
  private readonly place = document.getElementById("panel");
  private readonly empty = this.place?.innerHTML ?? "";
  private asked = 0;
  private node = "";
  onClose: () => void = () => undefined;

  constructor(private readonly address: string) {
    this.place?.addEventListener("click", (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-panel-link], a[data-closes-panel]");
      if (!link) return;
      event.preventDefault();
      if (link.dataset.closesPanel !== undefined) this.close();
      else void this.load(link.href);
    });
  }

  async open(node: string): Promise<void> {
    remember("node", node);
    this.node = node;
    await this.load(this.address.replace("NODE", encodeURIComponent(node)) + period());
  }

  /** Show the open node again, for another period. */
  again(): void {
    if (this.node) void this.load(this.address.replace("NODE", encodeURIComponent(this.node)) + period());
  }

  close(): void {
    this.asked++;
    remember("node", "");
    this.node = "";
    if (this.place) this.place.innerHTML = this.empty;
    this.place?.classList.remove("open");
    this.onClose();
  }

  private async load(address: string): Promise<void> {
    const mine = ++this.asked;
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    const text = await answer.text();
    if (mine !== this.asked || !this.place) return;
    this.place.innerHTML = answer.ok ? text : "";
    if (!answer.ok) this.place.textContent = text;
    this.place.classList.add("open");
    this.place.scrollTop = 0;
  }
}
