import assert from "node:assert/strict";
import { test } from "node:test";
import { type Draft, edgeKey, nodeOf } from "../src/editor/document.ts";
import { changed } from "../src/editor/fixes.ts";
import { ADS } from "./made.ts";

const lines = (draft: Draft): string[] => draft.edges.map(edgeKey);

test("a fix places a block near another and leads to it, all in one draft", () => {
  const draft = changed(ADS, [
    { op: "add", id: "end", type: "logic.exit", config: {}, near: "call" },
    { op: "connect", from: "call", port: "next", to: "end" },
    { op: "connect", from: "write", port: "next", to: "end" },
  ]);

  assert.deepEqual(lines(draft).slice(3), ["call:next:end", "write:next:end"]);
  assert.equal(nodeOf(draft, "end")?.config, undefined);
  const [call, end] = [draft.positions.call, draft.positions.end];
  assert.ok(call && end && end.x > call.x);
});

test("a fix removes lines and blocks, and leads nothing past what is gone", () => {
  assert.deepEqual(lines(changed(ADS, [{ op: "disconnect", from: "ask", port: "no", to: "write" }])), ["come:next:ask", "ask:yes:call"]);
  const draft = changed(ADS, [{ op: "remove", node: "ask" }]);
  assert.deepEqual(lines(draft), []);
  assert.equal(draft.positions.ask, undefined);
  assert.equal(changed(ADS, [{ op: "remove", node: "none" }]), ADS);
});

test("a fix gives settings and guards another value, or none", () => {
  assert.equal(nodeOf(changed(ADS, [{ op: "set", node: "call", path: ["config", "name"], value: "Ring" }]), "call")?.config?.name, "Ring");
  assert.equal(nodeOf(changed(ADS, [{ op: "set", node: "call", path: ["config", "name"], value: null }]), "call")?.config, undefined);
  assert.equal(nodeOf(changed(ADS, [{ op: "set", node: "write", path: ["condition"], value: null }]), "write")?.condition, undefined);
});
