// Fields of several values: choices, references, texts, groups, pairs; and of values of several types.
import { useId, useState } from "react";
import type { Json } from "../document";
import { Icon, useStore } from "../shared";
import type { Schema } from "../told";
import { fresh } from "./schema";
import { below, type FieldProps, Group } from "./SettingsForm";
import { FEW, Picker } from "./Picker";
import { fieldPicks, offered, picksOf } from "./texts";

const itemsOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const some = (items: readonly Json[]): Json | undefined => (items.length ? items : undefined);

/** Any of a closed choice. */
export function Choices({ schema, value, onChange, name }: FieldProps) {
  const store = useStore();
  const chosen = new Set(itemsOf(value).map(String));
  const all = schema.items?.enum ?? [];
  const words = schema.items?.["x-words"] ?? {};
  const set = (one: Json, isOn: boolean): void => onChange(some(all.filter((other) => (other === one ? isOn : chosen.has(String(other))))));
  if (all.length > FEW) {
    const picks = all.map((one) => ({ key: String(one), name: words[String(one)] ?? String(one) }));
    const nameOf = (key: string): string => words[key] ?? key;
    return (
      <>
        {chosen.size > 0 && <Chips items={[...chosen]} nameOf={nameOf} onRemove={(key) => set(all.find((one) => String(one) === key) ?? key, false)} />}
        <Picker label={schema.title ?? name} value="" isAdding picks={picks.filter((one) => !chosen.has(one.key))} placeholder={store.word("addOne")} onPick={(key) => set(all.find((one) => String(one) === key) ?? key, true)} />
      </>
    );
  }
  return (
    <div className={`checks${all.length > 10 ? " long" : ""}`}>
      {all.map((one) => (
        <label className="check" key={String(one)}>
          <input type="checkbox" checked={chosen.has(String(one))} onChange={(event) => set(one, event.target.checked)} />
          <span>{words[String(one)] ?? String(one)}</span>
        </label>
      ))}
    </div>
  );
}

/** Things that there are: chosen ones as chips, others from a list; a tag may be new. */
export function References({ schema, value, onChange, beside, name }: FieldProps) {
  const store = useStore();
  const id = useId();
  const kind = schema.items?.["x-reference"] ?? "";
  const found = offered(store, kind, schema.items?.["x-within"], beside);
  const chosen = itemsOf(value).map(String);
  const nameOf = (key: string): string => found.find((one) => one.key === key)?.name ?? (kind === "tag" ? key : store.word("missing", { name: key }));
  const add = (key: string): void => onChange(some([...new Set([...chosen, key])]));
  return (
    <>
      {chosen.length > 0 && <Chips items={chosen} nameOf={nameOf} onRemove={(key) => onChange(some(chosen.filter((one) => one !== key)))} />}
      {kind === "tag" ? (
        <NewText label={schema.title ?? name} words={store.word("addTag")} list={found.map((one) => one.key)} onAdd={add} />
      ) : (
        <Picker id={id} label={schema.title ?? name} value="" isAdding picks={(kind === "field" ? fieldPicks(found, store) : picksOf(found, [])).filter((one) => !chosen.includes(one.key))} placeholder={store.word("addOne")} onPick={(key) => key && add(key)} />
      )}
    </>
  );
}

/** Texts or numbers, one after another. */
export function Lines({ schema, value, onChange, name }: FieldProps) {
  const store = useStore();
  const items = itemsOf(value);
  const isNumber = schema.items?.type === "integer" || schema.items?.type === "number";
  const read = (text: string): Json => (isNumber && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : schema.items?.anyOf ? typed(text) : text);
  return (
    <>
      {items.length > 0 && <Chips items={items.map(String)} nameOf={(one) => one} onRemove={(key) => onChange(some(items.filter((one) => String(one) !== key)))} />}
      <NewText label={schema.title ?? name} words={store.word("addValue")} list={[]} onAdd={(text) => onChange(some([...items.filter((one) => String(one) !== text), read(text)]))} />
    </>
  );
}

