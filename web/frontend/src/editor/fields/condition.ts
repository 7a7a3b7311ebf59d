// Conditions as rows: which operators a kind of field has, and what each of them is given.
import type { Json } from "../document";

export type Part = { readonly [name: string]: Json };

export type Given = "one" | "many" | "range" | "nothing" | "moment" | "span" | "node";

export const GIVEN: Readonly<Record<string, Given>> = {
  is: "one", is_not: "one", in: "many", not_in: "many", contains: "one", not_contains: "one", starts_with: "one", empty: "nothing", not_empty: "nothing",
  greater: "one", greater_or_equal: "one", less: "one", less_or_equal: "one", between: "range", has: "one", has_any: "many", has_all: "many",
  before: "moment", after: "moment", within_last: "span", within_next: "span", changed: "nothing", was: "one", visited: "node",
};

const EQUAL = ["is", "is_not", "in", "not_in"];
const THERE = ["not_empty", "empty", "changed"];
const RANGE = ["greater", "greater_or_equal", "less", "less_or_equal", "between"];
const TIME = ["within_last", "within_next", "before", "after"];

/** The operators that fit a kind of field, the usual first. */
export const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  text: [...EQUAL, "contains", "not_contains", "starts_with", "was", ...THERE],
  choice: [...EQUAL, "was", ...THERE],
  number: [...RANGE, ...EQUAL, "was", ...THERE],
  money: [...RANGE, ...EQUAL, "was", ...THERE],
  date: [...TIME, "is", "is_not", ...THERE],
  datetime: [...TIME, ...THERE],
  bool: ["is", "was", ...THERE],
  tags: ["has", "has_any", "has_all", ...THERE],
  reference: [...EQUAL, "was", ...THERE],
};

const isGroup = (value: Json | undefined): value is Part => typeof value === "object" && value !== null && !Array.isArray(value);
const isLeaf = (value: Json): value is Part => isGroup(value) && typeof value.op === "string" && value.op in GIVEN;

export function kindOfTree(value: Json | undefined): "all" | "any" {
  return isGroup(value) && value.op === "any" ? "any" : "all";
}

/** Return the rows of a condition, `undefined` where rows cannot say it. */
export function partsOf(value: Json | undefined): readonly Part[] | undefined {
  if (value === undefined || value === null) return [];
  if (isLeaf(value)) return [value];
  if (!isGroup(value) || (value.op !== "all" && value.op !== "any") || !Array.isArray(value.of)) return undefined;
  const parts = value.of as readonly Json[];
  return parts.every(isLeaf) ? parts : undefined;
}

export function treeOf(how: "all" | "any", parts: readonly Part[]): Json {
  const [only] = parts;
  return parts.length === 1 && only ? only : { op: how, of: [...parts] };
}

/** True where nothing is left to say. */
export function isComplete(part: Part): boolean {
  const filled = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== "";
  switch (GIVEN[String(part.op)]) {
    case "node":
      return filled(part.node);
    case "nothing":
      return filled(part.field);
    case "many":
      return filled(part.field) && Array.isArray(part.values) && part.values.length > 0;
    case "range":
      return filled(part.field) && filled(part.low) && filled(part.high);
    default:
      return filled(part.field) && filled(part.value);
  }
}

/** Return a row with another operator; what it was given stays where it fits. */
export function withOperator(part: Part, op: string, kind: string): Part {
  const given = GIVEN[op];
  const field = part.field ?? "";
  const one = part.value ?? (Array.isArray(part.values) ? (part.values as readonly Json[])[0] : undefined);
  switch (given) {
    case "node":
      return { op, node: part.node ?? "" };
    case "nothing":
      return { op, field };
    case "many":
      return { op, field, values: Array.isArray(part.values) ? part.values : one !== undefined && one !== "" && typeof one !== "object" ? [one] : [] };
    case "range":
      return { op, field, low: "", high: "" };
    case "moment":
      return { op, field, value: typeof one === "string" || isGroup(one) ? one : "" };
    case "span":
      return { op, field, value: isGroup(one) ? one : { days: 1 } };
    default:
      return { op, field, value: one !== undefined && typeof one !== "object" ? one : kind === "bool" ? true : "" };
  }
}
