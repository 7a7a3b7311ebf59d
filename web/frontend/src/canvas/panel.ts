// The panel beside the canvas: what the server says about a node, kept in the address so that a reload shows it again.
export class Panel {
  private readonly place = document.getElementById("panel");
  private readonly empty = this.place?.innerHTML ?? "";
  private asked = 0;
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
    this.remember(node);
    await this.load(this.address.replace("NODE", encodeURIComponent(node)));
  }

  close(): void {
    this.asked++;
    this.remember("");
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

  private remember(node: string): void {
    const address = new URL(location.href);
    if (node) address.searchParams.set("node", node);
    else address.searchParams.delete("node");
    history.replaceState(history.state, "", address);
  }
}
