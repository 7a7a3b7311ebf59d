// The form of a block's settings, made from its JSON Schema: a block that is added later needs nothing here.
import { type ReactNode, useId } from "react";
import type { DocNode, Json } from "../document";
import { Said } from "../problems";
import { useStore } from "../shared";
import type { Kind, Problem, Schema } from "../told";
import { Choices, Lines, List, Mixed, Pairs, References } from "./lists";
import { ConditionField } from "./ConditionField";
import { DurationField } from "./DurationField";
import { bare, freshVariant, markOf, shapeOf } from "./schema";
import { FEW, Picker } from "./Picker";
import { Reference, Template } from "./texts";

export interface FieldProps {
  schema: Schema;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
  /** What is wrong here and below, with the path from here. */
  problems: readonly Problem[];
  /** The settings beside this one: a stage is one of its plan's. */
  beside: { readonly [name: string]: Json };
  name: string;
  isRequired: boolean;
}

export function SettingsForm({ node, kind, problems }: { node: DocNode; kind: Kind; problems: readonly Problem[] }) {
  const store = useStore();
  const fields = Object.entries(kind.schema.properties ?? {});
  const usual = fields.filter(([, field]) => !field["x-aside"]);
  const aside = fields.filter(([, field]) => field["x-aside"]);
  const config = node.config ?? {};
  const shown = ([name, schema]: [string, Schema]): ReactNode => (
    <Setting
      key={name}
      name={name}
      schema={schema}
      value={config[name]}
      beside={config}
      isRequired={kind.schema.required?.includes(name) ?? false}
      problems={below(problems, name)}
      onChange={(value) => store.set(node.id, [name], value)}
    />
  );
  return (
    <div className="settings-form">
      {usual.map(shown)}
      {aside.length > 0 && (
        <details className="more" open={aside.some(([name]) => config[name] !== undefined) || undefined}>
          <summary>{store.word("entering")}</summary>
          {aside.map(shown)}
        </details>
      )}
    </div>
  );
}

/** Return the problems of a setting and of what is in it, with their paths from there. */
export function below(problems: readonly Problem[], name: string | number): Problem[] {
  return problems.flatMap((problem) => {
    const [first, ...rest] = (problem.field ?? "").split(".");
    return first === String(name) ? [{ ...problem, field: rest.join(".") }] : [];
  });
}

/** A setting: its label, its field, its help, and what is wrong. */
export function Setting(props: FieldProps) {
  const store = useStore();
  const id = useId();
  const { schema, isNullable } = bare(props.schema);
  const label = props.schema.title ?? schema.title ?? props.name;
  const about = props.schema.description ?? schema.description;
  const shape = shapeOf(schema);
  const own = props.problems.filter((one) => !one.field || !hasParts(shape));
  const value = props.value === undefined || props.value === null ? (props.schema.default ?? undefined) : props.value;
  const change = (next: Json | undefined): void => {
    const isDefault = next === undefined || next === "" || (next === null && isNullable);
    props.onChange(isDefault ? undefined : next);
  };
  const field: FieldProps = { ...props, schema, value: value ?? undefined, onChange: change };
  const notes = (
    <>
      {own.map((one, place) => (
        <Said problem={one} key={one.code + one.message} id={place ? undefined : `${id}-error`} />
      ))}
      {about && (
        <p className="hint" id={`${id}-hint`}>
          {about}
        </p>
      )}
    </>
  );
  const kind = `field setting is-${shape}${own.length ? " wrong" : ""}`;
  if (shape === "bool") {
    return (
      <div className={kind} data-setting={props.name}>
        <label className="check">
          <input type="checkbox" checked={value === true} onChange={(event) => props.onChange(event.target.checked === (props.schema.default ?? false) ? undefined : event.target.checked)} />
          <span>{label}</span>
        </label>
        {notes}
      </div>
    );
  }
  if (shape === "condition") {
    return (
      <div className={kind} data-setting={props.name}>
        <ConditionField id={id} label={label} value={props.value} problems={props.problems} onChange={props.onChange} isOptional={isNullable} />
        {about && <p className="hint">{about}</p>}
      </div>
    );
  }
  if (hasParts(shape)) {
    const isOff = isNullable && value === undefined;
    return (
      <fieldset className={`${kind} group`} data-setting={props.name}>
        <legend>
          {label}
          {props.isRequired && <Needed />}
        </legend>
        {isNullable && (
          <label className="check">
            <input type="checkbox" checked={!isOff} onChange={(event) => props.onChange(event.target.checked ? begin(schema) : undefined)} />
            <span>{store.word("give")}</span>
          </label>
        )}
        {!isOff && <Parts {...field} shape={shape} />}
        {notes}
      </fieldset>
    );
  }
  return (
    <div className={kind} data-setting={props.name}>
      <label htmlFor={id}>
        {label}
        {props.isRequired && <Needed />}
      </label>
      <One {...field} id={id} shape={shape} isNullable={isNullable} described={[own.length ? `${id}-error` : "", about ? `${id}-hint` : ""].filter(Boolean).join(" ") || undefined} isWrong={own.length > 0} />
      {notes}
    </div>
  );
}

function Needed() {
  return (
    <span className="needed" aria-hidden="true">
      {" *"}
    </span>
  );
}

const PARTS = new Set(["choices", "references", "texts", "list", "pairs", "group", "variants", "mixed", "duration"]);
const hasParts = (shape: string): boolean => PARTS.has(shape);

function begin(schema: Schema): Json {
  return shapeOf(schema) === "duration" ? { amount: 1, unit: "days" } : shapeOf(schema) === "variants" ? freshVariant(schema.oneOf?.[0] ?? {}) : shapeOf(schema) === "mixed" ? "" : {};
}

