// What was set, in a sentence of the user's language: the server says it.
import { useEffect, useState } from "react";
import { send } from "../../requests";
import type { Json } from "../document";

const said = new Map<string, string>();
const PAUSE = 250;

export function Sentence({ kind, value }: { kind: "condition" | "duration"; value: Json | undefined }) {
  const asked = value === undefined || value === null ? "" : JSON.stringify({ kind, value });
  const [, draw] = useState(0);
  useEffect(() => {
    if (!asked || said.has(asked)) return undefined;
    const timer = window.setTimeout(() => {
      send<{ words: string }>("POST", "/api/funnels/told", JSON.parse(asked) as unknown)
        .then(({ words }) => said.set(asked, words))
        .catch(() => undefined) // nothing whole to say yet, or no connection
        .finally(() => draw((count) => count + 1));
    }, PAUSE);
    return () => window.clearTimeout(timer);
  }, [asked]);
  const words = said.get(asked);
  return words ? (
    <p className="sentence" aria-live="polite">
      {words}
    </p>
  ) : null;
}
