// What is not on the server yet, kept in this browser: a copy for each window, so that two windows never write over one another.
// A copy whose window is gone is handed to one that is open, now or as soon as it closes.
import type { Copy } from "./saver.ts";

interface Left {
  readonly name: string;
  readonly release: () => void;
}

export class Copies {
  private readonly own: string;
  private readonly watched = new Set<string>();
  private readonly left: Left[] = [];
  private timer = 0;
  private copy: Copy | undefined;

  /** `prefix` says whose copies of which funnel; `found` is called when a copy was left behind. */
  constructor(
    private readonly prefix: string,
    private readonly found: () => void,
  ) {
    this.own = `${prefix}:${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
    this.watched.add(this.own);
    void navigator.locks?.request(this.own, () => new Promise(() => undefined));
    window.addEventListener("pagehide", () => this.write());
    document.addEventListener("visibilitychange", () => this.write());
    window.addEventListener("storage", (event) => event.newValue && this.watch(event.key ?? ""));
    this.names().forEach((name) => this.watch(name));
  }

  /** Keep a copy, soon: typing is not held up by it. */
  keep(copy: Copy | undefined): void {
    this.copy = copy;
    window.clearTimeout(this.timer);
    if (copy) this.timer = window.setTimeout(() => this.write(), 150);
    else this.write();
  }

  /** Give the oldest copy that was left behind to `take`, which keeps it as its own; false where there is none. */
  hand(take: (copy: Copy) => void): boolean {
    const next = this.left.shift();
    if (!next) return false;
    const copy = read(next.name);
    if (copy) {
      take(copy);
      this.write();
    }
    forget(next.name);
    next.release();
    return copy !== undefined;
  }

  private write(): void {
    window.clearTimeout(this.timer);
    try {
      if (this.copy) localStorage.setItem(this.own, JSON.stringify(this.copy));
      else localStorage.removeItem(this.own);
    } catch {
      // No room or no leave: the server still gets every change.
    }
  }

  private names(): string[] {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(`${this.prefix}:`)).sort();
    } catch {
      return [];
    }
  }

  /** Wait until the window that keeps a copy is gone.  Where the browser knows no locks, it counts as gone. */
  private watch(name: string): void {
    if (!name.startsWith(`${this.prefix}:`) || this.watched.has(name)) return;
    this.watched.add(name);
    const add = (release: () => void): void => {
      this.watched.delete(name);
      if (!read(name)) return release();
      this.left.push({ name, release });
      this.found();
    };
    if (navigator.locks) void navigator.locks.request(name, () => new Promise<void>(add));
    else add(() => undefined);
  }
}

function read(name: string): Copy | undefined {
  try {
    const found = JSON.parse(localStorage.getItem(name) ?? "null") as Copy | null;
    return found && Array.isArray(found.draft?.nodes) && Array.isArray(found.base?.nodes) ? found : undefined;
  } catch {
    return undefined;
  }
}

function forget(name: string): void {
  try {
    localStorage.removeItem(name);
  } catch {
    // Without leave to keep nothing was kept.
  }
}
