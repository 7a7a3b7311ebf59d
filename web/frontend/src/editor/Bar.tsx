// The bar above the canvas: the name, whether all is saved, undo and redo, finding, order, publishing.
import { useRef, useState } from "react";
import { Life } from "./Life";
import { Icon, useStore } from "./shared";
import type { Sight } from "./Stage";

export function Bar({ sight, back }: { sight: { current: Sight | undefined }; back: string }) {
  const store = useStore();
  const { undo, redo } = store.undoable;
  const errors = store.told.problems.filter((one) => one.severity === "error").length;
  const warnings = store.told.problems.length - errors;
  const several = store.selected.size > 1;
  return (
    <header className="editor-bar">
      <a className="ghost" href={back} aria-label={store.word("back")} title={store.word("back")}>
        <Icon name="chevron-left" />
      </a>
      <Name />
      {store.published.version > 0 && <span className="chip ok">{store.word("publishedAs", { version: store.published.version })}</span>}
      {!store.published.isSame && <span className="chip warn">{store.word("draft")}</span>}
      <SavedSign />
      {store.editor && (
        <span className="chip warn editing-too" role="status">
          <Icon name="users" />
          {store.word("isEditing", { name: store.editor })}
        </span>
      )}
      <div className="end">
        <button type="button" className="ghost" disabled={!undo} title={undo ? store.word("undoOf", { what: undo }) : store.word("undo")} aria-label={store.word("undo")} onClick={() => store.undo()}>
          <Icon name="arrow-back-up" />
        </button>
        <button type="button" className="ghost" disabled={!redo} title={redo ? store.word("redoOf", { what: redo }) : store.word("redo")} aria-label={store.word("redo")} onClick={() => store.redo()}>
          <Icon name="arrow-forward-up" />
        </button>
        <Finder sight={sight} />
        <button type="button" className="ghost" title={`${store.word("choose_commands")} (Ctrl K)`} aria-label={store.word("choose_commands")} onClick={() => store.choose({ what: "commands" })}>
          <Icon name="command" />
        </button>
        <button type="button" className="ghost put-note" title={store.word("addNote")} aria-label={store.word("addNote")} onClick={() => store.addNote(sight.current?.middle() ?? { x: 0, y: 0 })}>
          <Icon name="note" />
        </button>
        <button
          type="button"
          className="ghost"
          title={store.word(several ? "tidySome" : "tidy")}
          aria-label={store.word(several ? "tidySome" : "tidy")}
          onClick={() => {
            store.tidy();
            if (!several) requestAnimationFrame(() => requestAnimationFrame(() => sight.current?.fit()));
          }}
        >
          <Icon name="sitemap" />
        </button>
        {errors + warnings > 0 && store.draft.nodes.length > 0 && (
          <button type="button" className={`ghost ${errors ? "bad-ink" : "warn-ink"}`} id="show-problems" onClick={() => store.list(true)}>
            <Icon name="alert-triangle" />
            {errors ? store.word("errors", { count: errors }) : store.word("warnings", { count: warnings })}
          </button>
        )}
        {store.mayPublish && store.published.version > 0 && <Life funnel={store.key} />}
        <a className="ghost" href={`${back}/rehearsals`} title={store.word("rehearse")} aria-label={store.word("rehearse")}>
          <Icon name="player-track-next" />
        </a>
        {store.mayPublish && (
          <button type="button" className="button primary" disabled={store.isPublishing || store.published.isSame} onClick={() => void store.publish()}>
            <Icon name="rocket" />
            {store.word("publish")}
          </button>
        )}
      </div>
    </header>
  );
}

function Name() {
  const store = useStore();
  const [typed, type] = useState<string | undefined>(undefined);
  return (
    <input
      className="funnel-name"
      aria-label={store.word("funnelName")}
      value={typed ?? store.draft.name}
      maxLength={200}
      required
      onFocus={() => type(store.draft.name)}
      onChange={(event) => {
        type(event.target.value);
        store.rename(event.target.value);
      }}
      onBlur={() => {
        type(undefined);
        store.cut();
      }}
    />
  );
}

/** What a screen reader tells at once; that all is saved it tells only after such a thing. */
const isTrouble = (state: string): boolean => !["saved", "saving", "waiting"].includes(state);

function SavedSign() {
  const store = useStore();
  const { state, words } = store.saved;
  const said = words || store.word(`state_${state}`);
  const told = useRef({ words: "", isTrouble: false });
  if (isTrouble(state)) told.current = { words: said, isTrouble: true };
  else if (state === "saved" && told.current.isTrouble) told.current = { words: said, isTrouble: false };
  const icons = { saved: "circle-check", saving: "progress", waiting: "progress", offline: "alert-triangle", signedOut: "alert-triangle", asking: "alert-triangle", refused: "alert-triangle" } as const;
  return (
    <span className={`saved-sign ${state}`} data-state={state}>
      <Icon name={icons[state]} />
      <span>{said}</span>
      <span className="unseen" role="status">
        {told.current.words}
      </span>
      {state === "signedOut" && (
        <a href="/sign-in" target="_blank" rel="noreferrer">
          {store.word("signIn")}
        </a>
      )}
    </span>
  );
}

function Finder({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  const [wanted, want] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const find = (): void => {
    const text = wanted.trim().toLocaleLowerCase();
    if (!text) return;
    const fits = store.order.filter((id) => `${store.title(id)} ${store.told.nodes[id]?.summary ?? ""} ${id}`.toLocaleLowerCase().includes(text));
    const [now] = store.selected;
    const next = fits[(fits.indexOf(now ?? "") + 1) % Math.max(1, fits.length)];
    field.current?.setCustomValidity(next ? "" : store.word("noNode"));
    field.current?.reportValidity();
    if (!next) return;
    store.select([next]);
    sight.current?.show([next]);
    if (fits.length === 1) sight.current?.focus(next);
  };
  return (
    <form
      className="search node-finder"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        find();
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        id="find-node"
        type="search"
        value={wanted}
        placeholder={store.word("findNode")}
        aria-label={store.word("findNode")}
        onChange={(event) => {
          event.target.setCustomValidity("");
          want(event.target.value);
        }}
      />
    </form>
  );
}
