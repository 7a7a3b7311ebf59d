// A text as it would read about a real deal or lead, which is found by search.
import { useEffect, useState } from "react";
import { send } from "../../requests";
import { useStore } from "../shared";

interface Example {
  readonly record: "lead" | "deal";
  readonly id: number;
  readonly title: string;
  readonly more: string;
}

const PAUSE = 250;
let chosen: Example | undefined;

export function Preview({ text }: { text: string }) {
  const store = useStore();
  const [isOpen, open] = useState(Boolean(chosen));
  const [of, choose] = useState(chosen);
  const [wanted, want] = useState("");
  const [found, find] = useState<readonly Example[]>([]);
  const [said, say] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (!isOpen || of) return undefined;
    const timer = window.setTimeout(() => void send<readonly Example[]>("GET", `/api/funnels/examples?q=${encodeURIComponent(wanted)}`).then(find, () => find([])), wanted ? PAUSE : 0);
    return () => window.clearTimeout(timer);
  }, [isOpen, of, wanted]);
  useEffect(() => {
    if (!isOpen || !of) return undefined;
    const timer = window.setTimeout(() => {
      send<{ texts: readonly string[] }>("POST", "/api/funnels/preview", { texts: [text], record: of.record, id: of.id })
        .then(({ texts }) => say(texts[0] ?? ""))
        .catch(() => say(undefined)); // the text is not whole yet
    }, PAUSE);
    return () => window.clearTimeout(timer);
  }, [isOpen, of, text]);
  const take = (one: Example | undefined): void => {
    chosen = one;
    say(undefined);
    choose(one);
  };
  return (
    <details className="reads" open={isOpen} onToggle={(event) => open(event.currentTarget.open)}>
      <summary>{store.word("preview")}</summary>
      {of ? (
        <>
          <p className="of">
            <span>
              {store.word(`of_${of.record}`)}: <b>{of.title}</b>
            </span>
            <button type="button" className="ghost" onClick={() => take(undefined)}>
              {store.word("previewOther")}
            </button>
          </p>
          <output>{said ?? "…"}</output>
        </>
      ) : (
        <>
          <input type="search" aria-label={store.word("previewFind")} placeholder={store.word("previewFind")} value={wanted} onChange={(event) => want(event.target.value)} />
          <ul className="examples">
            {found.map((one) => (
              <li key={`${one.record}${one.id}`}>
                <button type="button" onClick={() => take(one)}>
                  <b>{one.title}</b>
                  <small>{[store.word(`of_${one.record}`), one.more].filter(Boolean).join(" · ")}</small>
                </button>
              </li>
            ))}
          </ul>
          {!found.length && <p className="hint">{store.word("pickNone")}</p>}
        </>
      )}
    </details>
  );
}
