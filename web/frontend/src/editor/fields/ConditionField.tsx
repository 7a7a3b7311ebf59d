// A condition: rows of a field, an operator and a value, all or any of them; what rows cannot say is written as text.
import { useState } from "react";
import { type Json, same } from "../document";
import { Said } from "../problems";
import { Icon, useStore } from "../shared";
import type { Problem } from "../told";
import { isComplete, kindOfTree, type Part, partsOf, treeOf } from "./condition";
import { ConditionRow } from "./ConditionRow";

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

export function ConditionField({ id, label, value, problems, onChange, isOptional, isStrict }: Props) {
  const store = useStore();
  const [unfinished, keep] = useState<{ how: "all" | "any"; parts: readonly Part[]; of: Json | undefined } | undefined>(undefined);
  const [asText, write] = useState(false);
  const held = unfinished && same(unfinished.of, value) ? unfinished : undefined;
  const { how, parts } = held ?? { how: kindOfTree(value), parts: partsOf(value) };
  const change = (nextHow: "all" | "any", next: readonly Part[]): void => {
    const isDone = next.every(isComplete);
    if (isStrict && !isDone) {
      keep({ how: nextHow, parts: next, of: value });
      return;
    }
    keep(undefined);
    onChange(next.length || !isOptional ? treeOf(nextHow, next) : undefined);
  };
  const add = (): void => {
    change(how, [...(parts ?? []), { op: "is", field: "", value: "" }]);
    requestAnimationFrame(() => [...document.querySelectorAll<HTMLElement>(`#${CSS.escape(id)} .condition-row`)].pop()?.querySelector("select")?.focus());
  };
  const isRows = parts !== undefined && !asText;
  return (
    <fieldset className={`field condition group${problems.length ? " wrong" : ""}`} id={id}>
      <legend>{label}</legend>
      {isRows ? (
        <>
          {parts.length > 1 && (
            <div className="seg" role="group" aria-label={store.word("howMany")}>
              {(["all", "any"] as const).map((one) => (
                <button key={one} type="button" aria-pressed={how === one} onClick={() => change(one, parts)}>
                  {store.word(`of_${one}`)}
                </button>
              ))}
            </div>
          )}
          {parts.map((part, place) => (
            <ConditionRow
              key={place}
              part={part}
              onChange={(next) => change(how, parts.map((one, number) => (number === place ? next : one)))}
              onRemove={() => change(how, parts.filter((_, number) => number !== place))}
            />
          ))}
          <div className="row">
            <button type="button" className="ghost" onClick={add}>
              <Icon name="plus" />
              {store.word("addCondition")}
            </button>
            <button type="button" className="ghost end" onClick={() => write(true)}>
              {store.word("asText")}
            </button>
          </div>
          {held && <p className="hint">{store.word("unfinished")}</p>}
        </>
      ) : (
        <AsText value={value} isRows={parts !== undefined} onChange={onChange} onRows={() => write(false)} label={label} />
      )}
      {problems.map((one) => (
        <Said problem={one} key={`${one.field}${one.message}`} />
      ))}
    </fieldset>
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
