// A row of a condition: the field, how it is compared, with what.
import type { Json } from "../document";
import { Icon, useStore } from "../shared";
import type { Choice } from "../told";
import { GIVEN, OPERATORS, type Part, withOperator } from "./condition";
import { FEW, Picker } from "./Picker";
import type { Pick } from "./picking";
import { fieldPicks } from "./texts";

export function ConditionRow({ part, onChange, onRemove }: { part: Part; onChange(part: Part): void; onRemove(): void }) {
  const store = useStore();
  const fields = store.choices.field ?? [];
  const field = fields.find((one) => one.key === part.field);
  const kind = field?.kind ?? "text";
  const op = String(part.op);
  const operators = OPERATORS[kind] ?? OPERATORS.text ?? [];
  const isVisited = op === "visited";
  return (
    <div className="condition-row">
      <Picker
        label={store.word("field")}
        value={isVisited ? "visited" : String(part.field ?? "")}
        picks={[...fieldPicks(fields, store), { key: "visited", name: store.word("visited") }]}
        placeholder={store.word("chooseField")}
        onPick={(path) => {
          if (path === "visited") return onChange({ op: "visited", node: "" });
          const next = fields.find((one) => one.key === path)?.kind ?? "text";
          const first = OPERATORS[next]?.[0] ?? "is";
          onChange(withOperator({ field: path }, part.field && OPERATORS[next]?.includes(op) ? op : first, next));
        }}
      />
      <button type="button" className="ghost" aria-label={store.word("removeCondition")} title={store.word("removeCondition")} onClick={onRemove}>
        <Icon name="x" />
      </button>
      {!isVisited && (
        <select aria-label={store.word("operator")} value={op} onChange={(event) => onChange(withOperator(part, event.target.value, kind))}>
          {!operators.includes(op) && <option value={op}>{store.word(`op_${op}`)}</option>}
          {operators.map((one) => (
            <option key={one} value={one}>
              {store.word(`op_${one}`)}
            </option>
          ))}
        </select>
      )}
      <Value part={part} field={field} kind={kind} onChange={onChange} />
    </div>
  );
}

const optionPicks = (field: Choice): Pick[] => (field.options ?? []).map(([key, name]) => ({ key, name }));
const nameIn = (picks: readonly Pick[], key: string): string => picks.find((one) => one.key === key)?.name ?? key;

function Value({ part, field, kind, onChange }: { part: Part; field: Choice | undefined; kind: string; onChange(part: Part): void }) {
  const store = useStore();
  const set = (name: string, value: Json): void => onChange({ ...part, [name]: value });
  switch (GIVEN[String(part.op)]) {
    case "nothing":
      return null;
    case "node":
      return (
        <Picker label={store.word("node")} value={String(part.node ?? "")} picks={store.order.map((id) => ({ key: id, name: store.title(id) }))} placeholder={store.word("choose")} onPick={(id) => set("node", id)} />
      );
    case "many":
      return <Many part={part} field={field} kind={kind} onChange={(values) => set("values", values)} />;
    case "range":
      return (
        <>
          <Plain label={store.word("from")} value={part.low} kind={kind} onChange={(value) => set("low", value)} />
          <Plain label={store.word("to")} value={part.high} kind={kind} onChange={(value) => set("high", value)} />
        </>
      );
    case "span":
      return <Span value={part.value} onChange={(value) => set("value", value)} />;
    case "moment":
      return <Plain label={store.word("value")} value={part.value} kind="date" onChange={(value) => set("value", value)} />;
    default:
      return field?.options ? (
        <Picker label={store.word("value")} value={String(part.value ?? "")} picks={optionPicks(field)} placeholder={store.word("choose")} onPick={(key) => set("value", key)} />
      ) : (
        <Plain label={store.word("value")} value={part.value} kind={kind} onChange={(value) => set("value", value)} />
      );
  }
}

