import assert from "node:assert/strict";
import { test } from "node:test";
import { copy, duplicate, NotAClipError, paste, read } from "../src/editor/clip.ts";
import { addAfter, addNode, align, connect, insertOnEdge, mayConnect, remove, setNode, setSetting } from "../src/editor/commands.ts";
import { type Draft, draftOf, edgeKey, freshId, nodeOf, plainOf, same } from "../src/editor/document.ts";
import { History } from "../src/editor/history.ts";
import { flowOrder } from "../src/editor/order.ts";
import { tidy } from "../src/editor/tidy.ts";
import { ADS, anyChange, drawing, EMPTY } from "./made.ts";

const KINDS = { starts: (type: string) => type.startsWith("trigger.") };
const lines = (draft: Draft): string[] => draft.edges.map(edgeKey);

test("any changes undone give the same draft, and done again the one they had made", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const draw = drawing(seed);
    const history = new History();
    const start: Draft = seed % 3 ? ADS : EMPTY;
    let draft = start;
    let steps = 0;
    for (let count = 0; count < 25; count++) {
      const next = anyChange(draft, draw);
      if (history.add(draft, next, "change")) steps++;
      draft = next;
    }
    const end = draft;
    for (let count = 0; count < steps; count++) draft = history.undo(draft);
    assert.deepEqual(draft, start, `seed ${seed}`);
    assert.equal(history.next.undo, "");
    for (let count = 0; count < steps; count++) draft = history.redo(draft);
    assert.deepEqual(draft, end, `seed ${seed}`);
  }
});

test("a draft is the same after it was sent and read", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const draw = drawing(seed);
    let draft: Draft = ADS;
    for (let count = 0; count < 12; count++) draft = anyChange(draft, draw);
    const { document, positions } = plainOf(draft);
    assert.ok(same(draftOf(JSON.parse(JSON.stringify(document)), JSON.parse(JSON.stringify(positions))), draft), `seed ${seed}`);
  }
});

test("whatever a funnel has as a whole stays with it, and is taken back", () => {
  const plain = { key: "f", name: "F", limits: { failures: null }, tests: [{ name: "T" }], nodes: [] };
  const draft = draftOf(plain, {});
  const { key: _key, ...sent } = plain;
  assert.deepEqual(plainOf(draft).document, { ...sent, edges: [] });

  const history = new History();
  const next: Draft = { ...draft, tests: [], limits: undefined };
  history.add(draft, next, "tests");
  assert.ok(same(history.undo(next), draft));
  assert.ok(same(history.redo(draft), next));
});

test("what is typed in one field is one step, and another field another", () => {
  const history = new History();
  let draft: Draft = ADS;
  for (const name of ["C", "Ca", "Call him"]) {
    const next = setSetting(draft, "call", ["name"], name);
    history.add(draft, next, "setting", "call.name");
    draft = next;
  }
  history.cut();
  const next = setSetting(draft, "call", ["name"], "Other");
  history.add(draft, next, "setting", "call.name");

  assert.equal(nodeOf(history.undo(next), "call")?.config?.name, "Call him");
  assert.deepEqual(history.undo(draft), ADS);
});

test("undo leaves alone what somebody else did meanwhile", () => {
  const history = new History();
  const mine = setNode(ADS, "call", { title: "Ring" });
  history.add(ADS, mine, "title");
  const both = connect(addNode(mine, { id: "theirs", type: "crm.add_tags" }, { x: 9, y: 9 }), "call", "next", "theirs");

  const undone = history.undo(both);

  assert.equal(nodeOf(undone, "call")?.title, undefined);
  assert.ok(nodeOf(undone, "theirs"));
  assert.ok(lines(undone).includes("call:next:theirs"));
});

test("a port leads to one node, and not into a trigger or back to itself", () => {
  assert.deepEqual(lines(connect(ADS, "ask", "yes", "write")), ["come:next:ask", "ask:no:write", "ask:yes:write"]);
  assert.ok(!mayConnect(ADS, KINDS, "ask", "come"));
  assert.ok(!mayConnect(ADS, KINDS, "ask", "ask"));
  assert.ok(mayConnect(ADS, KINDS, "call", "ask"));
});

