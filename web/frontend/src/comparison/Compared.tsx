// The canvas of changes: what is new, changed, led elsewhere and gone, by colour, sign and word; a node leads to its card.
import { Background, Controls, Handle, MiniMap, type Node, type NodeProps, Position, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useState } from "react";
import type { Graph } from "../canvas/graph";
import { HEIGHT, layout, WIDTH } from "../canvas/layout";
import { keyOf, routes } from "../canvas/routes";
import { type Line, Way } from "../canvas/Way";
import type { ComparedGraph, ComparedLine, ComparedNode } from "./graph";

type Card = Node<{ node: ComparedNode; icons: string; sideways: boolean }, "compared">;

const KINDS = { compared: MarkedNode };
const LINES = { way: Way };

export function Compared(props: { graph: ComparedGraph; icons: string }) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  );
}

function MarkedNode({ data, selected }: NodeProps<Card>) {
  const { node, icons, sideways } = data;
  return (
    <div className={`block ${node.category} mark-${node.mark}${selected ? " chosen" : ""}`}>
      <Handle type="target" position={sideways ? Position.Left : Position.Top} isConnectable={false} />
      <div className="block-head">
        <span className="sign">
          <svg className="icon" aria-hidden="true">
            <use href={`${icons}#${node.icon}`} />
          </svg>
        </span>
        <b>{node.title}</b>
      </div>
      <p>{node.summary}</p>
      <div className="block-foot">
        {node.sign && (
          <span className="marked">
            <svg className="icon" aria-hidden="true">
              <use href={`${icons}#${node.sign}`} />
            </svg>
            {node.word}
          </span>
        )}
        {node.people && <span className="people">{node.people}</span>}
      </div>
      <Handle type="source" position={sideways ? Position.Right : Position.Bottom} isConnectable={false} />
    </div>
  );
}

function Drawn({ graph, icons }: { graph: ComparedGraph; icons: string }) {
  const [chosen, choose] = useState("");
  const flow = useReactFlow<Card, Line>();
  const drawn = useMemo(() => named(graph), [graph]);
  const placed = useMemo(() => layout(drawn, window.innerWidth < 720), [drawn]);
  const nodes = useMemo(() => graph.nodes.map((node): Card => ({
    id: node.id,
    type: "compared",
    position: placed.places.get(node.id) ?? { x: 0, y: 0 },
    data: { node, icons, sideways: placed.sideways },
    selected: node.id === chosen,
    width: WIDTH,
    height: HEIGHT,
    ariaLabel: [node.title, node.word, node.people, node.summary].filter(Boolean).join(". "),
  })), [graph, icons, placed, chosen]);
  const edges = useMemo(() => linesOf(graph, drawn, placed), [graph, drawn, placed]);
  useEffect(() => {
    const buttons = [...document.querySelectorAll<HTMLButtonElement>("[data-shows]")];
    const show = (event: Event): void => {
      const id = (event.currentTarget as HTMLElement).dataset.shows ?? "";
      choose(id);
      void flow.fitView({ nodes: [{ id }], maxZoom: 1, padding: 1.2 });
      document.getElementById("compared")?.scrollIntoView({ block: "nearest" });
    };
    buttons.forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", show);
    });
    return () => buttons.forEach((button) => button.removeEventListener("click", show));
  }, [flow]);
  const open = (id: string): void => {
    choose(id);
    const card = document.getElementById(`change-${id}`);
    const folded = card?.closest("details");
    if (folded) folded.open = true;
    card?.scrollIntoView({ block: "nearest" });
    card?.focus({ preventScroll: true });
  };
  const changed = graph.nodes.filter((node) => node.mark !== "same").map(({ id }) => ({ id }));
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
      nodesFocusable
      fitView
      fitViewOptions={{ ...(changed.length ? { nodes: changed } : {}), padding: 0.2, minZoom: 0.4, maxZoom: 1 }}
      minZoom={0.15}
      maxZoom={1.6}
      onNodeClick={(_, node) => open(node.id)}
      onKeyDown={(event) => {
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
      <Controls orientation="horizontal" showInteractive={false} fitViewOptions={{ padding: 0.12 }} />
      {graph.nodes.length > 3 && <MiniMap pannable zoomable style={{ width: 150, height: 104 }} nodeClassName={(node) => `mark-${(node as Card).data.node.mark}`} />}
    </ReactFlow>
  );
}

/** The graph as the layout takes it: a line that is gone has a port of its own, as another may leave by its port now. */
function named(graph: ComparedGraph): Graph {
  const edges = graph.edges.map((edge) => ({ ...edge, port: portOf(edge), taken: 0, share: null, shareWords: "" }));
  return { ...graph, edges } as unknown as Graph;
}

const portOf = (edge: ComparedLine): string => (edge.mark === "removed" ? `${edge.port} → ${edge.target}` : edge.port);

function linesOf(graph: ComparedGraph, drawn: Graph, placed: ReturnType<typeof layout>): Line[] {
  const ways = routes(drawn, placed);
  const titles = new Map(graph.nodes.map((node) => [node.id, node.title]));
  return drawn.edges.map((edge, place) => {
    const { mark, name, port } = graph.edges[place] as ComparedLine;
    const sign = mark === "added" ? `+ ${graph.words.added}` : mark === "removed" ? `× ${graph.words.removed}` : "";
    return {
      id: keyOf(edge),
      type: "way" as const,
      data: { ...(ways.get(keyOf(edge)) ?? { path: "", x: 0, y: 0 }) },
      source: edge.source,
      target: edge.target,
      label: [sign, port === "next" ? "" : name].filter(Boolean).join(": ") || undefined,
      focusable: false,
      selectable: false,
      ariaLabel: `${titles.get(edge.source)} → ${titles.get(edge.target)}: ${name} ${sign}`,
      className: `mark-${mark}`,
      labelBgPadding: [5, 2] as [number, number],
      labelBgBorderRadius: 5,
    };
  });
}
