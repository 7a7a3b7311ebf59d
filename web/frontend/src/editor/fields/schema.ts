// What a JSON Schema asks for: which of a few kinds of fields shows it.
import type { Json } from "../document";
import type { Schema } from "../told";

export type Shape =
  | "condition" | "duration" | "choice" | "bool" | "number" | "template" | "zone" | "reference" | "date" | "time" | "text"
  | "choices" | "references" | "texts" | "list" | "pairs" | "group" | "variants" | "mixed";

const isNull = (schema: Schema): boolean => schema.type === "null";

/** Return a schema without `null` among its alternatives, and whether it may be left out. */
export function bare(schema: Schema): { schema: Schema; isNullable: boolean } {
  const arms = schema.anyOf;
  if (!arms?.some(isNull)) return { schema, isNullable: false };
  const left = arms.filter((arm) => !isNull(arm));
  const { anyOf: _arms, ...beside } = schema;
  const [only] = left;
  return { schema: left.length === 1 && only ? { ...only, ...beside } : { ...beside, anyOf: left }, isNullable: true };
}

export function shapeOf(schema: Schema): Shape {
  if (schema["x-condition"]) return "condition";
  if (schema["x-type"] === "Duration") return "duration";
  if (schema.enum) return "choice";
  if (schema.oneOf) return "variants";
  if (schema.anyOf) return "mixed";
  switch (schema.type) {
    case "boolean":
      return "bool";
    case "integer":
    case "number":
      return "number";
    case "array":
      return shapeOfList(schema);
    case "object":
      return schema.properties ? "group" : "pairs";
  }
  if (schema["x-template"]) return "template";
  if (schema["x-reference"] && schema["x-reference"] !== "country") return "reference";
  if (schema["x-zone"]) return "zone";
  if (schema.format === "date") return "date";
  if (schema.format === "time") return "time";
  return "text";
}

function shapeOfList(schema: Schema): Shape {
  const items = schema.items ?? {};
  if (items.enum) return "choices";
  if (items["x-reference"]) return "references";
  if (items.type === "object" && items.properties) return "list";
  return "texts";
}

/** Return the value that a new item of a list begins with. */
export function fresh(schema: Schema): Json {
  switch (shapeOf(schema)) {
    case "group":
      return {};
    case "duration":
      return { amount: 1, unit: "days" };
    case "variants":
      return freshVariant(schema.oneOf?.[0] ?? {});
    case "bool":
      return false;
    case "number":
      return schema.minimum ?? 0;
    case "list":
    case "choices":
    case "references":
    case "texts":
      return [];
    default:
      return "";
  }
}

/** Return the setting that tells variants apart, and its value in one of them. */
export function markOf(variant: Schema): { name: string; value: Json } | undefined {
  const found = Object.entries(variant.properties ?? {}).find(([, field]) => field.const !== undefined);
  return found && { name: found[0], value: found[1].const as Json };
}

export function freshVariant(variant: Schema): Json {
  const mark = markOf(variant);
  return mark ? { [mark.name]: mark.value } : {};
}
