// What the server answers for the canvas; see `web/pages/funnels/graphs.py`.
export interface Count {
  n: string;
  words: string;
  bad: boolean;
}

export interface GraphNode {
  id: string;
  title: string;
  typeTitle: string;
  category: "trigger" | "action" | "logic" | "out";
  icon: string;
  summary: string;
  ports: { key: string; name: string; wired: boolean }[];
  position: [number, number] | null;
  parked: number;
  footer: Count[];
  problem: boolean;
}

export interface GraphEdge {
  source: string;
  port: string;
  name: string;
  target: string;
  taken: number;
  n?: string;
  share: number | null;
  shareWords: string;
}

export interface Walk {
  nodes: Record<string, { step: number; at: string }[]>;
  ports: string[];
  here: { node: string; until: string }[];
  failed: string;
  steps: { node: string; ports: string[]; said: string; at: string }[];
  now: string;
}

export interface Graph {
  key: string;
  version: number;
  nodes: GraphNode[];
  edges: GraphEdge[];
  walk?: Walk;
  words: Record<"canvas" | "minimap" | "zoomIn" | "zoomOut" | "fit" | "controls" | "keys" | "failed" | "legend" | "none" | "people" | "time" | "dropped" | "failures" | "play" | "stop" | "slider", string>;
}