function Plain({ label, value, kind, onChange }: { label: string; value: Json | undefined; kind: string; onChange(value: Json): void }) {
  const store = useStore();
  const cut = (): void => store.cut();
  switch (kind) {
    case "bool":
      return (
        <select aria-label={label} value={String(value)} onChange={(event) => onChange(event.target.value === "true")}>
          <option value="true">{store.word("yes")}</option>
          <option value="false">{store.word("no")}</option>
        </select>
      );
    case "number":
    case "money": {
      const factor = kind === "money" ? 100 : 1;
      const shown = typeof value === "number" ? value / factor : "";
      return <input aria-label={label} type="number" step="any" value={shown} onBlur={cut} onChange={(event) => onChange(event.target.value === "" ? "" : kind === "money" ? Math.round(Number(event.target.value) * factor) : Number(event.target.value))} />;
    }
    case "date":
    case "datetime":
      return <input aria-label={label} type="date" value={String(value ?? "").slice(0, 10)} onChange={(event) => onChange(event.target.value)} />;
    default:
      return <input aria-label={label} value={typeof value === "object" ? "" : String(value ?? "")} onBlur={cut} onChange={(event) => onChange(event.target.value)} />;
  }
}

function Many({ part, field, kind, onChange }: { part: Part; field: Choice | undefined; kind: string; onChange(values: Json[]): void }) {
  const store = useStore();
  const values = Array.isArray(part.values) ? (part.values as Json[]) : [];
  if (field?.options && field.options.length > FEW) {
    const picks = optionPicks(field);
    const chosen = values.map(String);
    return (
      <div className="chips">
        {chosen.map((key) => (
          <button type="button" className="chip accent" key={key} aria-label={store.word("removeOne", { name: nameIn(picks, key) })} onClick={() => onChange(values.filter((one) => String(one) !== key))}>
            {nameIn(picks, key)}
            <Icon name="x" />
          </button>
        ))}
        <Picker label={store.word("value")} value="" isAdding picks={picks.filter((one) => !chosen.includes(one.key))} placeholder={store.word("addOne")} onPick={(key) => key && onChange([...values, key])} />
      </div>
    );
  }
  if (field?.options) {
    return (
      <div className="checks long" role="group" aria-label={store.word("value")}>
        {field.options.map(([key, name]) => (
          <label className="check" key={key}>
            <input type="checkbox" checked={values.includes(key)} onChange={(event) => onChange(event.target.checked ? [...values, key] : values.filter((one) => one !== key))} />
            <span>{name}</span>
          </label>
        ))}
      </div>
    );
  }
  const isNumber = kind === "number" || kind === "money";
  const factor = kind === "money" ? 100 : 1;
  const read = (text: string): Json[] =>
    text.split("\n").map((one) => one.trim()).filter((one) => one && (!isNumber || Number.isFinite(Number(one)))).map((one) => (isNumber ? Math.round(Number(one) * factor * 1e6) / 1e6 : one));
  const shown = values.map((one) => (typeof one === "number" ? one / factor : one)).join("\n");
  return <textarea key={String(part.field)} rows={3} aria-label={store.word("valuesByLine")} placeholder={store.word("valuesByLine")} defaultValue={shown} onBlur={(event) => onChange(read(event.target.value))} />;
}

const UNITS = ["minutes", "hours", "days", "weeks"] as const;

function Span({ value, onChange }: { value: Json | undefined; onChange(value: Json): void }) {
  const store = useStore();
  const span = (value && typeof value === "object" && !Array.isArray(value) ? value : { days: 1 }) as { readonly [unit: string]: Json };
  const unit = UNITS.find((one) => Boolean(span[one])) ?? "days";
  const count = Number(span[unit] ?? 0);
  return (
    <div className="span-row">
      <input aria-label={store.word("howMuch")} type="number" min={1} value={count || ""} onChange={(event) => onChange({ [unit]: Math.trunc(Number(event.target.value)) })} />
      <select aria-label={store.word("unit")} value={unit} onChange={(event) => onChange({ [event.target.value]: count })}>
        {UNITS.map((one) => (
          <option key={one} value={one}>
            {store.word(`unit_${one}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
