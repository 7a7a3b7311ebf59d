// Texts that mean more: templates with places for fields, and keys of things that there are.
import { useRef } from "react";
import type { Json } from "../document";
import { useStore } from "../shared";
import type { Store } from "../store";
import type { Choice } from "../told";
import { Picker } from "./Picker";
import type { Pick } from "./picking";
import { Preview } from "./Preview";
import type { FieldProps } from "./SettingsForm";

interface Props extends FieldProps {
  id: string;
  isWrong: boolean;
  described: string | undefined;
  isNullable: boolean;
}

const USUAL = ["lead.name", "lead.phone", "deal.title", "deal.amount", "deal.owner", "contact.name"];

/** A template: fields are put in where the caret stands. */
export function Template({ id, value, onChange, described, isWrong, name }: Props) {
  const store = useStore();
  const field = useRef<HTMLTextAreaElement>(null);
  const fields = store.choices.field ?? [];
  const text = String(value ?? "");
  const put = (path: string): void => {
    const area = field.current;
    const [from, to] = [area?.selectionStart ?? text.length, area?.selectionEnd ?? text.length];
    onChange(`${text.slice(0, from)}{${path}}${text.slice(to)}`);
    requestAnimationFrame(() => {
      area?.focus();
      area?.setSelectionRange(from + path.length + 2, from + path.length + 2);
    });
  };
  const isLong = name === "text" || name === "body";
  const chips = (isLong ? USUAL : USUAL.slice(0, 2)).flatMap((path) => fields.find((one) => one.key === path) ?? []);
  return (
    <>
      <textarea ref={field} id={id} rows={isLong ? 6 : 2} aria-describedby={described} aria-invalid={isWrong || undefined} value={text} onBlur={() => store.cut()} onChange={(event) => onChange(event.target.value || undefined)} />
      <div className="chips">
        {chips.map((one) => (
          <button key={one.key} type="button" className="chip" onClick={() => put(one.key)}>
            {one.name}
          </button>
        ))}
        <Picker label={store.word("putField")} value="" isAdding picks={fieldPicks(fields, store)} placeholder={store.word("putField")} onPick={(path) => path && put(path)} />
      </div>
      {text.includes("{") && <Preview text={text} />}
    </>
  );
}

/** Fields with the record that they belong to. */
export function fieldPicks(fields: readonly Choice[], store: Store): Pick[] {
  return fields.map((one) => ({ key: one.key, name: one.name, group: store.word(`of_${one.of ?? ""}`) }));
}

/** Return what may be chosen for a reference: stages of the plan beside it, nodes of this very funnel. */
export function offered(store: Store, kind: string, within: string | undefined, beside: { readonly [name: string]: Json }): readonly Choice[] {
  if (kind === "node") return store.order.map((id) => ({ key: id, name: store.title(id) }));
  const all = store.choices[kind] ?? [];
  const plan = within && beside[within];
  if (within && plan) return all.filter((one) => one.within === plan);
  if (kind !== "stage") return all;
  return [...new Map(all.map((one) => [one.key, one])).values()];
}

/** Something that there is, by its name. */
export function Reference({ id, schema, value, onChange, beside, described, isWrong, isNullable }: Props) {
  const store = useStore();
  const kind = schema["x-reference"] ?? "";
  const found = offered(store, kind, schema["x-within"], beside);
  const now = String(value ?? "");
  const picks = kind === "field" ? fieldPicks(found, store) : picksOf(found, kind === "stage" && !beside[schema["x-within"] ?? ""] ? (store.choices.plan ?? []) : []);
  return <Picker id={id} value={now} picks={picks} placeholder={store.word("choose")} none={isNullable ? store.word("none") : undefined} described={described} isWrong={isWrong} onPick={(key) => onChange(key || undefined)} />;
}

/** Things by their names; stages of several plans with the plan. */
export function picksOf(found: readonly Choice[], plans: readonly Choice[]): Pick[] {
  return found.map((one) => ({ key: one.key, name: one.name, ...(plans.length && one.within ? { group: plans.find((plan) => plan.key === one.within)?.name ?? one.within } : {}) }));
}
