import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../src/editor/document.ts";
import { groupOf, isWhole, placesIn, treeOf, withOperator } from "../src/editor/fields/condition.ts";
import { fitting } from "../src/editor/fields/picking.ts";
import { type Draw, drawing } from "./made.ts";

const LEAF: Json = { op: "is", field: "lead.source", value: "ads" };

/** Return any condition of so many levels. */
function anyTree(draw: Draw, levels: number): Json {
  const kind = levels ? draw(4) : 3;
  if (kind === 2) return { op: "not", of: anyTree(draw, levels - 1) };
  if (kind === 3) return draw(2) ? LEAF : { op: "not_empty", field: "deal.amount" };
  return { op: kind ? "any" : "all", of: Array.from({ length: draw(4) }, () => anyTree(draw, levels - 1)) };
}

/** Return what a tree answers, each leaf being asked once: groups of one and double negations may be written otherwise. */
function answer(tree: Json, asked: (leaf: string) => boolean): boolean {
  const node = tree as { op: string; of?: Json };
  switch (node.op) {
    case "all":
      return (node.of as Json[]).every((one) => answer(one, asked));
    case "any":
      return (node.of as Json[]).some((one) => answer(one, asked));
    case "not":
      return !answer(node.of as Json, asked);
    default:
      return asked(node.op);
  }
}

test("any condition is read as groups of rows, and these mean the same", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const tree = anyTree(drawing(seed), 4);
    const group = groupOf(tree);
    assert.ok(group, `seed ${seed}`);
    const again = treeOf(group);
    for (const truth of [(op: string) => op === "is", (op: string) => op !== "is", () => true, () => false]) assert.equal(answer(again, truth), answer(tree, truth), `seed ${seed}`);
    assert.deepEqual(treeOf(groupOf(again) ?? group), again, `seed ${seed}`);
  }
});

test("one row stands for itself, and nothing for nothing", () => {
  assert.deepEqual(treeOf(groupOf(LEAF) ?? assert.fail()), LEAF);
  assert.deepEqual(groupOf(undefined)?.parts, []);
  assert.deepEqual(treeOf({ how: "any", isNot: true, parts: [LEAF as never] }), { op: "not", of: LEAF });
  assert.equal(groupOf({ op: "unheard" }), undefined);
  assert.equal(groupOf({ op: "not" }), undefined);
});

test("a group is whole where nothing in it is left to say", () => {
  assert.ok(isWhole(groupOf({ op: "all", of: [LEAF, { op: "any", of: [LEAF] }] }) ?? assert.fail()));
  assert.ok(!isWhole(groupOf({ op: "all", of: [LEAF, { op: "any", of: [{ op: "is", field: "", value: "" }] }] }) ?? assert.fail()));
});

test("a problem's place is found through the groups, not through values", () => {
  assert.deepEqual(placesIn("condition.all.of.1.any.of.0.in.values.3"), [1, 0]);
  assert.deepEqual(placesIn("condition.value"), []);
  assert.deepEqual(placesIn(null), []);
});

test("what was given to a row stays where the next operator takes it", () => {
  assert.deepEqual(withOperator({ op: "is", field: "lead.source", value: "ads" }, "in", "text"), { op: "in", field: "lead.source", values: ["ads"] });
  assert.deepEqual(withOperator({ op: "in", field: "lead.source", values: ["ads", "fair"] }, "is", "text"), { op: "is", field: "lead.source", value: "ads" });
});

test("hundreds of choices are found by parts of their names, beginnings first", () => {
  const picks = Array.from({ length: 300 }, (_, place) => ({ key: `k${place}`, name: `${place % 2 ? "План" : "Великий план"} ${place}`, group: "Продаж" }));
  assert.deepEqual(fitting(picks, "план 29").slice(0, 2).map((one) => one.name), ["План 29", "План 129"]);
  assert.equal(fitting(picks, "продаж k7").length, 11);
  assert.equal(fitting(picks, "  "), picks);
  assert.deepEqual(fitting(picks, "немає"), []);
});
