// Prints drafts, a line of JSON each, into which a copy of any part of another was pasted: `test_editor_model.py` reads them.
import { copy, paste, read } from "../src/editor/clip.ts";
import { type Draft, plainOf } from "../src/editor/document.ts";
import { groupsOf, notesOf, onCanvas } from "../src/editor/drawn.ts";
import { ADS, anyChange, drawing, EMPTY } from "./made.ts";

for (let seed = 1; seed <= 80; seed++) {
  const draw = drawing(seed);
  const drawn = (start: Draft): Draft => Array.from({ length: 14 }).reduce<Draft>((draft) => anyChange(draft, draw), start);
  const [from, into] = [drawn(ADS), drawn(seed % 2 ? ADS : EMPTY)];
  const things = [...from.nodes.map((node) => node.id), ...notesOf(from).map((note) => onCanvas("note:", note.id)), ...groupsOf(from).map((group) => onCanvas("group:", group.id))];
  const part = new Set(things.filter(() => draw(2)));
  const copied = copy(from, part);
  if (!copied.nodes.length && !copied.notes?.length) continue;
  const pasted = paste(into, read(JSON.stringify(copied)), { x: draw(900), y: draw(900) });
  console.log(JSON.stringify({ seed, before: plainOf(into), ...plainOf(pasted.draft), copied: copied.nodes.length, ids: pasted.ids }));
}
