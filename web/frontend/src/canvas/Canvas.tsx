// The canvas itself: read-only; zoom, small map, keyboard; a chosen node opens the panel.
import { Background, Controls, MiniMap, ReactFlow, type ReactFlowInstance, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { type Block, BlockNode } from "./BlockNode";
import type { Graph, GraphEdge, GraphNode, Walk } from "./graph";
import { Legend } from "./Legend";
import { HEIGHT, type Layout, layout, WIDTH } from "./layout";
import type { EdgeFigures, Heat, Live, NodeFigures, Seen } from "./live";
import type { Panel } from "./panel";
import { keyOf, type Route, routes } from "./routes";
import type { OneRun, RunSeen } from "./run";
import { isCalm, TimeSlider } from "./TimeSlider";
import { type Line, Way } from "./Way";

interface Props {
  graph: Graph;
  icons: string;
  chosen: string;
  panel?: Panel;
  live?: Live;
  run?: OneRun;
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
const NOBODY: RunSeen = { step: 1 };
const silent = (): (() => void) => () => undefined;

function Drawn({ graph: whole, icons, chosen: first, panel, live, run }: Props) {
  const { figures, heat } = useSyncExternalStore(live?.subscribe ?? silent, live?.snapshot ?? (() => NOTHING));
  const { graph: ran, step } = useSyncExternalStore(run?.subscribe ?? silent, run?.snapshot ?? (() => NOBODY));
  const graph = useMemo(() => (ran ? at(ran, step) : whole), [whole, ran, step]);
  const [chosen, choose] = useState(first);
  const flow = useReactFlow<Block, Line>();
  const drawn = ran ?? whole;
  const placed = useMemo(() => layout(drawn, window.innerWidth < 720), [drawn]);
  const told = ran ? undefined : figures;
  const nodes = useMemo(
    () => graph.nodes.map((node) => blockOf(node, graph, icons, placed, node.id === chosen, told?.nodes, ran ? "" : heat)),
    [graph, icons, placed, chosen, told?.nodes, heat, ran],
  );
  const ways = useMemo(() => routes(drawn, placed), [drawn, placed]);
  const edges = useMemo(() => edgesOf(graph, ways, told?.edges), [graph, ways, told?.edges]);
  useEffect(() => {
    if (panel) panel.onClose = () => choose("");
  }, [panel]);
  const here = graph.walk ? graph.walk.failed || graph.walk.here[0]?.node : undefined;
  useEffect(() => {
    if (!panel) return;
    panel.onLoad = () => {
      run?.mark();
      if (window.innerWidth <= 900) show(flow, placed.places.get(here ?? chosen), ran ? 40 : 0);
    };
  }, [panel, run, ran, flow, placed, here, chosen]);
  useEffect(() => {
    if (here) follow(flow, placed.places.get(here));
  }, [flow, here, placed]);
  const open = (node: string): void => {
    if (!panel || !node || (node === chosen && panel.shows(node))) return;
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
      onInit={() => begin(flow, graph, placed, first)}
      onNodeClick={(_, node) => open(node.id)}
      onPaneClick={() => panel?.close()}
      onKeyDown={(event) => {
        if (event.key === "Escape") panel?.close();
        const stride = ran && !(event.target instanceof HTMLInputElement) ? STRIDES[event.key] : undefined;
        if (stride) run?.go(step + stride);
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
      {heat && told && <Legend heat={heat} most={told.most[heat]} words={words} />}
      {run && ran?.walk && <TimeSlider walk={ran.walk} step={step} words={words} icons={icons} go={(next) => run.go(next)} />}
      <Controls orientation="horizontal" showInteractive={false} fitViewOptions={{ padding: 0.12 }} />
      {graph.nodes.length > 3 && <MiniMap pannable zoomable style={{ width: 150, height: 104 }} nodeClassName={(node) => (node as Block).data.node.category} />}
    </ReactFlow>
  );
}

/** Return a run's graph as it was when so many steps were answered. */
function at(graph: Graph, step: number): Graph {
  const { walk } = graph;
  const now = walk?.steps[step - 1];
  if (!walk || !now) return graph;
  const nodes: Walk["nodes"] = {};
  walk.steps.slice(0, step).forEach((one, place) => (nodes[one.node] ??= []).push({ step: place + 1, at: one.at }));
  const ports = walk.steps.slice(0, step).flatMap((one) => one.ports);
  return { ...graph, walk: { ...walk, nodes, ports, failed: "", here: [{ node: now.node, until: "" }] } };
}

/** Bring a node into sight, where it is not. */
function follow(flow: ReactFlowInstance<Block, Line>, place: { x: number; y: number } | undefined): void {
  const box = document.getElementById("canvas")?.getBoundingClientRect();
  if (!place || !box) return;
  const { x, y, zoom } = flow.getViewport();
  const [left, top] = [place.x * zoom + x, place.y * zoom + y];
  const isSeen = left > 8 && top > 8 && left + WIDTH * zoom < box.width - 8 && top + HEIGHT * zoom < box.height - 90;
  if (!isSeen) void flow.setCenter(place.x + WIDTH / 2, place.y + HEIGHT / 2, { zoom: Math.max(zoom, 0.6), duration: isCalm() ? 0 : 300 });
}

/** On a narrow screen, bring a node into the middle above the sheet that tells of it. */
function show(flow: ReactFlowInstance<Block, Line>, place: { x: number; y: number } | undefined, above: number): void {
  if (!place) return;
  document.getElementById("canvas")?.scrollIntoView({ block: "start" });
  const { zoom } = flow.getViewport();
  void flow.setCenter(place.x + WIDTH / 2, place.y + HEIGHT / 2 + above / zoom, { zoom, duration: 0 });
}

const STRIDES: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** Show all of a graph while it can be read so; of a larger one its beginning, or where the run is. */
function begin(flow: ReactFlowInstance<Block, Line>, graph: Graph, { places, sideways }: Layout, chosen: string): void {
  const canvas = document.getElementById("canvas");
  const { width, height } = canvas?.getBoundingClientRect() ?? { width: 800, height: 600 };
  const bounds = flow.getNodesBounds([...places.keys()]);
  if (Math.min(width / bounds.width, height / bounds.height) * 0.88 >= 0.55) {
    void flow.fitView({ padding: 0.06, minZoom: 0.15, maxZoom: 1 });
    return;
  }
  const here = (graph.walk?.failed || graph.walk?.here[0]?.node) ?? (places.has(chosen) ? chosen : undefined);
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
