// The blocks there are: searched, clicked, dragged onto the canvas, or chosen by keys for the place that was asked for.
import { useEffect, useRef, useState } from "react";
import { best } from "./best";
import { Icon, useChosen, useShared } from "./shared";
import { DRAGGED, type Sight } from "./Stage";
import type { Store } from "./store";
import type { Kind } from "./told";

export function Palette({ sight }: { sight: { current: Sight | undefined } }) {
  const { store } = useShared();
  const adding = useChosen((one) => one.adding);
  const [wanted, want] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const isBehind = adding !== undefined && !("spot" in adding && !("after" in adding) && !("edge" in adding));
  useEffect(() => {
    if (adding && isBehind) {
      want("");
      field.current?.focus();
    }
  }, [adding, isBehind]);
  const found = store.catalogue.blocks.filter((kind) => fits(kind, wanted) && !(isBehind && kind.starts));
  const first = wanted.trim() ? best(found, wanted) : found[0];
  const add = (kind: Kind): void => {
    const id = store.add(kind.key, sight.current?.middle() ?? { x: 0, y: 0 });
    want("");
    if (!id) return;
    sight.current?.reveal(id);
    sight.current?.focus(id);
  };
  return (
    <aside className={`blocks-shelf${adding ? " asked" : ""}`} aria-label={store.word("blocks")}>
      <div className="shelf-head">
        {isBehind && (
          <p className="asked-for">
            <span>{words(store)}</span>
            <button type="button" className="ghost" aria-label={store.word("cancel")} onClick={() => store.ask(undefined)}>
              <Icon name="x" />
            </button>
          </p>
        )}
        <label className="search">
          <Icon name="search" />
          <input
            ref={field}
            type="search"
            value={wanted}
            placeholder={store.word("searchBlocks")}
            aria-label={store.word("searchBlocks")}
            onChange={(event) => want(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && first) {
                event.preventDefault();
                add(first);
              }
              if (event.key === "Escape") {
                event.preventDefault();
                want("");
                store.ask(undefined);
              }
            }}
          />
        </label>
      </div>
      <div className="shelf-list">
        {store.catalogue.groups.map((group) => {
          const kinds = found.filter((kind) => kind.group === group.key);
          return kinds.length ? (
            <section key={group.key} aria-label={group.name}>
              <h2>{group.name}</h2>
              {kinds.map((kind) => (
                <button
                  key={kind.key}
                  type="button"
                  className={`shelf-block ${kind.category}${wanted.trim() && kind === first ? " first" : ""}`}
                  title={kind.about}
                  draggable
                  data-block={kind.key}
                  onDragStart={(event) => {
                    event.dataTransfer.setData(DRAGGED, kind.key);
                    event.dataTransfer.effectAllowed = "copy";
                  }}
                  onClick={() => add(kind)}
                >
                  <span className="sign">
                    <Icon name={kind.icon} />
                  </span>
                  <span>{kind.title}</span>
                </button>
              ))}
            </section>
          ) : null;
        })}
        {!found.length && <p className="quiet">{store.word("noBlock")}</p>}
      </div>
    </aside>
  );
}

function words(store: Store): string {
  const { adding } = store;
  if (adding && "after" in adding) {
    const port = store.ports(adding.after).find((one) => one.key === adding.port);
    const values = { name: store.title(adding.after), port: port?.name ?? adding.port };
    return adding.port === "next" ? store.word("addAfter", values) : store.word("addAfterPort", values);
  }
  return store.word("addBetween");
}

function fits(kind: Kind, wanted: string): boolean {
  const seen = `${kind.title} ${kind.about} ${kind.key}`.toLocaleLowerCase();
  return wanted.toLocaleLowerCase().split(/\s+/).every((part) => seen.includes(part));
}
