// Drafts and draws for the tests of the editor: everything follows from a seed, so that a failure can be repeated.
import { copy, duplicate, paste } from "../src/editor/clip.ts";
import { addAfter, addNode, align, connect, disconnect, distribute, insertOnEdge, move, remove, renameFunnel, setNode, setSetting } from "../src/editor/commands.ts";
import { type Draft, edgeKey, freshId } from "../src/editor/document.ts";
import { addNote, group, groupsOf, notesOf, onCanvas, removeDrawn, setGroup, setNotes } from "../src/editor/drawn.ts";
import { tidy } from "../src/editor/tidy.ts";

export type Draw = (most: number) => number;

/** Return a source of whole numbers below `most` (mulberry32). */
export function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4294967296) * most);
  };
}

export const EMPTY: Draft = { name: "Ads", nodes: [], edges: [], positions: {} };

/** A lead comes, is asked about, and one of two tasks is set. */
export const ADS: Draft = {
  name: "Ads",
  nodes: [
    { id: "come", type: "trigger.lead_created" },
    { id: "ask", type: "logic.condition", config: { condition: { op: "is", field: "lead.source", value: "ads" } } },
    { id: "call", type: "task.create", config: { name: "Call" } },
    { id: "write", type: "task.create", config: { name: "Write" }, condition: { op: "visited", node: "ask" } },
  ],
  edges: [
    { from: "come", to: "ask" },
    { from: "ask", port: "yes", to: "call" },
    { from: "ask", port: "no", to: "write" },
  ],
  positions: { come: { x: 0, y: 0 }, ask: { x: 312, y: 0 }, call: { x: 624, y: 0 }, write: { x: 624, y: 144 } },
};

const TYPES = ["task.create", "logic.condition", "wait.duration", "crm.add_tags"];
const PORTS = ["next", "yes", "no", "failed"];

/** Make one change that a person might make. */
export function anyChange(draft: Draft, draw: Draw): Draft {
  const one = (): string => draft.nodes[draw(draft.nodes.length)]?.id ?? "";
  const edge = (): string => (draft.edges.length ? edgeKey(draft.edges[draw(draft.edges.length)] as Draft["edges"][number]) : "");
  const several = (): Set<string> => new Set([one(), one(), one()].filter(Boolean));
  const type = TYPES[draw(TYPES.length)] as string;
  const node = { id: freshId(type, new Set(draft.nodes.map((known) => known.id))), type };
  const spot = { x: draw(2000), y: draw(2000) };
  const port = PORTS[draw(PORTS.length)] as string;
  const note = (): string => onCanvas("note:", notesOf(draft)[draw(notesOf(draft).length)]?.id ?? "");
  const frame = (): string => onCanvas("group:", groupsOf(draft)[draw(groupsOf(draft).length)]?.id ?? "");
  switch (draw(20)) {
    case 0: return addNode(draft, node, spot);
    case 1: return draft.nodes.length > 1 ? connect(draft, one(), port, one()) : draft;
    case 2: return disconnect(draft, new Set([edge()]));
    case 3: return insertOnEdge(draft, edge(), node, "next");
    case 4: return draft.nodes.length ? addAfter(draft, one(), port, node, "next") : draft;
    case 5: return move(draft, { [one()]: spot });
    case 6: return setNode(draft, one(), { title: `Title ${draw(5)}` });
    case 7: return setSetting(draft, one(), draw(2) ? ["name"] : ["cases", draw(3), "port"], draw(4) ? `value ${draw(9)}` : undefined);
    case 8: return remove(draft, several());
    case 9: return duplicate(draft, several()).draft;
    case 10: return paste(draft, copy(draft, several()), spot).draft;
    case 11: return draw(2) ? align(draft, [...several()], "top") : tidy(draft);
    case 12: return addNote(draft, spot, `Note ${draw(9)}`).draft;
    case 13: return setNotes(draft, new Map([[note(), draw(2) ? { text: `Other ${draw(9)}` } : spot]]));
    case 14: return group(draft, several())?.draft ?? draft;
    case 15: return setGroup(draft, frame(), draw(2) ? { folded: Boolean(draw(2)) } : { name: `Group ${draw(3)}` });
    case 16: return removeDrawn(draft, new Set([note(), frame()]));
    case 17: return duplicate(draft, new Set([note(), frame()])).draft;
    case 18: return distribute(draft, [...several()], draw(2) ? "x" : "y");
    default: return renameFunnel(draft, `Funnel ${draw(5)}`);
  }
}
