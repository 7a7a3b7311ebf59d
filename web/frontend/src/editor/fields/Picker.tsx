// One of many: a list where there are few, else a field in which one types a part of the name.
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useStore } from "../shared";
import { fitting, MOST_SHOWN, type Pick } from "./picking";

export const FEW = 12;

interface Props {
  id?: string;
  label?: string;
  value: string;
  picks: readonly Pick[];
  onPick(key: string): void;
  /** Shown while nothing is chosen. */
  placeholder: string;
  /** What stands for nothing, where nothing may be chosen. */
  none?: string;
  /** The list adds to what is chosen: it is empty again after each choice. */
  isAdding?: boolean;
  described?: string;
  isWrong?: boolean;
}

export function Picker(props: Props) {
  return props.picks.length <= FEW ? <Few {...props} /> : <Many {...props} />;
}

function Few({ id, label, value, picks, onPick, placeholder, none, described, isWrong }: Props) {
  const store = useStore();
  const groups = [...new Set(picks.map((one) => one.group ?? ""))];
  const options = (group: string) =>
    picks
      .filter((one) => (one.group ?? "") === group)
      .map((one) => (
        <option key={one.key} value={one.key}>
          {one.name}
        </option>
      ));
  return (
    <select id={id} aria-label={label} aria-describedby={described} aria-invalid={isWrong || undefined} value={value} onChange={(event) => onPick(event.target.value)}>
      <option value="">{none ?? placeholder}</option>
      {value && !picks.some((one) => one.key === value) && <option value={value}>{store.word("missing", { name: value })}</option>}
      {groups.map((group) =>
        group ? (
          <optgroup key={group} label={group}>
            {options(group)}
          </optgroup>
        ) : (
          options(group)
        ),
      )}
    </select>
  );
}

function Many({ id, label, value, picks, onPick, placeholder, none, isAdding, described, isWrong }: Props) {
  const store = useStore();
  const own = useId();
  const list = useRef<HTMLUListElement>(null);
  const [typed, type] = useState<string | undefined>(undefined);
  const [at, move] = useState(0);
  const isOpen = typed !== undefined;
  const now = picks.find((one) => one.key === value);
  const found = isOpen ? fitting(picks, typed) : [];
  const isClearable = none !== undefined && isOpen && !typed && Boolean(value);
  const shown: readonly Pick[] = [...(isClearable ? [{ key: "", name: none }] : []), ...found.slice(0, MOST_SHOWN)];
  const active = Math.min(at, shown.length - 1);
  const open = (): void => {
    if (isOpen) return;
    type("");
    move(Math.max(0, picks.findIndex((one) => one.key === value)) < MOST_SHOWN ? Math.max(0, picks.findIndex((one) => one.key === value) + (none !== undefined && value ? 1 : 0)) : 0);
  };
  const close = (): void => type(undefined);
  const pick = (one: Pick | undefined): void => {
    if (one) onPick(one.key);
    close();
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (isOpen) move(Math.max(0, Math.min(shown.length - 1, active + step)));
      else open();
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      pick(shown[active]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      event.preventDefault();
      close();
    }
  };
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active, isOpen, typed]);
  return (
    <div className="picker">
      <input
        id={id}
        role="combobox"
        autoComplete="off"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={`${own}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && shown.length ? `${own}-${active}` : undefined}
        aria-describedby={described}
        aria-invalid={isWrong || undefined}
        placeholder={now && !isAdding ? now.name : placeholder}
        value={typed ?? (isAdding || !value ? "" : (now?.name ?? store.word("missing", { name: value })))}
        onFocus={(event) => event.target.select()}
        onClick={open}
        onChange={(event) => {
          type(event.target.value);
          move(0);
        }}
        onKeyDown={press}
        onBlur={close}
      />
      <ul id={`${own}-list`} role="listbox" aria-label={store.word("choices")} ref={list} hidden={!isOpen} onMouseDown={(event) => event.preventDefault()}>
        {shown.map((one, place) => (
          <li key={one.key} id={`${own}-${place}`} role="option" aria-selected={place === active} className={one.key === value ? "now" : undefined} onClick={() => pick(one)}>
            <span>{one.name}</span>
            {one.group && <small>{one.group}</small>}
          </li>
        ))}
      </ul>
      {isOpen && (found.length === 0 || found.length > MOST_SHOWN) && (
        <p className="hint" role="status">
          {found.length ? store.word("pickMore", { count: found.length - MOST_SHOWN }) : store.word("pickNone")}
        </p>
      )}
    </div>
  );
}
