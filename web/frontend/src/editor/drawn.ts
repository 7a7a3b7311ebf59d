// What lies on the canvas beside the nodes: notes, and groups of nodes that fold.  Words for people, no logic.
import { type CanvasGroup, type CanvasNote, type Draft, drawingOf, freshId, type Spot } from "./document.ts";

const NONE: readonly never[] = [];
export const NOTE = "note:";
export const GROUP = "group:";
/** The id of a note or a group on the canvas: no node has one like it. */
export const onCanvas = (kind: typeof NOTE | typeof GROUP, id: string): string => kind + id;
export const notesOf = (draft: Draft): readonly CanvasNote[] => draft.drawing?.notes ?? NONE;
export const groupsOf = (draft: Draft): readonly CanvasGroup[] => draft.drawing?.groups ?? NONE;
export const noteOf = (draft: Draft, id: string): CanvasNote | undefined => notesOf(draft).find((note) => onCanvas(NOTE, note.id) === id);
export const groupOf = (draft: Draft, id: string): CanvasGroup | undefined => groupsOf(draft).find((group) => onCanvas(GROUP, group.id) === id);

export function addNote(draft: Draft, spot: Spot, text = ""): { draft: Draft; id: string } {
  const id = freshId("note", new Set(notesOf(draft).map((note) => note.id)));
  const note: CanvasNote = { id, ...(text ? { text } : {}), x: spot.x, y: spot.y };
  return { draft: withDrawing(draft, [...notesOf(draft), note], groupsOf(draft)), id: onCanvas(NOTE, id) };
}

/** Change notes by their ids on the canvas: what they say, where they lie. */
export function setNotes(draft: Draft, changes: ReadonlyMap<string, Partial<CanvasNote>>): Draft {
  let isChanged = false;
  const notes = notesOf(draft).map((note) => {
    const change = changes.get(onCanvas(NOTE, note.id));
    if (!change || Object.entries(change).every(([name, value]) => note[name as keyof CanvasNote] === value)) return note;
    isChanged = true;
    return whole({ ...note, ...change });
  });
  return isChanged ? withDrawing(draft, notes, groupsOf(draft)) : draft;
}

/** Put nodes into a group of their own; each leaves the group that it was in. */
export function group(draft: Draft, ids: Iterable<string>, name = ""): { draft: Draft; id: string } | undefined {
  const there = new Set(draft.nodes.map((node) => node.id));
  const nodes = [...new Set(ids)].filter((id) => there.has(id));
  if (!nodes.length) return undefined;
  const id = freshId("group", new Set(groupsOf(draft).map((one) => one.id)));
  const others = withoutNodes(groupsOf(draft), new Set(nodes));
  return { draft: withDrawing(draft, notesOf(draft), [...others, { id, ...(name ? { name } : {}), nodes }]), id: onCanvas(GROUP, id) };
}

export function setGroup(draft: Draft, id: string, change: Partial<CanvasGroup>): Draft {
  const old = groupOf(draft, id);
  if (!old || Object.entries(change).every(([name, value]) => old[name as keyof CanvasGroup] === value)) return draft;
  return withDrawing(draft, notesOf(draft), groupsOf(draft).map((one) => (one === old ? whole({ ...old, ...change }) : one)));
}

/** Take notes and groups away; the nodes of a group stay. */
export function removeDrawn(draft: Draft, ids: ReadonlySet<string>): Draft {
  const notes = notesOf(draft).filter((note) => !ids.has(onCanvas(NOTE, note.id)));
  const groups = groupsOf(draft).filter((one) => !ids.has(onCanvas(GROUP, one.id)));
  if (notes.length === notesOf(draft).length && groups.length === groupsOf(draft).length) return draft;
  return withDrawing(draft, notes, groups);
}

/** Take removed nodes out of their groups; a group without nodes is none. */
export function ungrouped(draft: Draft, ids: ReadonlySet<string>): Draft {
  const groups = groupsOf(draft);
  if (!groups.some((one) => one.nodes?.some((id) => ids.has(id)))) return draft;
  return withDrawing(draft, notesOf(draft), withoutNodes(groups, ids));
}

/** The group that stands for a node on the canvas, where it is folded. */
export function foldedBy(draft: Draft): ReadonlyMap<string, CanvasGroup> {
  const found = new Map<string, CanvasGroup>();
  groupsOf(draft).forEach((one) => one.folded && one.nodes?.forEach((id) => !found.has(id) && found.set(id, one)));
  return found;
}

export function withDrawing(draft: Draft, notes: readonly CanvasNote[], groups: readonly CanvasGroup[]): Draft {
  const { drawing: _old, ...rest } = draft;
  const drawing = drawingOf(notes, groups);
  return drawing ? { ...rest, drawing } : rest;
}

const withoutNodes = (groups: readonly CanvasGroup[], ids: ReadonlySet<string>): CanvasGroup[] =>
  groups.map((one) => (one.nodes?.some((id) => ids.has(id)) ? { ...one, nodes: one.nodes.filter((id) => !ids.has(id)) } : one)).filter((one) => one.nodes?.length);

/** Without what has its default, as the server writes it. */
const whole = <T extends object>(one: T): T => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined && value !== "" && value !== false)) as T;
