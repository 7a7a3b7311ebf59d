// The canvas itself: read-only; zoom, small map, keyboard; a chosen node opens the panel.
import { Background, Controls, MiniMap, ReactFlow, type ReactFlowInstance, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { type Block, BlockNode } from "./BlockNode";
import type { Graph, GraphEdge, GraphNode } from "./graph";
import { Legend } from "./Legend";
import { HEIGHT, type Layout, layout, WIDTH } from "./layout";
import type { EdgeFigures, Heat, Live, NodeFigures, Seen } from "./live";
import type { Panel } from "./panel";
import { keyOf, type Route, routes } from "./routes";
import { type Line, Way } from "./Way";

interface Props {
  graph: Graph;
  icons: string;
  chosen: string;
  panel?: Panel;
  live?: Live;
}

const KINDS = { block: BlockNode };
const LINES = { way: Way };

export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  );
}

const NOTHING: Seen = { heat: "" };
const silent = (): (() => void) => () => undefined;

function Drawn({ graph, icons, chosen: first, panel, live }: Props) {
  const seen = useSyncExternalStore(live?.subscribe ?? silent, live?.snapshot ?? (() => NOTHING));
  const [chosen, choose] = useState(first);
  const flow = useReactFlow<Block, Line>();
  const placed = useMemo(() => layout(graph, window.innerWidth < 720), [graph]);
  const nodes = useMemo(
    () => graph.nodes.map((node) => blockOf(node, graph, icons, placed, node.id === chosen, seen.figures?.nodes, seen.heat)),
    [graph, icons, placed, chosen, seen.figures?.nodes, seen.heat],
  );
  const ways = useMemo(() => routes(graph, placed), [graph, placed]);
  const edges = useMemo(() => edgesOf(graph, ways, seen.figures?.edges), [graph, ways, seen.figures?.edges]);
  useEffect(() => {
    if (!panel) return;
    panel.onClose = () => choose("");
    if (first) void panel.open(first);
  }, [panel, first]);
  const open = (node: string): void => {
    if (!panel || !node || node === chosen) return;
    choose(node);
    void panel.open(node);
  };
  const { words } = graph;
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={KINDS}
      edgeTypes={LINES}
      aria-label={words.canvas}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      elementsSelectable={Boolean(panel)}
      nodesFocusable
      minZoom={0.15}
      maxZoom={1.6}
      onInit={() => begin(flow, graph, placed)}
      onNodeClick={(_, node) => open(node.id)}
      onPaneClick={() => panel?.close()}
      onKeyDown={(event) => {
        if (event.key === "Escape") panel?.close();
        const focused = (event.target as Element).closest<HTMLElement>(".react-flow__node");
        if (focused && (event.key === "Enter" || event.key === " ")) open(focused.dataset.id ?? "");
      }}
      ariaLabelConfig={{
        "node.a11yDescription.default": words.keys,
        "node.a11yDescription.keyboardDisabled": words.keys,
        "edge.a11yDescription.default": words.keys,
        "controls.ariaLabel": words.controls,
        "controls.zoomIn.ariaLabel": words.zoomIn,
        "controls.zoomOut.ariaLabel": words.zoomOut,
        "controls.fitView.ariaLabel": words.fit,
        "minimap.ariaLabel": words.minimap,
      }}
    >
      <Background gap={24} size={1.4} />
      {seen.heat && seen.figures && <Legend heat={seen.heat} most={seen.figures.most[seen.heat]} words={words} />}
      <Controls orientation="horizontal" showInteractive={false} fitViewOptions={{ padding: 0.12 }} />
      {graph.nodes.length > 3 && <MiniMap pannable zoomable style={{ width: 150, height: 104 }} nodeClassName={(node) => (node as Block).data.node.category} />}
    </ReactFlow>
  );
}

