import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, setNode } from "../src/editor/commands.ts";
import { type Draft, edgeKey, nodeOf, same } from "../src/editor/document.ts";
import { apply, diff } from "../src/editor/patch.ts";
import { type Answer, type Copy, type MergeAnswer, type SavedState, Saver, type Together } from "../src/editor/saver.ts";
import { ADS, anyChange, drawing } from "./made.ts";

/**
 * A server of one draft: it keeps what counts on its present number.  How it puts two drafts together is not what is tested here
 * (`tests/engine/test_merging.py` does that): mine is done again on theirs, and of nodes that both changed one is asked.
 */
class Server {
  version = 1;
  draft: Draft = ADS;
  isDown = false;
  isRefusing = false;
  meanwhile: () => void = () => undefined;
  async send(version: number, draft: Draft): Promise<Answer<string>> {
    if (this.isDown) return { kind: "offline" };
    if (version !== this.version) return { kind: "stale", theirs: this.draft };
    this.draft = draft;
    return { kind: "kept", version: ++this.version, told: "checked" };
  }
  async merge(base: Draft, mine: Draft): Promise<MergeAnswer<string[]>> {
    this.meanwhile();
    if (this.isDown) return { kind: "offline" };
    if (this.isRefusing) return { kind: "refused", words: "two nodes of one id" };
    const [ours, theirs] = [diff(base, mine), diff(base, this.draft)];
    const other = new Map(theirs.nodes.items.map((one) => [one.id, one.after]));
    const both = ours.nodes.items.filter((one) => other.has(one.id) && !same(one.after, other.get(one.id))).map((one) => one.id);
    const merged = apply(this.draft, ours);
    const there = new Set(merged.nodes.map((node) => node.id));
    const edges = merged.edges.filter((edge) => there.has(edge.from) && there.has(edge.to));
    return { kind: "merged", version: this.version, theirs: this.draft, merged: { ...merged, edges }, ...(both.length ? { question: both } : {}) };
  }
}

interface Seen {
  states: SavedState[];
  copy?: Copy;
  draft?: Draft;
  asked?: readonly string[];
}

function editor(server: Server): { saver: Saver<string, string[]>; seen: Seen } {
  const seen: Seen = { states: [] };
  const saver = new Saver<string, string[]>(server.version, server.draft, {
    send: (version, draft) => server.send(version, draft),
    merge: (base, draft) => server.merge(base, draft),
    keep: (copy) => (seen.copy = copy),
    told: () => undefined,
    merged: (draft, { question }: Together<string[]>) => {
      seen.draft = draft;
      seen.asked = question;
    },
    state: (state) => seen.states.push(state),
  });
  return { saver, seen };
}

const titled = (draft: Draft, id: string, title: string): Draft => setNode(draft, id, { title });

test("a change is kept, and the copy in the browser let go", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);

  saver.changed(titled(ADS, "call", "Ring"));
  assert.ok(seen.copy && !saver.isSafe);
  await saver.send();

  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");
  assert.equal(seen.copy, undefined);
  assert.ok(saver.isSafe);
  assert.equal(seen.states.at(-1), "saved");
});

test("without a server the copy stays in the browser, and goes there later", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  server.isDown = true;

  saver.changed(titled(ADS, "call", "Ring"));
  assert.equal(await saver.send(), false);
  assert.equal(seen.states.at(-1), "offline");

  const again = editor(server);
  assert.ok(seen.copy);
  const draft = again.saver.resume(JSON.parse(JSON.stringify(seen.copy)) as Copy);
  server.isDown = false;
  await again.saver.send();
  assert.equal(nodeOf(draft, "call")?.title, "Ring");
  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");
});

test("changes of different nodes by two people are both kept", async () => {
  const server = new Server();
  const [one, other] = [editor(server), editor(server)];
  one.saver.changed(titled(ADS, "call", "Ring"));
  await one.saver.send();

  other.saver.changed(titled(ADS, "write", "Letter"));
  await other.saver.send();

  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");
  assert.equal(nodeOf(server.draft, "write")?.title, "Letter");
  assert.equal(other.seen.asked, undefined);
});

test("nobody writes over the same node without being asked", async () => {
  const server = new Server();
  const [one, other] = [editor(server), editor(server)];
  one.saver.changed(titled(ADS, "call", "Ring"));
  await one.saver.send();

  other.saver.changed(titled(ADS, "call", "Write"));
  await other.saver.send();
  assert.deepEqual(other.seen.asked, ["call"]);
  assert.equal(other.seen.states.at(-1), "asking");
  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");

  other.saver.answered(other.seen.draft as Draft);
  await other.saver.send();
  assert.equal(nodeOf(server.draft, "call")?.title, "Write");
});

test("a copy that was left behind while others went on is brought together with theirs", async () => {
  const server = new Server();
  const left: Copy = { version: 1, base: ADS, draft: titled(ADS, "write", "Letter") };
  server.draft = titled(ADS, "call", "Ring");
  server.version = 5;
  const { saver } = editor(server);

  assert.equal(nodeOf(saver.resume(left), "write")?.title, "Letter");
  await saver.send();

  const { draft } = server;
  assert.deepEqual([nodeOf(draft, "call")?.title, nodeOf(draft, "write")?.title], ["Ring", "Letter"]);
});

test("what is drawn while two drafts are put together is not lost", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  server.draft = titled(ADS, "call", "Ring");
  server.version = 2;
  const mine = titled(ADS, "write", "Letter");
  saver.changed(mine);
  server.meanwhile = () => saver.changed(titled(mine, "come", "Came"));

  await saver.send();

  assert.deepEqual(["call", "write", "come"].map((id) => nodeOf(server.draft, id)?.title), ["Ring", "Letter", "Came"]);
  assert.ok(seen.draft && same(seen.draft, server.draft) && saver.isSafe);
});

