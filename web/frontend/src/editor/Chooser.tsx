// A window to choose by typing: all commands and blocks of the canvas, a way out, what it shall lead to; and the list of keys.
import { useEffect, useId, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { type Choice, choicesOf } from "./choices";
import { KeysList } from "./KeysList";
import { Icon, useChosen, useShared } from "./shared";
import type { Sight } from "./sight";
import type { Choosing } from "./state";

export function Chooser({ sight }: { sight: { current: Sight | undefined } }) {
  const choosing = useChosen((one) => one.choosing);
  return choosing ? <Window key={JSON.stringify(choosing)} choosing={choosing} sight={sight} /> : null;
}

function Window({ choosing, sight }: { choosing: Choosing; sight: { current: Sight | undefined } }) {
  const { store } = useShared();
  const window = useRef<HTMLDialogElement>(null);
  const [before] = useState(() => document.activeElement);
  useEffect(() => {
    const dialog = window.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [before]);
  return (
    <dialog ref={window} className="chooser" aria-label={store.word(`choose_${choosing.what}`)} onClose={() => store.choose(undefined)} onClick={(event) => event.target === window.current && store.choose(undefined)}>
      {choosing.what === "keys" ? (
        <>
          <div className="inspector-head">
            <h2>{store.word("keysTitle")}</h2>
            <button type="button" className="ghost close" aria-label={store.word("close")} onClick={() => store.choose(undefined)}>
              <Icon name="x" />
            </button>
          </div>
          <KeysList />
        </>
      ) : (
        <ByTyping choosing={choosing} sight={sight} />
      )}
    </dialog>
  );
}

function ByTyping({ choosing, sight }: { choosing: Choosing; sight: { current: Sight | undefined } }) {
  const { store } = useShared();
  const [all] = useState(() => choicesOf(store, choosing, () => sight.current));
  const [wanted, want] = useState("");
  const [place, put] = useState(0);
  const list = useId();
  const parts = wanted.toLocaleLowerCase().split(/\s+/);
  const found = all.filter((one) => parts.every((part) => `${one.name} ${one.more}`.toLocaleLowerCase().includes(part)));
  const at = Math.min(place, Math.max(0, found.length - 1));
  useEffect(() => void document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: "nearest" }), [list, at]);
  const take = (one: Choice | undefined): void => {
    if (!one) return;
    flushSync(() => store.choose(undefined)); // the window gives the focus back before it goes anywhere
    one.act();
  };
  const title = store.word(`choose_${choosing.what}`);
  return (
    <>
      <label className="search">
        <Icon name="search" />
        <input
          type="search"
          role="combobox"
          aria-label={title}
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={found.length ? `${list}-${at}` : undefined}
          autoComplete="off"
          placeholder={title}
          value={wanted}
          autoFocus
          onChange={(event) => {
            want(event.target.value);
            put(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step) put((at + step + found.length) % Math.max(1, found.length));
            else if (event.key === "Enter") take(found[at]);
            else return;
            event.preventDefault();
          }}
        />
      </label>
      <ul id={list} role="listbox" aria-label={title}>
        {found.map((one, number) => (
          <li key={one.id} id={`${list}-${number}`} role="option" aria-selected={number === at} onPointerMove={() => put(number)} onClick={() => take(one)}>
            <Icon name={one.icon} />
            <span>{one.name}</span>
            <small>{one.more}</small>
          </li>
        ))}
      </ul>
      {!found.length && <p className="quiet">{store.word("nothingFits")}</p>}
    </>
  );
}
