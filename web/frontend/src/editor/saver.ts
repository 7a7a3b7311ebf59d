// Keeps the draft on the server, and a copy in the browser until it is there.  Knows no clock: it is told when to try.
import { type Draft, same } from "./document.ts";
import { merge, settled } from "./merge.ts";

export type SavedState = "saved" | "saving" | "waiting" | "offline" | "signedOut" | "asking" | "refused";

/** What is kept in the browser: what was changed, and of what; `sent` went to the server, and no answer came. */
export interface Copy {
  readonly version: number;
  readonly base: Draft;
  readonly draft: Draft;
  readonly sent?: Draft;
}

export type Answer<T> =
  | { readonly kind: "kept"; readonly version: number; readonly told: T }
  | { readonly kind: "stale"; readonly version: number; readonly theirs: Draft; readonly by: string }
  | { readonly kind: "offline" }
  | { readonly kind: "signedOut" }
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
  /** What was sent and not answered: it may be on the server, so it is sent again as it is until its fate is known. */
  private unanswered: Draft | undefined;
  /** While a person is asked: what his changes were made of, so that a reload asks again. */
  private origin: Pick<Copy, "version" | "base"> | undefined;

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
    return !this.isSending && !this.isAsking && !this.unanswered && this.isSame;
  }

  private get isSame(): boolean {
    return this.draft === this.base || same(this.draft, this.base);
  }

  /** Take the draft as it is now; `send` brings it to the server. */
  changed(draft: Draft): void {
    this.draft = draft;
    this.keep();
    if (!this.isSending && !this.isAsking) this.outside.state(this.isSafe ? "saved" : "waiting", "");
  }

  private keep(): void {
    if (this.isSafe) return this.outside.keep(undefined);
    const of = this.origin ?? { version: this.version, base: this.base };
    this.outside.keep({ ...of, draft: this.draft, ...(this.unanswered && { sent: this.unanswered }) });
  }

  /** The person has said whose changes hold: go on. */
  answered(draft: Draft): void {
    this.isAsking = false;
    this.origin = undefined;
    this.changed(draft);
  }

  /** Bring the draft to the server; what changed meanwhile is sent after it.  Returns false where nobody takes it now. */
  async send(): Promise<boolean> {
    while (!this.isSending && !this.isAsking && (this.unanswered || !this.isSame)) {
      const draft = (this.unanswered ??= this.draft);
      this.isSending = true;
      this.keep();
      this.outside.state("saving", "");
      const answer = await this.outside.send(this.version, draft).catch((): Answer<T> => ({ kind: "offline" }));
      this.isSending = false;
      switch (answer.kind) {
        case "kept":
          this.unanswered = undefined;
          this.version = answer.version;
          this.base = draft;
          this.outside.told(answer.told, draft);
          this.changed(this.draft);
          break;
        case "stale":
          this.takeIn(answer.version, answer.theirs, answer.by);
          break;
        case "offline":
        case "signedOut":
          this.outside.state(answer.kind, "");
          return false;
        case "refused":
          this.unanswered = undefined;
          this.keep();
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
    const base = this.unanswered ? settled(this.base, this.unanswered, theirs) : this.base;
    this.unanswered = undefined;
    this.join({ version: this.version, base, draft: this.draft }, theirs, by, version);
  }

  /** Bring changes that were made of something older together with `theirs`, which the server has. */
  private join(ours: Copy, theirs: Draft, by: string, version: number): void {
    const { draft, conflicts } = merge(ours.base, ours.draft, theirs);
    this.version = version;
    this.base = theirs;
    this.draft = draft;
    this.isAsking = conflicts.length > 0;
    this.origin = this.isAsking ? { version: ours.version, base: ours.base } : undefined;
    this.outside.merged(draft, conflicts, theirs, by);
    this.changed(draft);
    if (this.isAsking) this.outside.state("asking", "");
  }

  /** Go on from a copy that was left in the browser, where all of ours is on the server; returns the draft to show. */
  resume(copy: Copy): Draft {
    const theirs = this.base;
    const base = copy.sent ? settled(copy.base, copy.sent, theirs) : copy.base;
    this.join({ ...copy, base }, theirs, "", this.version);
    return this.draft;
  }
}
