// Keys that work everywhere; pages add their own with `on`.
import { open } from "./dialogs";

type Act = (event: KeyboardEvent) => void;
const acts = new Map<string, Act>();
let before = "";

/** Let a key (`n`, `?`), or two after one another (`g b`), do something; not while somebody types. */
export function on(keys: string, act: Act): void {
  acts.set(keys, act);
}

export function listen(): void {
  on("/", () => open("search"));
  on("?", () => open("keys"));
  on("g b", () => location.assign("/boards"));
  on("g t", () => location.assign("/tasks"));
  on("g f", () => location.assign("/funnels"));
  on("g l", () => location.assign("/leads"));
  on("g r", () => location.assign("/reports"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") && event.key !== "Escape") return;
    const key = keyOf(event);
    const act = acts.get(`${before} ${key}`) ?? acts.get(key);
    before = key;
    if (act) {
      event.preventDefault();
      act(event);
    }
  });
}

/** The key by its place where the keyboard writes other letters than Latin ones: j is j on a Ukrainian layout too. */
function keyOf(event: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (!letter || event.key.length !== 1 || event.key.charCodeAt(0) < 128) return event.key;
  return event.shiftKey ? letter : letter.toLowerCase();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
