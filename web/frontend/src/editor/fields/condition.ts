// Conditions as groups of rows: which operators a kind of field has, what each of them is given, and the tree behind them.
import type { Json } from "../document";

export type Part = { readonly [name: string]: Json };

/** Rows and groups of which all or any hold; or do not, where it `isNot`. */
export interface Group {
  readonly how: "all" | "any";
  readonly isNot: boolean;
  readonly parts: readonly (Part | Group)[];
}

export type Given = "one" | "many" | "range" | "nothing" | "moment" | "span" | "node";

export const DEEPEST = 5;

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

export const EMPTY_ROW: Part = { op: "is", field: "", value: "" };

const isObject = (value: Json | undefined): value is Part => typeof value === "object" && value !== null && !Array.isArray(value);
const isLeaf = (value: Json): value is Part => isObject(value) && typeof value.op === "string" && value.op in GIVEN;
export const isGroup = (part: Part | Group): part is Group => "parts" in part;

/** Return a condition as a group, one row as a group of it; `undefined` where rows cannot say it. */
export function groupOf(value: Json | undefined): Group | undefined {
  if (value === undefined || value === null) return { how: "all", isNot: false, parts: [] };
  if (isLeaf(value)) return { how: "all", isNot: false, parts: [value] };
  if (!isObject(value)) return undefined;
  if (value.op === "not") {
    const inner = groupOf(value.of);
    return inner && value.of !== undefined && value.of !== null ? (inner.isNot ? { how: "all", isNot: true, parts: [inner] } : { ...inner, isNot: true }) : undefined;
  }
  if ((value.op !== "all" && value.op !== "any") || !Array.isArray(value.of)) return undefined;
  const parts = (value.of as readonly Json[]).map((one) => (isLeaf(one) ? one : groupOf(one)));
  return parts.every((one) => one !== undefined) ? { how: value.op, isNot: false, parts: parts as readonly (Part | Group)[] } : undefined;
}

/** Return the condition that a group stands for; a group of one row is the row, where it stands for the whole. */
export function treeOf(group: Group, isWhole = true): Json {
  const [only] = group.parts;
  const inner: Json = isWhole && group.parts.length === 1 && only && !isGroup(only) ? only : { op: group.how, of: group.parts.map((one) => (isGroup(one) ? treeOf(one, false) : one)) };
  return group.isNot ? { op: "not", of: inner } : inner;
}

/** True where nothing is left to say, in no row. */
export function isWhole(group: Group): boolean {
  return group.parts.every((one) => (isGroup(one) ? isWhole(one) : isComplete(one)));
}

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
      return { op, field, value: typeof one === "string" || isObject(one) ? one : "" };
    case "span":
      return { op, field, value: isObject(one) ? one : { days: 1 } };
    default:
      return { op, field, value: one !== undefined && typeof one !== "object" ? one : kind === "bool" ? true : "" };
  }
}

/** Return the places of parts, from the outermost group inwards, that a problem's field names: `all.of.1.of.0.value` is 1, 0. */
export function placesIn(field: string | null): readonly number[] {
  const found: number[] = [];
  const names = (field ?? "").split(".");
  names.forEach((name, place) => {
    if (/^\d+$/.test(name) && names[place - 1] === "of") found.push(Number(name));
  });
  return found;
}
