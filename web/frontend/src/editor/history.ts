// Undo and redo of everything.  Changes of one gesture (typing in a field, moving by the arrow keys) are one step.
import type { Draft } from "./document.ts";
import { apply, diff, inverse, isEmpty, type Patch } from "./patch.ts";

interface Step {
  readonly patch: Patch;
  readonly words: string;
  readonly gesture: string;
  readonly start: Draft;
}

const MOST = 500;

export class History {
  private past: Step[] = [];
  private future: Step[] = [];

  /** Remember a change; returns false where nothing changed.  Changes of the same `gesture`, one after another, are one step. */
  add(before: Draft, after: Draft, words: string, gesture = ""): boolean {
    const last = this.past.at(-1);
    const joined = last && gesture && last.gesture === gesture && !this.future.length;
    const start = joined ? last.start : before;
    if (isEmpty(diff(before, after))) return false;
    if (joined) this.past.pop();
    const patch = diff(start, after);
    if (!isEmpty(patch)) this.past.push({ patch, words, gesture, start });
    if (this.past.length > MOST) this.past.shift();
    this.future = [];
    return true;
  }

  /** End a gesture: what comes next is a step of its own. */
  cut(): void {
    const last = this.past.at(-1);
    if (last?.gesture) this.past[this.past.length - 1] = { ...last, gesture: "" };
  }

  undo(draft: Draft): Draft {
    const step = this.past.pop();
    if (!step) return draft;
    this.future.push({ ...step, gesture: "" });
    return apply(draft, inverse(step.patch));
  }

  redo(draft: Draft): Draft {
    const step = this.future.pop();
    if (!step) return draft;
    this.past.push({ ...step, gesture: "" });
    return apply(draft, step.patch);
  }

  /** What would be undone, and done again; empty where there is nothing. */
  get next(): { undo: string; redo: string } {
    return { undo: this.past.at(-1)?.words ?? "", redo: this.future.at(-1)?.words ?? "" };
  }
}