test("where the connection goes while others changed it too, the copy stays, and both are put together later", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  server.draft = titled(ADS, "call", "Ring");
  server.version = 2;
  server.meanwhile = () => (server.isDown = true);
  saver.changed(titled(ADS, "write", "Letter"));

  assert.equal(await saver.send(), false);
  assert.equal(seen.states.at(-1), "offline");
  assert.equal(nodeOf((seen.copy as Copy).draft, "write")?.title, "Letter");

  server.meanwhile = () => undefined;
  server.isDown = false;
  assert.ok(await saver.send());
  assert.deepEqual(["call", "write"].map((id) => nodeOf(server.draft, id)?.title), ["Ring", "Letter"]);
  assert.equal(seen.copy, undefined);
});

test("what cannot be put together is said, and stays in the browser", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  server.version = 2;
  server.isRefusing = true;
  saver.changed(titled(ADS, "write", "Letter"));

  await saver.send();

  assert.equal(seen.states.at(-1), "refused");
  assert.equal(nodeOf((seen.copy as Copy).draft, "write")?.title, "Letter");
});

/** What a draft says, whatever the order of its nodes and lines. */
const said = (draft: Draft): unknown => JSON.parse(JSON.stringify({ ...draft, nodes: [...draft.nodes].sort((one, other) => one.id.localeCompare(other.id)), edges: draft.edges.map(edgeKey).sort() }));

/** Keep what is sent, and lose the answer. */
function loseAnswers(server: Server): { stop(): void } {
  const send = server.send.bind(server);
  server.send = async (version, draft) => {
    await send(version, draft);
    return { kind: "offline" };
  };
  return { stop: () => void (server.send = send) };
}

test("what was kept though the answer was lost is known for one's own, also when more was typed since", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  const lost = loseAnswers(server);
  saver.changed(titled(ADS, "call", "R"));
  await saver.send();
  saver.changed(titled(ADS, "call", "Ri"));
  await saver.send();
  lost.stop();
  saver.changed(titled(ADS, "call", "Ring"));

  await saver.send();

  assert.equal(seen.asked, undefined);
  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");
  assert.ok(saver.isSafe);
});

test("so it is after a reload, and where somebody else went on meanwhile", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  const lost = loseAnswers(server);
  saver.changed(titled(ADS, "call", "R"));
  await saver.send();
  lost.stop();
  saver.changed(titled(connect(ADS, "call", "next", "write"), "call", "Ring"));
  server.draft = titled(server.draft, "write", "Letter");
  server.version++;

  const again = editor(server);
  again.saver.resume(JSON.parse(JSON.stringify(seen.copy)) as Copy);
  await again.saver.send();

  assert.equal(again.seen.asked, undefined);
  assert.deepEqual(["call", "write"].map((id) => nodeOf(server.draft, id)?.title), ["Ring", "Letter"]);
  assert.ok(server.draft.edges.map(edgeKey).includes("call:next:write"));
});

test("who reloads before saying whose holds is asked again", async () => {
  const server = new Server();
  const [one, other] = [editor(server), editor(server)];
  one.saver.changed(titled(ADS, "call", "Ring"));
  await one.saver.send();
  other.saver.changed(titled(ADS, "call", "Write"));
  await other.saver.send();
  other.saver.changed(titled(other.seen.draft as Draft, "write", "Letter"));

  const again = editor(server);
  again.saver.resume(JSON.parse(JSON.stringify(other.seen.copy)) as Copy);
  await again.saver.send();

  assert.deepEqual(again.seen.asked, ["call"]);
  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");
  again.saver.answered(again.seen.draft as Draft);
  await again.saver.send();
  assert.deepEqual(["call", "write"].map((id) => nodeOf(server.draft, id)?.title), ["Write", "Letter"]);
});

test("an answer that cannot be read does not stop the saving for ever", async () => {
  const server = new Server();
  const { saver, seen } = editor(server);
  const send = server.send.bind(server);
  server.send = () => Promise.reject(new SyntaxError("<html>"));
  saver.changed(titled(ADS, "call", "Ring"));
  assert.equal(await saver.send(), false);
  assert.equal(seen.states.at(-1), "offline");

  server.send = send;
  await saver.send();

  assert.equal(nodeOf(server.draft, "call")?.title, "Ring");
});

test("any changes by two people, with answers lost on the way, end as the same draft for both", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const draw = drawing(seed);
    const server = new Server();
    const people = [editor(server), editor(server)];
    const drafts: Draft[] = [ADS, ADS];
    for (let step = 0; step < 12; step++) {
      const who = draw(2);
      const { saver, seen } = people[who] as (typeof people)[number];
      seen.draft = undefined;
      drafts[who] = anyChange(drafts[who] as Draft, draw);
      saver.changed(drafts[who] as Draft);
      const lost = draw(3) ? undefined : loseAnswers(server);
      await saver.send();
      lost?.stop();
      drafts[who] = seen.draft ?? (drafts[who] as Draft);
      if (seen.asked?.length && seen.draft) saver.answered(seen.draft);
    }
    for (const who of [0, 1, 0]) {
      const { saver, seen } = people[who] as (typeof people)[number];
      seen.draft = undefined;
      if (saver.isSafe) await saver.receive();
      await saver.send();
      if (seen.draft) {
        drafts[who] = seen.draft;
        saver.answered(seen.draft);
        await saver.send();
      }
      assert.ok(saver.isSafe, `seed ${seed}`);
      assert.deepEqual(said(drafts[who] as Draft), said(server.draft), `seed ${seed}`);
    }
  }
});
