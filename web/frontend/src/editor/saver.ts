// Keeps the draft on the server, and a copy in the browser until it is there.  Knows no clock: it is told when to try.
import { type Draft, same } from "./document.ts";
import { apply, diff } from "./patch.ts";
import { settled } from "./settled.ts";

export type SavedState = "saved" | "saving" | "waiting" | "offline" | "signedOut" | "asking" | "refused";

/** What is kept in the browser: what was changed, and of what; `sent` went to the server, and no answer came. */
export interface Copy {
  readonly version: number;
  readonly base: Draft;
  readonly draft: Draft;
  readonly sent?: Draft;
}

/** One draft of two, as the server has put them together. */
export interface Together<Q> {
  readonly version: number;
  readonly theirs: Draft;
  readonly merged: Draft;
  /** What a person has to decide; nothing where all could be put together. */
  readonly question?: Q;
}

export type Failure = { readonly kind: "offline" } | { readonly kind: "signedOut" } | { readonly kind: "refused"; readonly words: string };
export type Answer<T> = { readonly kind: "kept"; readonly version: number; readonly told: T } | { readonly kind: "stale"; readonly theirs: Draft } | Failure;
export type MergeAnswer<Q> = ({ readonly kind: "merged" } & Together<Q>) | Failure;

export interface Outside<T, Q> {
  send(version: number, draft: Draft): Promise<Answer<T>>;
  /** Put a draft that was made of `base` together with what the server has now. */
  merge(base: Draft, draft: Draft): Promise<MergeAnswer<Q>>;
  keep(copy: Copy | undefined): void;
  /** The draft was kept: what the server says about it. */
  told(told: T, draft: Draft): void;
  /** Somebody else's changes came in. */
  merged(draft: Draft, together: Together<Q>): void;
  state(state: SavedState, words: string): void;
}

const offline = (): Failure => ({ kind: "offline" });

export class Saver<T, Q> {
  private base: Draft;
  private draft: Draft;
  private version: number;
  private readonly outside: Outside<T, Q>;
  private isSending = false;
  private isAsking = false;
  /** What was sent and not answered: it may be on the server, so it is sent again as it is until its fate is known. */
  private unanswered: Draft | undefined;
  /** While a person is asked: what his changes were made of, so that a reload asks again. */
  private origin: Pick<Copy, "version" | "base"> | undefined;

  constructor(version: number, base: Draft, outside: Outside<T, Q>) {
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
      const answer = await this.outside.send(this.version, draft).catch(offline);
      this.isSending = false;
      if (answer.kind === "kept") {
        this.unanswered = undefined;
        this.version = answer.version;
        this.base = draft;
        this.outside.told(answer.told, draft);
        this.changed(this.draft);
      } else if (answer.kind === "stale") {
        this.base = settled(this.base, draft, answer.theirs);
        this.unanswered = undefined;
        const failure = await this.takeIn();
        if (failure) return this.failed(failure);
      } else {
        if (answer.kind === "refused") this.unanswered = undefined;
        return this.failed(answer);
      }
    }
    return true;
  }

  private failed(failure: Failure): boolean {
    this.keep();
    this.outside.state(failure.kind, failure.kind === "refused" ? failure.words : "");
    return failure.kind === "refused";
  }

  /** Somebody else has saved: take it in, unless something of ours is under way. */
  async receive(): Promise<void> {
    if (this.isSending || this.isAsking || this.unanswered) return;
    const failure = await this.takeIn();
    if (failure && !this.isSame) this.failed(failure);
    else this.keep();
  }

  /** Have the server put both together; what was drawn meanwhile is drawn again on the draft of both. */
  private async takeIn(): Promise<Failure | undefined> {
    const [sent, ours] = [this.draft, { version: this.version, base: this.base }];
    this.isSending = true;
    this.keep();
    const answer = await this.outside.merge(this.base, sent).catch(offline);
    this.isSending = false;
    if (answer.kind !== "merged") return answer;
    const draft = this.draft === sent ? answer.merged : apply(answer.merged, diff(sent, this.draft));
    this.version = answer.version;
    this.base = answer.theirs;
    this.isAsking = answer.question !== undefined;
    this.origin = this.isAsking ? ours : undefined;
    this.draft = draft;
    this.outside.merged(draft, answer);
    this.changed(draft);
    if (this.isAsking) this.outside.state("asking", "");
    return undefined;
  }

  /**
   * Go on from a copy that was left in the browser, where all of ours is on the server; returns the draft to show.  What others
   * did since is put together with it when it is sent.
   */
  resume(copy: Copy): Draft {
    this.base = copy.sent ? settled(copy.base, copy.sent, this.base) : copy.base;
    this.version = copy.version;
    this.changed(copy.draft);
    return copy.draft;
  }
}
