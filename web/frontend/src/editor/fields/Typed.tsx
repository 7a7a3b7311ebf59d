// A text that is typed: each letter is a change, and all of them until the field is left are one step of undo.
import { useId } from "react";
import { useStore } from "../shared";

interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
  rows?: number;
  placeholder?: string;
  maxLength?: number;
  className?: string;
  /** The label is only for screen readers. */
  isBare?: boolean;
}

export function Typed({ label, value, onChange, rows, placeholder, maxLength, className, isBare }: Props) {
  const store = useStore();
  const id = useId();
  const shared = { id, value, placeholder, maxLength, className, onBlur: () => store.cut(), ...(isBare ? { "aria-label": label } : {}) };
  const field = rows ? (
    <textarea {...shared} rows={rows} onChange={(event) => onChange(event.target.value)} />
  ) : (
    <input {...shared} onChange={(event) => onChange(event.target.value)} />
  );
  if (isBare) return field;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {field}
    </div>
  );
}
