// What is chosen: single records by their ids, or all that the filter shows.

export class Chosen {
  private readonly chosen = new Set<string>();
  private anchor = "";
  private all = false;

  constructor(private readonly changed: () => void) {}

  get isEmpty(): boolean {
    return !this.all && this.chosen.size === 0;
  }

  get isAll(): boolean {
    return this.all;
  }

  get size(): number {
    return this.chosen.size;
  }

  has(record: HTMLElement): boolean {
    return this.all || this.chosen.has(record.dataset.id ?? "");
  }

  ids(): string {
    return [...this.chosen].join(",");
  }

  /** Choose a record, or not any more; with `among` all from the last one that was chosen up to it. */
  toggle(record: HTMLElement, among: HTMLElement[]): void {
    const id = record.dataset.id ?? "";
    const from = among.findIndex((one) => one.dataset.id === this.anchor);
    const to = among.indexOf(record);
    this.all = false;
    if (from >= 0 && to >= 0) {
      for (const one of among.slice(Math.min(from, to), Math.max(from, to) + 1)) this.chosen.add(one.dataset.id ?? "");
    } else if (!this.chosen.delete(id)) this.chosen.add(id);
    this.anchor = id;
    this.changed();
  }

  set(records: HTMLElement[], isChosen: boolean): void {
    this.all = false;
    for (const one of records) {
      if (isChosen) this.chosen.add(one.dataset.id ?? "");
      else this.chosen.delete(one.dataset.id ?? "");
    }
    this.changed();
  }

  takeAll(): void {
    this.all = !this.all;
    this.chosen.clear();
    this.changed();
  }

  clear(): void {
    this.all = false;
    this.anchor = "";
    this.chosen.clear();
    this.changed();
  }
}
