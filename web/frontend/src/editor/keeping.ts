// How the draft gets to the server and back: saved by itself, looked after, put together with what others did, left in the browser.
import { Refused, send } from "../requests";
import { toast } from "../toasts";
import { Copies } from "./copies";
import { type Draft, type Places, type Plain, plainOf } from "./document";
import { apply, diff, partOf } from "./patch";
import { type Answer, type Failure, type MergeAnswer, type SavedState, Saver, type Together } from "./saver";
import { SignedOutError, sendAsMyself } from "./session";
import { State } from "./state";
import type { Catalogue, Choices, MergedDraft, Present, Problem, Told } from "./told";

const AUTOSAVE = 700;
const LOOK = 10_000;
const LONGEST_WAIT = 30_000;
const LATELY = 300_000;

/** Nodes that both changed, and the draft with them as each has them. */
export interface Asked {
  readonly ids: readonly string[];
  /** Nodes of which what both did can stand together. */
  readonly fitting: ReadonlySet<string>;
  readonly merged: Draft;
  readonly mine: Draft;
  readonly theirs: Draft;
  readonly by: string;
}

/** What somebody else has just done. */
export interface Others {
  readonly by: string;
  readonly nodes: ReadonlySet<string>;
  readonly told: readonly { readonly depth: number; readonly words: string }[];
}

interface Questions {
  readonly asked?: Asked;
  readonly others: Others;
}

export abstract class Keeping extends State {
  asked: Asked | undefined;
  others: Others | undefined;
  /** Who else has kept this draft lately; empty where nobody has. */
  editor = "";
  saved: { state: SavedState; words: string } = { state: "saved", words: "" };
  published: { version: number; isSame: boolean };
  isPublishing = false;
  private readonly saver: Saver<Told, Questions["asked"]>;
  private timer = 0;
  private pause = 2_000;
  private met = 0;
  private readonly copies: Copies;

  constructor(
    readonly key: string,
    present: Present,
    catalogue: Catalogue,
    choices: Choices,
    private readonly copyName: string,
    readonly mayPublish: boolean,
  ) {
    super({ name: "", nodes: [], edges: [], positions: {} }, present.checked, catalogue, choices);
    this.published = { version: present.published, isSame: present.isPublished };
    this.draft = this.draftIn(present);
    this.meet(present);
    this.copies = new Copies(copyName, () => this.resume());
    this.saver = new Saver(present.version, this.draft, {
      send: (version, draft) => this.put(version, draft),
      merge: (base, draft) => this.merge(base, draft),
      keep: (kept) => this.copies.keep(kept),
      told: (told) => {
        this.hear(told);
        this.published = { ...this.published, isSame: false };
        this.changed();
      },
      merged: (draft, together) => this.merged(draft, together),
      state: (state, words) => {
        if (this.saved.state === state && this.saved.words === words) return;
        this.saved = { state, words };
        this.changed();
        if (state === "saved") this.resume();
      },
    });
    this.resume();
    window.addEventListener("online", () => void this.save());
    window.addEventListener("focus", () => void this.save().then(() => this.look()));
    document.addEventListener("visibilitychange", () => void this.save());
    window.setInterval(() => void this.look(), LOOK);
  }

  protected kept(draft: Draft): void {
    this.saver.changed(draft);
    this.soon(AUTOSAVE);
  }

