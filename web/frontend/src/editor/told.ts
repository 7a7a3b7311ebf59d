// What the server tells the editor; see `web/pages/funnels/catalogue.py` and `drafts.py`.
import type { Json, Places, Plain, Settings } from "./document.ts";

export interface Port {
  readonly key: string;
  readonly name: string;
}

/** JSON Schema of settings, references put in place; `x-` names are explained in `catalogue.py`. */
export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly "x-words"?: { readonly [value: string]: string };
  readonly "x-word"?: string;
  readonly "x-type"?: string;
  readonly "x-condition"?: boolean;
  readonly "x-template"?: boolean;
  readonly "x-reference"?: string;
  readonly "x-within"?: string;
  readonly "x-zone"?: boolean;
  readonly "x-money"?: boolean;
  readonly "x-aside"?: boolean;
}

export interface Kind {
  readonly key: string;
  readonly title: string;
  readonly about: string;
  readonly group: string;
  readonly category: string;
  readonly icon: string;
  readonly version: number;
  readonly starts: boolean;
  readonly rests: boolean;
  readonly ports: readonly Port[];
  readonly schema: Schema;
}

export interface Catalogue {
  readonly groups: readonly Port[];
  readonly blocks: readonly Kind[];
  readonly words: { readonly [name: string]: string };
}

export interface Choice {
  readonly key: string;
  readonly name: string;
  readonly within?: string;
  readonly kind?: string;
  readonly of?: string;
  readonly options?: readonly (readonly [string, string])[];
}

export type Choices = { readonly [kind: string]: readonly Choice[] };

/** A change of the document that puts a problem right; see `engine/changing.py`. */
export type Change =
  | { readonly op: "connect" | "disconnect"; readonly from: string; readonly port: string; readonly to: string }
  | { readonly op: "add"; readonly id: string; readonly type: string; readonly config: Settings; readonly near: string }
  | { readonly op: "remove"; readonly node: string }
  | { readonly op: "set"; readonly node: string; readonly path: readonly (string | number)[]; readonly value: Json };

export interface Fix {
  readonly title: string;
  readonly changes: readonly Change[];
}

export interface Problem {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly node: string | null;
  readonly field: string | null;
  readonly message: string;
  /** Other funnels that it is about. */
  readonly funnels?: readonly { readonly key: string; readonly name: string; readonly link: string }[];
  readonly fixes?: readonly Fix[];
}

export interface Told {
  readonly nodes: { readonly [id: string]: { readonly summary: string; readonly guard: string; readonly ports: readonly Port[] } };
  readonly problems: readonly Problem[];
}

export interface Present {
  readonly key: string;
  readonly state: string;
  readonly version: number;
  readonly changedAt: string;
  readonly changedBy: string;
  /** Who else has kept it within the last minutes. */
  readonly editing: string;
  readonly published: number;
  readonly isPublished: boolean;
  readonly document: Plain;
  readonly positions: Places;
  readonly checked: Told;
}

/** One draft of two; see `merge_drafts` in `drafts.py`. */
export interface MergedDraft {
  readonly document: Plain;
  readonly positions: Places;
  readonly present: Present;
  readonly changed: readonly string[];
  readonly told: readonly { readonly depth: number; readonly words: string }[];
  readonly questions: readonly { readonly node: string | null; readonly fits: boolean }[];
  readonly mine?: { readonly document: Plain; readonly positions: Places };
  readonly theirs?: { readonly document: Plain; readonly positions: Places };
}
