// Keeps the draft on the server, and a copy in the browser until it is there.  Knows no clock: it is told when to try.
import { type Draft, same } from "./document.ts";
import { merge } from "./merge.ts";

export type SavedState = "saved" | "saving" | "waiting" | "offline" | "asking" | "refused";

/** What is kept in the browser: what was changed, and of what. */
export interface Copy {
  readonly version: number;
  readonly base: Draft;
  readonly draft: Draft;
}

export type Answer<T> =
  | { readonly kind: "kept"; readonly version: number; readonly told: T }
  | { readonly kind: "stale"; readonly version: number; readonly theirs: Draft; readonly by: string }
  | { readonly kind: "offline" }
  | { readonly kind: "refused"; readonly words: string };

export interface Outside<T> {
  send(version: number, draft: Draft): Promise<Answer<T>>;
  keep(copy: Copy | undefined): void;
  /** The draft was kept: what the server says about it. */
  told(told: T, draft: Draft): void;
  /** Somebody else's changes came in; `conflicts` are nodes that both changed. */
  merged(draft: Draft, conflicts: readonly string[], theirs: Draft, by: string): void;
  state(state: SavedState, words: string): void;
}

export class Saver<T> {
  private base: Draft;
  private draft: Draft;
  private version: number;
  private readonly outside: Outside<T>;
  private isSending = false;
  private isAsking = false;

  constructor(version: number, base: Draft, outside: Outside<T>) {
    this.version = version;
    this.base = base;
    this.draft = base;
    this.outside = outside;
  }

  get seen(): number {
    return this.version;
  }

  /** True where the server has everything. */
  get isSafe(): boolean {
    return !this.isSending && !this.isAsking && (this.draft === this.base || same(this.draft, this.base));
  }

  /** Take the draft as it is now; `send` brings it to the server. */
  changed(draft: Draft): void {
    this.draft = draft;
    const isSame = draft === this.base || same(draft, this.base);
    this.outside.keep(isSame && !this.isSending ? undefined : { version: this.version, base: this.base, draft });
    if (!this.isSending && !this.isAsking) this.outside.state(isSame ? "saved" : "waiting", "");
  }

  /** The person has said whose changes hold: go on. */
  answered(draft: Draft): void {
    this.isAsking = false;
    this.changed(draft);
  }

  /** Bring the draft to the server; what changed meanwhile is sent after it.  Returns false where nobody answers. */
  async send(): Promise<boolean> {
    while (!this.isSending && !this.isAsking && !(this.draft === this.base || same(this.draft, this.base))) {
      const draft = this.draft;
      this.isSending = true;
      this.outside.state("saving", "");
      const answer = await this.outside.send(this.version, draft);
      this.isSending = false;
      switch (answer.kind) {
        case "kept":
          this.version = answer.version;
          this.base = draft;
          this.outside.told(answer.told, draft);
          this.changed(this.draft);
          break;
        case "stale":
          this.takeIn(answer.version, answer.theirs, answer.by);
          break;
        case "offline":
          this.outside.state("offline", "");
          return false;
        case "refused":
          this.outside.state("refused", answer.words);
          return true;
      }
    }
    return true;
  }

  /** Somebody else has saved: take it in, unless something of ours is under way. */
  receive(version: number, theirs: Draft, by: string): void {
    if (!this.isSending && !this.isAsking && version !== this.version) this.takeIn(version, theirs, by);
  }

  private takeIn(version: number, theirs: Draft, by: string): void {
    const { draft, conflicts } = merge(this.base, this.draft, theirs);
    this.version = version;
    this.base = theirs;
    this.isAsking = conflicts.length > 0;
    this.outside.merged(draft, conflicts, theirs, by);
    this.changed(draft);
    if (this.isAsking) this.outside.state("asking", "");
  }

  /** Go on from a copy that was left in the browser; returns the draft to show. */
  resume(copy: Copy): Draft {
    if (copy.version === this.version) {
      this.changed(copy.draft);
      return copy.draft;
    }
    const theirs = this.base;
    this.base = copy.base;
    this.draft = copy.draft;
    this.takeIn(this.version, theirs, "");
    return this.draft;
  }
}