/** Read what was typed where several types are allowed: a number, yes or no, else a text. */
function typed(text: string): Json {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function Chips({ items, nameOf, onRemove }: { items: readonly string[]; nameOf(key: string): string; onRemove(key: string): void }) {
  const store = useStore();
  return (
    <ul className="chips">
      {items.map((one) => (
        <li className="chip accent" key={one}>
          {nameOf(one)}
          <button type="button" aria-label={store.word("removeOne", { name: nameOf(one) })} onClick={() => onRemove(one)}>
            <Icon name="x" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function NewText({ label, words, list, onAdd }: { label: string; words: string; list: readonly string[]; onAdd(text: string): void }) {
  const id = useId();
  const [text, type] = useState("");
  const add = (): void => {
    if (text.trim()) onAdd(text.trim());
    type("");
  };
  return (
    <div className="row new-text">
      <input
        aria-label={label}
        placeholder={words}
        value={text}
        list={list.length ? id : undefined}
        maxLength={200}
        onChange={(event) => type(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      {list.length > 0 && (
        <datalist id={id}>
          {list.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </div>
  );
}

/** Groups of settings, one after another. */
export function List(props: FieldProps) {
  const { schema, value, onChange, problems } = props;
  const store = useStore();
  const items = itemsOf(value);
  const item: Schema = schema.items ?? {};
  const most = schema.maxItems ?? Infinity;
  const swap = (place: number): Json[] => items.map((one, number) => (number === place - 1 ? (items[place] as Json) : number === place ? (items[place - 1] as Json) : one));
  return (
    <>
      <ol className="items">
        {items.map((one, place) => (
          <li key={place} data-item={place}>
            <div className="item-acts">
              {place > 0 && (
                <button type="button" className="ghost" aria-label={store.word("moveUp")} title={store.word("moveUp")} onClick={() => onChange(swap(place))}>
                  <Icon name="arrow-up" />
                </button>
              )}
              <button type="button" className="ghost" aria-label={store.word("removeItem", { number: place + 1 })} title={store.word("removeItem", { number: place + 1 })} onClick={() => onChange(some(items.filter((_, number) => number !== place)))}>
                <Icon name="x" />
              </button>
            </div>
            <Group {...props} schema={item} value={one} problems={below(problems, place)} onChange={(next) => onChange(items.map((other, number) => (number === place ? (next ?? {}) : other)))} />
          </li>
        ))}
      </ol>
      {items.length < most && (
        <button type="button" className="button" onClick={() => onChange([...items, fresh(item)])}>
          <Icon name="plus" />
          {store.word("addItem")}
        </button>
      )}
    </>
  );
}

/** Names with values. */
export function Pairs({ value, onChange }: FieldProps) {
  const store = useStore();
  const pairs = Object.entries((value && typeof value === "object" && !Array.isArray(value) ? value : {}) as { readonly [name: string]: Json });
  const [name, call] = useState("");
  const [text, type] = useState("");
  const add = (): void => {
    if (!name.trim() || !text.trim()) return;
    onChange(Object.fromEntries([...pairs, [name.trim(), typed(text.trim())]]));
    call("");
    type("");
  };
  return (
    <>
      {pairs.length > 0 && (
        <Chips
          items={pairs.map(([key]) => key)}
          nameOf={(key) => `${key}: ${String(pairs.find(([one]) => one === key)?.[1])}`}
          onRemove={(key) => {
            const left = pairs.filter(([one]) => one !== key);
            onChange(left.length ? Object.fromEntries(left) : undefined);
          }}
        />
      )}
      <div className="row new-text">
        <input aria-label={store.word("pairName")} placeholder={store.word("pairName")} value={name} onChange={(event) => call(event.target.value)} />
        <input aria-label={store.word("pairValue")} placeholder={store.word("pairValue")} value={text} onChange={(event) => type(event.target.value)} onBlur={add} onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), add())} />
      </div>
    </>
  );
}

/** A value of one of several types: a text, a number, yes or no. */
export function Mixed({ schema, value, onChange, name }: FieldProps) {
  const store = useStore();
  const now = typeof value === "boolean" ? "bool" : typeof value === "number" ? "number" : "text";
  const types = new Set((schema.anyOf ?? []).map((arm) => arm.type));
  return (
    <div className="mixed-row">
      <select
        aria-label={store.word("typeOfValue")}
        value={now}
        onChange={(event) => onChange(event.target.value === "bool" ? true : event.target.value === "number" ? 0 : "")}
      >
        {types.has("string") && <option value="text">{store.word("type_text")}</option>}
        {(types.has("number") || types.has("integer")) && <option value="number">{store.word("type_number")}</option>}
        {types.has("boolean") && <option value="bool">{store.word("type_bool")}</option>}
      </select>
      {now === "bool" ? (
        <select aria-label={schema.title ?? name} value={String(value)} onChange={(event) => onChange(event.target.value === "true")}>
          <option value="true">{store.word("yes")}</option>
          <option value="false">{store.word("no")}</option>
        </select>
      ) : (
        <input
          aria-label={schema.title ?? name}
          type={now === "number" ? "number" : "text"}
          step="any"
          value={value === undefined ? "" : String(value)}
          onBlur={() => store.cut()}
          onChange={(event) => onChange(now === "number" ? Number(event.target.value) : event.target.value)}
        />
      )}
    </div>
  );
}
