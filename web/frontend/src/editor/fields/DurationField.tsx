// A duration as it is said: 2 | days | working time of the company; the rest under "more".
import { useId } from "react";
import type { Json } from "../document";
import { useStore } from "../shared";
import { Sentence } from "./Sentence";
import { type FieldProps, Group } from "./SettingsForm";

const SAID = new Set(["amount", "unit", "calendar"]);

export function DurationField(props: FieldProps) {
  const { schema, value, onChange } = props;
  const store = useStore();
  const id = useId();
  const now = (value && typeof value === "object" && !Array.isArray(value) ? value : {}) as { readonly [name: string]: Json };
  const { amount, unit, calendar } = schema.properties ?? {};
  const set = (name: string, next: Json | undefined): void => {
    const { [name]: _old, ...rest } = now;
    onChange(next === undefined ? rest : { unit: "days", ...now, [name]: next });
  };
  const isWhole = typeof now.amount === "number";
  const isMore = Object.keys(now).some((name) => !SAID.has(name));
  return (
    <>
      <div className="span-row">
        <input id={id} type="number" min={0} aria-label={amount?.title} value={typeof now.amount === "number" ? now.amount : ""} onBlur={() => store.cut()} onChange={(event) => set("amount", event.target.value === "" ? undefined : Math.trunc(Number(event.target.value)))} />
        <select aria-label={unit?.title} value={String(now.unit ?? "days")} onChange={(event) => set("unit", event.target.value)}>
          {unit?.enum?.map((one) => (
            <option key={String(one)} value={String(one)}>
              {unit["x-words"]?.[String(one)]}
            </option>
          ))}
        </select>
        <select className="calendar" aria-label={calendar?.title} value={String(now.calendar ?? "none")} onChange={(event) => set("calendar", event.target.value === "none" ? undefined : event.target.value)}>
          {calendar?.enum?.map((one) => (
            <option key={String(one)} value={String(one)}>
              {calendar["x-words"]?.[String(one)]}
            </option>
          ))}
        </select>
      </div>
      {isWhole && <Sentence kind="duration" value={{ unit: "days", ...now }} />}
      <details className="more" open={isMore || undefined}>
        <summary>{store.word("moreTime")}</summary>
        <Group {...props} value={now} but={SAID} />
      </details>
    </>
  );
}
