// Texts that mean more: templates with places for fields, and keys of things that there are.
import { useRef } from "react";
import type { Json } from "../document";
import { useStore } from "../shared";
import type { Store } from "../store";
import type { Choice } from "../told";
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
  const put = (path: string): void => {
    const area = field.current;
    const text = String(value ?? "");
    const [from, to] = [area?.selectionStart ?? text.length, area?.selectionEnd ?? text.length];
    onChange(`${text.slice(0, from)}{${path}}${text.slice(to)}`);
    requestAnimationFrame(() => {
      area?.focus();
      area?.setSelectionRange(from + path.length + 2, from + path.length + 2);
    });
  };
  const chips = USUAL.flatMap((path) => fields.find((one) => one.key === path) ?? []);
  return (
    <>
      <textarea ref={field} id={id} rows={name === "text" || name === "body" ? 6 : 2} aria-describedby={described} aria-invalid={isWrong || undefined} value={String(value ?? "")} onBlur={() => store.cut()} onChange={(event) => onChange(event.target.value || undefined)} />
      <div className="chips">
        {chips.map((one) => (
          <button key={one.key} type="button" className="chip" onClick={() => put(one.key)}>
            {one.name}
          </button>
        ))}
        <select aria-label={store.word("putField")} value="" onChange={(event) => event.target.value && put(event.target.value)}>
          <option value="">{store.word("putField")}</option>
          <FieldOptions fields={fields} store={store} />
        </select>
      </div>
    </>
  );
}

/** Fields as options, by the record that they belong to. */
export function FieldOptions({ fields, store }: { fields: readonly Choice[]; store: Store }) {
  const records = [...new Set(fields.map((one) => one.of ?? ""))];
  return records.map((of) => (
    <optgroup key={of} label={store.word(`of_${of}`)}>
      {fields
        .filter((one) => one.of === of)
        .map((one) => (
          <option key={one.key} value={one.key}>
            {one.name}
          </option>
        ))}
    </optgroup>
  ));
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
  const shared = { id, "aria-describedby": described, "aria-invalid": isWrong || undefined };
  return (
    <select {...shared} value={now} onChange={(event) => onChange(event.target.value || undefined)}>
      <option value="">{store.word(isNullable ? "none" : "choose")}</option>
      {now && !found.some((one) => one.key === now) && <option value={now}>{store.word("missing", { name: now })}</option>}
      {kind === "field" ? (
        <FieldOptions fields={found} store={store} />
      ) : (
        found.map((one) => (
          <option key={one.key} value={one.key}>
            {one.name}
          </option>
        ))
      )}
    </select>
  );
}
