// Every key of the canvas, and what it does.
import { useShared } from "./shared";

const KEYS = [
  ["Tab", "tab"],
  ["← ↑ → ↓", "arrows"],
  ["⇧ ← ↑ → ↓", "move"],
  ["Enter", "enter"],
  ["A · /", "add"],
  ["C", "connect"],
  ["Space", "choose"],
  ["Del", "remove"],
  ["Ctrl C · X · V", "copy"],
  ["Ctrl D", "duplicate"],
  ["Ctrl Z · Y", "undo"],
  ["Ctrl A", "all"],
  ["Ctrl G", "group"],
  ["N", "note"],
  ["F", "find"],
  ["F8", "problem"],
  ["F6", "parts"],
  ["Ctrl K", "commands"],
  ["Esc", "escape"],
  ["Shift", "marquee"],
] as const;

export function KeysList() {
  const { store } = useShared();
  return (
    <dl className="keys-list">
      {KEYS.map(([key, word]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{store.word(`key_${word}`)}</dd>
        </div>
      ))}
    </dl>
  );
}