/** Show all of a graph while it can be read so; of a larger one its beginning, or where the run is. */
function begin(flow: ReactFlowInstance<Block, Line>, graph: Graph, { places, sideways }: Layout): void {
  const canvas = document.getElementById("canvas");
  const { width, height } = canvas?.getBoundingClientRect() ?? { width: 800, height: 600 };
  const bounds = flow.getNodesBounds([...places.keys()]);
  if (Math.min(width / bounds.width, height / bounds.height) * 0.88 >= 0.55) {
    void flow.fitView({ padding: 0.06, minZoom: 0.15, maxZoom: 1 });
    return;
  }
  const here = graph.walk?.failed || graph.walk?.here[0]?.node;
  const start = here ?? graph.nodes.find((node) => node.category === "trigger")?.id ?? graph.nodes[0]?.id ?? "";
  const { x, y } = places.get(start) ?? { x: 0, y: 0 };
  const zoom = 0.8;
  const middle = { x: width / 2 - (x + WIDTH / 2) * zoom, y: height / 2 - (y + HEIGHT / 2) * zoom };
  if (here) void flow.setViewport({ ...middle, zoom });
  else if (sideways) void flow.setViewport({ x: 28 - x * zoom, y: middle.y, zoom });
  else void flow.setViewport({ x: middle.x, y: 24 - y * zoom, zoom });
}

function blockOf(
  node: GraphNode,
  graph: Graph,
  icons: string,
  { places, sideways }: Layout,
  selected: boolean,
  figures: Record<string, NodeFigures> | undefined,
  by: Heat | "",
): Block {
  const steps = graph.walk?.nodes[node.id];
  const state = stateOf(node, graph);
  const mine = figures?.[node.id];
  const footer = mine?.footer ?? node.footer;
  const heat = { by, level: 0, words: "", ...(by ? mine?.heat[by] : undefined) };
  const numbers = footer.map((count) => `${count.n} ${count.words}`).join(", ");
  return {
    id: node.id,
    type: "block",
    position: places.get(node.id) ?? { x: 0, y: 0 },
    data: { node, footer, heat, icons, state, sideways, steps: steps ? steps.map((one) => one.step).slice(-3).join(", ") : "" },
    selected,
    width: WIDTH,
    height: HEIGHT,
    ariaLabel: [node.title, node.summary, numbers, by && heat.words ? `${graph.words[by]}: ${heat.words}` : ""].filter(Boolean).join(". "),
  };
}

function stateOf(node: GraphNode, { walk }: Graph): Block["data"]["state"] {
  if (!walk) return "";
  if (walk.failed === node.id) return "failed";
  if (walk.here.some((one) => one.node === node.id)) return "here";
  return walk.nodes[node.id] ? "walked" : "off";
}

function edgesOf({ ...graph }: Graph, ways: Map<string, Route>, figures: Record<string, EdgeFigures> | undefined): Line[] {
  if (figures) graph.edges = graph.edges.map((edge) => ({ ...edge, ...figures[keyOf(edge)] }));
  const most = Math.max(1, ...graph.edges.map((edge) => edge.taken));
  const titles = new Map(graph.nodes.map((node) => [node.id, node.title]));
  const leaving = new Map<string, number>();
  graph.edges.forEach((edge) => leaving.set(edge.source, (leaving.get(edge.source) ?? 0) + 1));
  return graph.edges.map((edge) => {
    const walked = graph.walk?.ports.includes(`${edge.source}:${edge.port}`) ?? false;
    const taken = graph.walk ? walked : edge.taken > 0;
    return {
      id: keyOf(edge),
      type: "way" as const,
      data: { ...(ways.get(keyOf(edge)) ?? { path: "", x: 0, y: 0 }) },
      source: edge.source,
      target: edge.target,
      label: labelOf(edge, graph, (leaving.get(edge.source) ?? 0) > 1 || edge.port !== "next") || undefined,
      focusable: false,
      selectable: false,
      ariaLabel: `${titles.get(edge.source)} → ${titles.get(edge.target)}: ${labelOf(edge, graph, true) || edge.name}`,
      className: taken ? "taken" : "untaken",
      style: { strokeWidth: graph.walk ? (walked ? 3 : 1.2) : 1.4 + 3 * Math.sqrt(edge.taken / most) },
      labelBgPadding: [5, 2] as [number, number],
      labelBgBorderRadius: 5,
    };
  });
}

/** What a line says: its name where its node has several ways out, how many went by it, and their share. */
function labelOf(edge: GraphEdge, graph: Graph, isNamed: boolean): string {
  const name = isNamed ? edge.name : "";
  if (graph.walk) return edge.port === "next" ? "" : name;
  if (!edge.n || !edge.taken) return name;
  const share = edge.share !== null && edge.share < 99.95 ? edge.shareWords : "";
  return [name, share, edge.n].filter(Boolean).join(" · ");
}
