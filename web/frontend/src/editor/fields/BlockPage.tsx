// The page about a block, from the documentation, where it is used.
import { useEffect, useState } from "react";
import { useStore } from "../shared";

const pages = new Map<string, string>();

export function BlockPage({ type }: { type: string }) {
  const store = useStore();
  const [isOpen, open] = useState(false);
  const [, draw] = useState(0);
  useEffect(() => {
    if (!isOpen || pages.has(type)) return;
    fetch(`/api/funnels/blocks/${encodeURIComponent(type)}/page`)
      .then((answer) => (answer.ok ? answer.text() : ""))
      .catch(() => "")
      .then((html) => {
        if (html) pages.set(type, html);
        draw((count) => count + 1);
      });
  }, [isOpen, type]);
  const html = pages.get(type);
  return (
    <details className="block-page" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>{store.word("aboutBlock")}</summary>
      {html ? <div className="page-text" lang="en" dangerouslySetInnerHTML={{ __html: html }} /> : <p className="hint">…</p>}
    </details>
  );
}
