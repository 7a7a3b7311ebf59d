// The panel beside the canvas: what the server says about a node, kept in the address so that a reload shows it again.
import { period, remember } from "./live";

export class Panel {
  private readonly place = document.getElementById("panel");
  private readonly empty = this.place?.innerHTML ?? "";
  private asked = 0;
  private node = "";
  private run = "";
  onClose: () => void = () => undefined;
  /** Something else is told now. */
  onLoad: () => void = () => undefined;
  /** The way of a run is asked for; `""`: no longer. */
  onRun: (run: string) => void = () => undefined;

  /** `address` is where a node is told of, with NODE for its id; `runs` where a run is, with RUN. */
  constructor(
    private readonly address: string,
    private readonly runs: string,
  ) {
    this.place?.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-panel-link], a[data-closes-panel], a[data-closes-run], a[data-run]");
      if (!link) return;
      event.preventDefault();
      if (link.dataset.run) void this.openRun(link.dataset.run);
      else if (link.dataset.closesRun !== undefined) this.closeRun();
      else if (link.dataset.closesPanel !== undefined) this.close();
      else void this.load(link.href);
    });
  }

  /** True where a node is told of. */
  shows(node: string): boolean {
    return this.node === node && !this.run;
  }

  /** Tell of a run; when it is closed, of the node again. */
  async openRun(run: string, node = this.node): Promise<void> {
    this.run = run;
    this.node = node;
    this.onRun(run);
    await this.load(this.runs.replace("RUN", encodeURIComponent(run)));
  }

  private closeRun(): void {
    this.run = "";
    this.onRun("");
    if (this.node) this.again();
    else this.close();
  }

  async open(node: string): Promise<void> {
    if (this.run) this.onRun("");
    this.run = "";
    remember("node", node);
    this.node = node;
    await this.load(this.address.replace("NODE", encodeURIComponent(node)) + period());
  }

  /** Show the open node again, for another period. */
  again(): void {
    if (this.node && !this.run) void this.load(this.address.replace("NODE", encodeURIComponent(this.node)) + period());
  }

  /** Close what is open: the way of a run first, then the node. */
  close(): void {
    if (this.run) {
      this.closeRun();
      return;
    }
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
    this.onLoad();
  }
}
