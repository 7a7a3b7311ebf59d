// A condition: groups of rows of a field, an operator and a value; all or any of them, or not; and a sentence of it.
import { type MouseEvent, useState } from "react";
import { type Json, same } from "../document";
import { Said } from "../problems";
import { Icon, useStore } from "../shared";
import type { Problem } from "../told";
import { DEEPEST, EMPTY_ROW, type Group, groupOf, isGroup, isWhole, type Part, placesIn, treeOf } from "./condition";
import { ConditionRow } from "./ConditionRow";
import { Sentence } from "./Sentence";

interface Props {
  id: string;
  label: string;
  value: Json | undefined;
  problems: readonly Problem[];
  onChange(value: Json | undefined): void;
  isOptional?: boolean;
  /** Only what is complete may be given on: the document takes no other. */
  isStrict?: boolean;
}

interface Unfinished {
  readonly group: Group;
  readonly of: Json | undefined;
}

/** What is not whole yet, by field: it is there again when its block is looked at again. */
const left = new Map<string, Unfinished>();
export const isHalfSaid = (id: string): boolean => left.has(id);

export function ConditionField({ id, label, value, problems, onChange, isOptional, isStrict }: Props) {
  const store = useStore();
  const [unfinished, show] = useState(() => left.get(id));
  const keep = (one: Unfinished | undefined): void => {
    if (one) left.set(id, one);
    else left.delete(id);
    show(one);
  };
  const [asText, write] = useState(false);
  const held = unfinished && same(unfinished.of, value) ? unfinished : undefined;
  const group = held?.group ?? groupOf(value);
  const change = (next: Group): void => {
    if (isStrict && !isWhole(next)) {
      keep({ group: next, of: value });
      return;
    }
    keep(undefined);
    onChange(next.parts.length || !isOptional ? treeOf(next) : undefined);
  };
  const isRows = group !== undefined && !asText;
  const isMine = (one: Problem): boolean => !isRows || !placed(group, one);
  return (
    <fieldset className={`field condition group${problems.length ? " wrong" : ""}`} id={id}>
      <legend>{label}</legend>
      {isRows ? (
        <>
          <Parts group={group} depth={0} problems={problems.filter((one) => !isMine(one)).map((one) => ({ problem: one, way: placesIn(one.field) }))} onChange={change} onText={() => write(true)} />
          {held ? <p className="hint">{store.word("unfinished")}</p> : isWhole(group) ? <Sentence kind="condition" value={value} /> : <p className="hint">{store.word("leftToSay")}</p>}
        </>
      ) : (
        <AsText value={value} isRows={group !== undefined} onChange={onChange} onRows={() => write(false)} label={label} />
      )}
      {problems.filter(isMine).map((one) => (
        <Said problem={one} key={`${one.field}${one.message}`} />
      ))}
    </fieldset>
  );
}

/** True where a row of the group is meant. */
function placed(group: Group, problem: Problem): boolean {
  const way = placesIn(problem.field);
  if (!way.length) return group.parts.length === 1 && !isGroup(group.parts[0] as Part | Group) && Boolean(problem.field);
  return group.parts[way[0] as number] !== undefined;
}

interface Found {
  readonly problem: Problem;
  readonly way: readonly number[];
}

function Parts({ group, depth, problems, onChange, onRemove, onText }: { group: Group; depth: number; problems: readonly Found[]; onChange(group: Group): void; onRemove?: () => void; onText?: () => void }) {
  const store = useStore();
  const { parts } = group;
  const set = (place: number, part: Part | Group | undefined): void =>
    onChange({ ...group, parts: part ? parts.map((one, number) => (number === place ? part : one)) : parts.filter((_, number) => number !== place) });
  const of = (place: number): Found[] => problems.filter(({ way }) => (way.length ? way[0] === place : true)).map(({ problem, way }) => ({ problem, way: way.slice(1) }));
  /** Add a row or a group, and put the keyboard into its field. */
  const add = (event: MouseEvent, part: Part | Group): void => {
    const row = (event.currentTarget as HTMLElement).closest(".row");
    onChange({ ...group, parts: [...parts, part] });
    requestAnimationFrame(() => row?.previousElementSibling?.querySelector<HTMLElement>(".condition-row :is(select, input)")?.focus());
  };
  const hasHead = depth > 0 || parts.length > 1 || group.isNot;
  return (
    <>
      {hasHead && (
        <div className="group-head">
          <div className="seg" role="group" aria-label={store.word("howMany")}>
            {(["all", "any"] as const).map((one) => (
              <button key={one} type="button" aria-pressed={group.how === one} onClick={() => onChange({ ...group, how: one })}>
                {store.word(`of_${one}`)}
              </button>
            ))}
          </div>
          <label className="check">
            <input type="checkbox" checked={group.isNot} onChange={(event) => onChange({ ...group, isNot: event.target.checked })} />
            <span>{store.word("notSo")}</span>
          </label>
          {onRemove && (
            <button type="button" className="ghost" aria-label={store.word("removeGroup")} title={store.word("removeGroup")} onClick={onRemove}>
              <Icon name="x" />
            </button>
          )}
        </div>
      )}
      {parts.map((part, place) =>
        isGroup(part) ? (
          <div className="condition-group" role="group" aria-label={store.word("groupOf")} key={place}>
            <Parts group={part} depth={depth + 1} problems={of(place)} onChange={(next) => set(place, next)} onRemove={() => set(place, undefined)} />
          </div>
        ) : (
          <div key={place} className="condition-part">
            <ConditionRow part={part} onChange={(next) => set(place, next)} onRemove={() => set(place, undefined)} />
            {of(place).map(({ problem }) => (
              <Said problem={problem} key={`${problem.field}${problem.message}`} />
            ))}
          </div>
        ),
      )}
      <div className="row">
        <button type="button" className="ghost" onClick={(event) => add(event, EMPTY_ROW)}>
          <Icon name="plus" />
          {store.word("addCondition")}
        </button>
        {depth < DEEPEST && parts.length > 0 && (
          <button type="button" className="ghost" onClick={(event) => add(event, { how: group.how === "all" ? "any" : "all", isNot: false, parts: [EMPTY_ROW] })}>
            <Icon name="plus" />
            {store.word("addGroup")}
          </button>
        )}
        {onText && (
          <button type="button" className="ghost end" onClick={onText}>
            {store.word("asText")}
          </button>
        )}
      </div>
    </>
  );
}

function AsText({ value, isRows, onChange, onRows, label }: { value: Json | undefined; isRows: boolean; onChange(value: Json | undefined): void; onRows(): void; label: string }) {
  const store = useStore();
  const [text, type] = useState(() => JSON.stringify(value ?? { op: "all", of: [] }, null, 2));
  const [isWrong, tell] = useState(false);
  const read = (): void => {
    try {
      const found = JSON.parse(text) as Json;
      const isTree = typeof found === "object" && found !== null && !Array.isArray(found) && "op" in found;
      tell(!isTree);
      if (isTree) onChange(found);
    } catch {
      tell(true);
    }
  };
  return (
    <>
      <textarea className="code" rows={8} spellCheck={false} aria-label={label} aria-invalid={isWrong || undefined} value={text} onChange={(event) => type(event.target.value)} onBlur={read} />
      {isWrong && <p className="error">{store.word("noCondition")}</p>}
      {isRows && (
        <button type="button" className="ghost" onClick={onRows}>
          {store.word("asRows")}
        </button>
      )}
    </>
  );
}