test("a node is put into a line, and what follows makes room", () => {
  const draft = insertOnEdge(ADS, "ask:yes:call", { id: "wait", type: "wait.duration" }, "next");

  assert.deepEqual(lines(draft), ["come:next:ask", "ask:yes:wait", "wait:next:call", "ask:no:write"]);
  assert.ok((draft.positions.call?.x ?? 0) > (draft.positions.wait?.x ?? 0) + 232);
  assert.equal(draft.positions.ask?.x, 312);
});

test("a node added after a port that leads on stands in between", () => {
  assert.ok(lines(addAfter(ADS, "come", "next", { id: "tag", type: "crm.add_tags" }, "next")).includes("tag:next:ask"));
  assert.ok(lines(addAfter(ADS, "call", "next", { id: "tag", type: "crm.add_tags" }, "next")).includes("call:next:tag"));
});

test("who led to a removed node leads on to what followed it", () => {
  const draft = addAfter(ADS, "come", "next", { id: "tag", type: "crm.add_tags" }, "next");

  assert.deepEqual(new Set(lines(remove(draft, new Set(["tag"])))), new Set(lines(ADS)));
  assert.deepEqual(lines(remove(ADS, new Set(["ask"]))), []);
});

test("a copy of any part is valid: ids of its own, lines among itself, questions about its own nodes", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const draw = drawing(seed);
    let draft: Draft = ADS;
    for (let count = 0; count < 10; count++) draft = anyChange(draft, draw);
    const part = new Set(draft.nodes.filter(() => draw(2)).map((node) => node.id));
    if (!part.size) continue;
    const pasted = paste(draft, read(JSON.stringify(copy(draft, part))), { x: 5, y: 7 });
    const ids = pasted.draft.nodes.map((node) => node.id);
    assert.equal(new Set(ids).size, ids.length, `seed ${seed}`);
    assert.equal(pasted.ids.length, part.size);
    const fresh = new Set(pasted.ids);
    const added = pasted.draft.edges.slice(draft.edges.length);
    assert.ok(added.every((edge) => fresh.has(edge.from) && fresh.has(edge.to)), `seed ${seed}`);
    assert.ok(pasted.ids.every((id) => pasted.draft.positions[id]));
  }
  const both = duplicate(ADS, new Set(["ask", "write"])).draft;
  assert.deepEqual(nodeOf(both, "write_2")?.condition, { op: "visited", node: "ask_2" });
});

test("what is no copy of nodes is refused", () => {
  for (const text of ["", "hello", "[]", "{}", '{"voronka":"nodes","version":1,"nodes":[{"id":"../x","type":"a"}],"edges":[]}']) {
    assert.throws(() => read(text), NotAClipError);
  }
});

test("ids are readable and new", () => {
  assert.equal(freshId("task.create", new Set()), "task_create");
  assert.equal(freshId("task.create", new Set(["task_create", "task_create_2"])), "task_create_3");
});

test("nodes are aligned, and tidied from left to right without standing on each other", () => {
  assert.equal(align(ADS, ["come", "write"], "top").positions.write?.y, 0);
  const { positions } = tidy({ ...ADS, positions: {} });
  assert.ok((positions.come?.x ?? 0) < (positions.ask?.x ?? 0) && (positions.ask?.x ?? 0) < (positions.call?.x ?? 0));
  assert.ok(Math.abs((positions.call?.y ?? 0) - (positions.write?.y ?? 0)) >= 92);
});

test("the order of flow begins with triggers and goes along the lines", () => {
  const draft = addNode(connect(ADS, "call", "next", "ask"), { id: "alone", type: "logic.exit" }, { x: 0, y: 600 });
  assert.deepEqual(flowOrder(draft), ["come", "ask", "call", "write", "alone"]);
});

test("a setting is put into lists and groups, and taken out again", () => {
  const draft = setSetting(setSetting(ADS, "call", ["deadline", "days"], 2), "call", ["cases", 0, "port"], "a");
  assert.deepEqual(nodeOf(draft, "call")?.config, { name: "Call", deadline: { days: 2 }, cases: [{ port: "a" }] });
  assert.deepEqual(nodeOf(setSetting(draft, "call", ["cases", 0], undefined), "call")?.config?.cases, []);
  assert.equal(setSetting(draft, "call", ["name"], "Call"), draft);
});