function Parts(props: FieldProps & { shape: string }) {
  switch (props.shape) {
    case "duration":
      return <DurationField {...props} />;
    case "choices":
      return <Choices {...props} />;
    case "references":
      return <References {...props} />;
    case "texts":
      return <Lines {...props} />;
    case "list":
      return <List {...props} />;
    case "pairs":
      return <Pairs {...props} />;
    case "variants":
      return <Variants {...props} />;
    case "mixed":
      return <Mixed {...props} />;
    default:
      return <Group {...props} />;
  }
}

const groupOf = (value: Json | undefined): { readonly [name: string]: Json } => (value && typeof value === "object" && !Array.isArray(value) ? (value as { readonly [name: string]: Json }) : {});

/** The settings of a group, one under another. */
export function Group({ schema, value, onChange, problems, but }: FieldProps & { but?: ReadonlySet<string> }) {
  const group = groupOf(value);
  return (
    <>
      {Object.entries(schema.properties ?? {})
        .filter(([name, field]) => field.const === undefined && !but?.has(name))
        .map(([name, field]) => (
          <Setting
            key={name}
            name={name}
            schema={field}
            value={group[name]}
            beside={group}
            isRequired={schema.required?.includes(name) ?? false}
            problems={below(problems, name)}
            onChange={(next) => {
              const { [name]: _old, ...rest } = group;
              onChange(next === undefined ? rest : { ...group, [name]: next });
            }}
          />
        ))}
    </>
  );
}

/** One of several kinds of settings, told apart by one of them. */
function Variants(props: FieldProps) {
  const { schema, value, onChange, problems } = props;
  const store = useStore();
  const id = useId();
  const variants = schema.oneOf ?? [];
  const group = groupOf(value);
  const place = variants.findIndex((one) => {
    const mark = markOf(one);
    return mark && group[mark.name] === mark.value;
  });
  const now = variants[place];
  const inner = now ? problems.map((one) => ({ ...one, field: (one.field ?? "").replace(new RegExp(`^${String(markOf(now)?.value)}\\.?`), "") })) : problems;
  return (
    <>
      <select id={id} aria-label={schema.title ?? props.name} value={place} onChange={(event) => onChange(freshVariant(variants[Number(event.target.value)] ?? {}))}>
        {place < 0 && <option value={-1}>{store.word("choose")}</option>}
        {variants.map((one, number) => {
          const mark = markOf(one);
          return (
            <option key={number} value={number}>
              {(mark && one.properties?.[mark.name]?.["x-word"]) ?? String(mark?.value ?? number + 1)}
            </option>
          );
        })}
      </select>
      {now && <Group {...props} schema={now} problems={inner} />}
    </>
  );
}

const ZONES = Intl.supportedValuesOf("timeZone").map((key) => ({ key, name: key.replace(/^.*\//, "").replaceAll("_", " "), group: key.includes("/") ? key.replace(/\/[^/]*$/, "") : "" }));

interface OneProps extends FieldProps {
  id: string;
  shape: string;
  isNullable: boolean;
  isWrong: boolean;
  described: string | undefined;
}

/** A field of one value. */
function One(props: OneProps) {
  const { id, schema, value, onChange, shape, isNullable, isRequired, described, isWrong } = props;
  const store = useStore();
  const shared = { id, "aria-describedby": described, "aria-invalid": isWrong || undefined, onBlur: () => store.cut() };
  switch (shape) {
    case "choice":
      if ((schema.enum?.length ?? 0) > FEW) {
        const picks = (schema.enum ?? []).map((one) => ({ key: String(one), name: schema["x-words"]?.[String(one)] ?? String(one) }));
        return <Picker id={id} value={value === undefined ? "" : String(value)} picks={picks} placeholder={store.word("choose")} none={isNullable ? store.word("none") : undefined} described={described} isWrong={isWrong} onPick={(key) => onChange(schema.enum?.find((one) => String(one) === key))} />;
      }
      return (
        <select {...shared} value={value === undefined ? "" : String(value)} onChange={(event) => onChange(schema.enum?.find((one) => String(one) === event.target.value))}>
          {(value === undefined || isNullable) && <option value="">{store.word(isNullable ? "none" : "choose")}</option>}
          {schema.enum?.map((one) => (
            <option key={String(one)} value={String(one)}>
              {schema["x-words"]?.[String(one)] ?? String(one)}
            </option>
          ))}
        </select>
      );
    case "number":
      return (
        <input
          {...shared}
          type="number"
          min={schema.minimum}
          max={schema.maximum}
          step={schema.type === "integer" ? 1 : "any"}
          value={typeof value === "number" ? (schema["x-money"] ? value / 100 : value) : ""}
          onChange={(event) => onChange(event.target.value === "" ? undefined : schema["x-money"] ? Math.round(Number(event.target.value) * 100) : Number(event.target.value))}
        />
      );
    case "template":
      return <Template {...props} />;
    case "reference":
      return <Reference {...props} />;
    case "zone":
      return <Picker id={id} value={String(value ?? "")} picks={ZONES} placeholder={store.word("ownZone")} none={store.word("ownZone")} described={described} isWrong={isWrong} onPick={(zone) => onChange(zone || undefined)} />;
    case "date":
      return <input {...shared} type="date" value={String(value ?? "")} onChange={(event) => onChange(event.target.value || undefined)} />;
    case "time":
      return <input {...shared} type="time" value={String(value ?? "").slice(0, 5)} onChange={(event) => onChange(event.target.value || undefined)} />;
    default:
      return <input {...shared} value={String(value ?? "")} maxLength={schema.maxLength} required={isRequired} onChange={(event) => onChange(event.target.value || undefined)} />;
  }
}