  private soon(wait: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  async save(): Promise<boolean> {
    window.clearTimeout(this.timer);
    if (await this.saver.send()) {
      this.pause = 2_000;
      return this.saver.isSafe;
    }
    this.soon(this.pause);
    this.pause = Math.min(LONGEST_WAIT, this.pause * 2);
    return false;
  }

  private async put(version: number, draft: Draft): Promise<Answer<Told>> {
    try {
      const kept = await sendAsMyself<{ version: number; published: number; checked: Told }>("PUT", this.address("draft"), this.copyName, { version, ...plainOf(draft) });
      this.published = { version: kept.published, isSame: false };
      return { kind: "kept", version: kept.version, told: kept.checked };
    } catch (error) {
      const present = error instanceof Refused && error.status === 409 ? (error.body as { draft?: Present } | undefined)?.draft : undefined;
      return present ? { kind: "stale", theirs: this.draftIn(present) } : failure(error);
    }
  }

  // Two at one draft

  private async merge(base: Draft, draft: Draft): Promise<MergeAnswer<Questions["asked"]>> {
    let found: MergedDraft;
    try {
      found = await sendAsMyself<MergedDraft>("POST", `${this.address("draft")}/merge`, this.copyName, { base: plainOf(base), mine: plainOf(draft) });
    } catch (error) {
      return failure(error);
    }
    const { present, questions, told, changed } = found;
    const as = ({ document, positions }: { document: Plain; positions: Places }): Draft => this.read(document, positions, present.checked);
    const merged = as(found);
    this.meet(present);
    this.others = { by: present.changedBy, nodes: new Set(changed), told };
    const ids = questions.map((one) => one.node ?? "");
    const fitting = new Set(questions.filter((one) => one.fits).map((one) => one.node ?? ""));
    const question = found.mine && found.theirs && { ids, fitting, merged, mine: as(found.mine), theirs: as(found.theirs), by: present.changedBy };
    return { kind: "merged", version: present.version, theirs: this.draftIn(present), merged, ...(question ? { question } : {}) };
  }

  private merged(draft: Draft, { question }: Together<Questions["asked"]>): void {
    this.draft = draft;
    this.asked = question;
    if (!question && this.others?.by) toast(this.word("tookIn", { name: this.others.by }));
    this.changed();
    this.soon(AUTOSAVE);
  }

  /** Answer whose changes of an asked node hold, or that both do; of all asked nodes where none is named. */
  settle(whose: "mine" | "theirs" | "both", id?: string): void {
    const { asked } = this;
    if (!asked) return;
    const wanted = id === undefined ? asked.ids : [id];
    const patch = diff(asked.merged, whose === "theirs" ? asked.theirs : asked.mine);
    const part = partOf(patch, new Set(wanted));
    const whole = wanted.includes("") ? { ...part, texts: patch.texts, notes: patch.notes, groups: patch.groups } : part;
    if (whose !== "both") this.draft = apply(this.draft, whole);
    const ids = asked.ids.filter((one) => !wanted.includes(one));
    this.asked = ids.length ? { ...asked, ids } : undefined;
    if (!ids.length) {
      this.saver.answered(this.draft);
      this.soon(0);
    } else this.saver.changed(this.draft);
    this.changed();
  }

  /** What the other did was looked at. */
  understood(): void {
    this.others = undefined;
    this.changed();
  }

  private draftIn({ document, positions, checked }: Present): Draft {
    return this.read(document, positions, checked);
  }

  /** Take in what the server says of the present draft. */
  private meet(present: Present): void {
    this.hear(present.checked);
    this.published = { version: present.published, isSame: present.isPublished };
    this.editor = present.editing;
    this.met = Date.now();
  }

  /** Look whether somebody else has saved or published. */
  private async look(): Promise<void> {
    if (document.hidden || this.saved.state !== "saved") return;
    if (this.editor && Date.now() - this.met > LATELY) {
      this.editor = "";
      this.changed();
    }
    const since = `since=${this.saver.seen}&published=${this.published.version}`;
    const present = await send<Present | undefined>("GET", `${this.address("draft")}?${since}`).catch(() => undefined);
    if (!present || this.saved.state !== "saved") return;
    this.meet(present);
    this.changed();
    if (present.version !== this.saver.seen) await this.saver.receive();
  }

  // Publishing

  async publish(): Promise<void> {
    this.isPublishing = true;
    this.changed();
    try {
      if (!(await this.save())) return void toast(this.saved.words || this.word(`state_${this.saved.state}`), { kind: "bad" });
      const plan = await sendAsMyself<{ asks: boolean }>("GET", this.address("plan"), this.copyName);
      if (plan.asks) {
        location.assign(`/funnels/${encodeURIComponent(this.key)}/publish`);
        return;
      }
      const { published } = await sendAsMyself<{ published: number }>("POST", this.address("publish"), this.copyName, { version: this.saver.seen });
      this.published = { version: published, isSame: true };
      toast(this.word("didPublish", { version: published }));
    } catch (error) {
      if (error instanceof SignedOutError) return void toast(this.word("state_signedOut"), { kind: "bad" });
      if (!(error instanceof Refused)) throw error;
      if (error.status === 409) {
        await this.look();
        return void toast(this.word("lookAgain"), { kind: "bad" });
      }
      const { problems } = (error.body ?? {}) as { problems?: Problem[] };
      if (problems) this.told = { ...this.told, problems };
      this.list(true);
      toast(error.message, { kind: "bad" });
    } finally {
      this.isPublishing = false;
      this.changed();
    }
  }

  private address(what: string): string {
    return `/api/funnels/${encodeURIComponent(this.key)}/${what}`;
  }

  /** Go on with what was not saved in a window that is gone; only where all of this one is saved. */
  private resume(): void {
    if (!this.saver?.isSafe) return;
    const isFound = this.copies.hand((copy) => {
      this.draft = this.saver.resume(copy);
    });
    if (!isFound) return;
    toast(this.word("resumed"));
    this.changed();
    this.soon(AUTOSAVE);
  }
}

function failure(error: unknown): Failure {
  if (error instanceof SignedOutError) return { kind: "signedOut" };
  if (!(error instanceof Refused)) throw error;
  return error.status === 0 || error.status === 429 || error.status >= 500 ? { kind: "offline" } : { kind: "refused", words: error.message };
}
