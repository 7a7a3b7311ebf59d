// What the server answers for the canvas of changes; see `web/pages/funnels/comparing.py`.
export type Mark = "same" | "moved" | "rewired" | "changed" | "added" | "removed";

export interface ComparedNode {
  id: string;
  title: string;
  category: "trigger" | "action" | "logic" | "out";
  icon: string;
  summary: string;
  position: [number, number] | null;
  mark: Mark;
  /** The icon of the mark, and its word; both empty where nothing changed. */
  sign: string;
  word: string;
  people: string;
}

export interface ComparedLine {
  source: string;
  port: string;
  name: string;
  target: string;
  mark: "same" | "added" | "removed";
}

export interface ComparedGraph {
  nodes: ComparedNode[];
  edges: ComparedLine[];
  words: Record<"canvas" | "minimap" | "zoomIn" | "zoomOut" | "fit" | "controls" | "keys" | "added" | "removed", string>;
}
