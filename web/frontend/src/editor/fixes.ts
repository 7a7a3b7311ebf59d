// Quick fixes: the changes that the server offers for a problem, done to the draft.
import * as commands from "./commands.ts";
import { type DocNode, type Draft, edgeKey, type Json, nodeOf, portOf } from "./document.ts";
import { ungrouped } from "./drawn.ts";
import type { Change } from "./told.ts";

/** Return the draft after the changes, one after another; what names a node that is not there changes nothing. */
export function changed(draft: Draft, changes: readonly Change[]): Draft {
  return changes.reduce(apply, draft);
}

function apply(draft: Draft, change: Change): Draft {
  switch (change.op) {
    case "connect":
      return commands.connect(draft, change.from, change.port, change.to);
    case "disconnect": {
      const gone = draft.edges.filter((edge) => edge.from === change.from && portOf(edge) === change.port && edge.to === change.to);
      return commands.disconnect(draft, new Set(gone.map(edgeKey)));
    }
    case "add": {
      const near = draft.positions[change.near] ?? { x: 0, y: 0 };
      const spot = commands.freeSpot(draft, { x: near.x + (draft.positions[change.near] ? commands.WIDTH + 84 : 0), y: near.y });
      return commands.addNode(draft, { id: change.id, type: change.type, ...(Object.keys(change.config).length ? { config: change.config } : {}) }, spot);
    }
    case "remove":
      return without(draft, change.node);
    case "set":
      return set(draft, change.node, change.path, change.value);
  }
}

/** Remove a node with its lines; nothing is led past it. */
function without(draft: Draft, id: string): Draft {
  if (!nodeOf(draft, id)) return draft;
  return {
    ...ungrouped(draft, new Set([id])),
    nodes: draft.nodes.filter((node) => node.id !== id),
    edges: draft.edges.filter((edge) => edge.from !== id && edge.to !== id),
    positions: Object.fromEntries(Object.entries(draft.positions).filter(([one]) => one !== id)),
  };
}

function set(draft: Draft, id: string, path: readonly (string | number)[], value: Json): Draft {
  const [first, ...rest] = path;
  const wanted = value === null ? undefined : value;
  if (first === "config") return rest.length ? commands.setSetting(draft, id, rest, wanted) : draft;
  return typeof first === "string" && !rest.length ? commands.setNode(draft, id, { [first]: wanted } as Partial<DocNode>) : draft;
}
