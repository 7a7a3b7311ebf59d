// The canvas on which the funnel is drawn: pointer, drag, lines, keys, copies.
import { applyNodeChanges, Background, ConnectionLineType, Controls, MiniMap, type NodeChange, ReactFlow, useReactFlow, useStore as useFlow } from "@xyflow/react";
import { type DragEvent, type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { GRID, HEIGHT, WIDTH } from "./commands";
import type { Spot } from "./document";
import { EditEdge, type FlowEdge } from "./EditEdge";
import { EditNode, type FlowNode } from "./EditNode";
import { edgesOf, nodesOf } from "./flow";
import { useStore } from "./shared";

export const DRAGGED = "application/x-voronka-block";
const KINDS = { block: EditNode };
const LINES = { line: EditEdge };
const FAR = 0.5;
const MANY = 150;
const READABLE = 0.6;

/** Lets other parts show a node, or all of them, and learn the middle of what is seen. */
export interface Sight {
  show(ids: readonly string[]): void;
  /** Bring a node into sight where it is not, as large as everything is. */
  reveal(id: string): void;
  fit(): void;
  middle(): Spot;
}

export function Stage({ sight }: { sight: { current: Sight | undefined } }) {
  const store = useStore();
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const place = useRef<HTMLDivElement>(null);
  const [nodes, setNodes] = useState<FlowNode[]>(() => nodesOf(store, []));
  const [pointed, point] = useState("");
  const leaving = useRef(0);
  const pointer = useRef<Spot | undefined>(undefined);
  const edges = useRef<FlowEdge[]>([]);
  const isFar = useFlow((state) => state.transform[2] < FAR);
  const tick = store.snapshot();
  useMemo(() => (edges.current = edgesOf(store, pointed, edges.current)), [store, tick, pointed]);
  useLayoutEffect(() => setNodes((known) => nodesOf(store, known)), [store, tick]);

  const middle = useCallback((): Spot => {
    const { left = 0, top = 0, width = 800, height = 600 } = place.current?.getBoundingClientRect() ?? {};
    const spot = flow.screenToFlowPosition({ x: left + width / 2, y: top + height / 2 });
    return { x: spot.x - WIDTH / 2, y: spot.y - HEIGHT / 2 };
  }, [flow]);

  useEffect(() => {
    store.sizeOf = (id) => {
      const { measured } = flow.getNode(id) ?? {};
      return { width: measured?.width ?? WIDTH, height: measured?.height ?? HEIGHT };
    };
    sight.current = {
      middle,
      fit: () => void flow.fitView({ padding: 0.14, maxZoom: 1, duration: 160 }),
      reveal: (id) => {
        const spot = store.draft.positions[id];
        const { left = 0, top = 0, right = 0, bottom = 0 } = place.current?.getBoundingClientRect() ?? {};
        if (!spot) return;
        const [from, to] = [flow.flowToScreenPosition(spot), flow.flowToScreenPosition({ x: spot.x + WIDTH, y: spot.y + HEIGHT * 1.6 })];
        if (from.x > left && from.y > top && to.x < right && to.y < bottom) return;
        void flow.setCenter(spot.x + WIDTH / 2, spot.y + HEIGHT / 2, { zoom: flow.getZoom(), duration: 160 });
      },
      show: (ids) => void flow.fitView({ nodes: ids.map((id) => ({ id })), padding: 0.3, maxZoom: 1, minZoom: 0.6, duration: 160 }),
    };
  }, [flow, middle, sight, store]);

  /** Show all where it can be read so, else where the funnel begins. */
  const begin = (): void => {
    const { width = 800, height = 600 } = place.current?.getBoundingClientRect() ?? {};
    const spots = store.draft.nodes.map((node) => store.draft.positions[node.id] ?? { x: 0, y: 0 });
    if (!spots.length) return;
    const [left, top] = [Math.min(...spots.map((spot) => spot.x)), Math.min(...spots.map((spot) => spot.y))];
    const wide = Math.max(...spots.map((spot) => spot.x)) - left + WIDTH;
    const high = Math.max(...spots.map((spot) => spot.y)) - top + HEIGHT * 2;
    const zoom = Math.min(1, (width / wide) * 0.9, (height / high) * 0.9);
    const [first] = store.order;
    const from = store.draft.positions[first ?? ""] ?? { x: left, y: top };
    if (zoom >= READABLE) void flow.setViewport({ zoom, x: (width - wide * zoom) / 2 - left * zoom, y: (height - high * zoom) / 2 - top * zoom });
    else void flow.setViewport({ zoom: 0.8, x: 36 - from.x * 0.8, y: height * 0.4 - from.y * 0.8 });
  };

  const change = (changes: NodeChange<FlowNode>[]): void => {
    const next = applyNodeChanges(changes, nodes);
    setNodes(next);
    const moved = changes.filter((one) => one.type === "position" && !one.dragging).map((one) => ("id" in one ? one.id : ""));
    if (moved.length) store.move(Object.fromEntries(next.filter((node) => moved.includes(node.id)).map((node) => [node.id, node.position])));
    if (changes.some((one) => one.type === "select")) store.select(next.filter((node) => node.selected).map((node) => node.id));
  };

  useEffect(() => {
    const isOurs = (event: Event): boolean => !isTyping(event.target) && !document.querySelector("dialog[open]") && !String(document.getSelection() ?? "");
    const taken = (event: ClipboardEvent): void => {
      const text = isOurs(event) ? store.copied() : "";
      if (!text) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") store.remove();
    };
    const pasted = (event: ClipboardEvent): void => {
      const text = isOurs(event) ? (event.clipboardData?.getData("text/plain") ?? "") : "";
      if (!text) return;
      event.preventDefault();
      store.paste(text, pointer.current ? flow.screenToFlowPosition(pointer.current) : middle());
    };
    document.addEventListener("copy", taken);
    document.addEventListener("cut", taken);
    document.addEventListener("paste", pasted);
    return () => {
      document.removeEventListener("copy", taken);
      document.removeEventListener("cut", taken);
      document.removeEventListener("paste", pasted);
    };
  }, [flow, middle, store]);

  const press = (event: KeyboardEvent): void => {
    if (isTyping(event.target)) return;
    const focused = (event.target as Element).closest<HTMLElement>(".react-flow__node")?.dataset.id;
    if ((event.key === "Delete" || event.key === "Backspace") && (store.selected.size || store.edge)) {
      event.preventDefault();
      store.remove();
    } else if (event.key === "Enter" && focused) {
      event.preventDefault();
      store.select([focused]);
      requestAnimationFrame(() => document.querySelector<HTMLElement>("#inspector :is(input, select, textarea)")?.focus());
    } else if (event.key === "a" && focused && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      store.select([focused]);
      store.askAfter(focused);
    } else if ((event.ctrlKey || event.metaKey) && event.code === "KeyA") {
      event.preventDefault();
      store.select(store.draft.nodes.map((node) => node.id));
    }
  };

  const drop = (event: DragEvent): void => {
    const type = event.dataTransfer.getData(DRAGGED);
    if (!type) return;
    event.preventDefault();
    const spot = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const line = document.elementFromPoint(event.clientX, event.clientY)?.closest<SVGGElement>(".react-flow__edge")?.dataset.id;
    const corner = { x: spot.x - WIDTH / 2, y: spot.y - 30 };
    store.ask(line ? { edge: line, spot: corner } : { spot: corner });
    store.add(type, spot);
  };

  return (
    <div
      className={`stage${isFar ? " far" : ""}${store.adding ? " adding" : ""}`}
      ref={place}
      onKeyDown={press}
      onDrop={drop}
      onDragOver={(event) => event.dataTransfer.types.includes(DRAGGED) && event.preventDefault()}
      onPointerMove={(event) => (pointer.current = { x: event.clientX, y: event.clientY })}
      onPointerLeave={() => (pointer.current = undefined)}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges.current}
        nodeTypes={KINDS}
        edgeTypes={LINES}
        aria-label={store.word("canvas")}
        onNodesChange={change}
        onEdgesChange={() => undefined}
        onConnect={({ source, sourceHandle, target }) => store.connect(source, sourceHandle ?? "next", target)}
        isValidConnection={({ source, target }) => store.mayConnect(source, target)}
        onConnectEnd={(event, state) => {
          if (state.toNode || !state.fromNode || state.fromHandle?.type !== "source") return;
          const at = "changedTouches" in event ? event.changedTouches[0] : event;
          if (!at) return;
          const spot = flow.screenToFlowPosition({ x: at.clientX, y: at.clientY });
          store.ask({ after: state.fromNode.id, port: state.fromHandle.id ?? "next", spot: { x: spot.x, y: spot.y - HEIGHT / 2 } });
        }}
        onEdgeClick={(_, edge) => {
          store.select([]);
          store.selectEdge(edge.id);
        }}
        onEdgeMouseEnter={(_, edge) => {
          window.clearTimeout(leaving.current);
          point(edge.id);
        }}
        onEdgeMouseLeave={() => {
          leaving.current = window.setTimeout(() => !document.querySelector(".line-acts:hover") && point(""), 500);
        }}
        onNodeClick={() => store.selectEdge("")}
        onPaneClick={() => {
          store.selectEdge("");
          point("");
          if (store.adding) store.ask(undefined);
        }}
        deleteKeyCode={null}
        connectOnClick={false}
        connectionRadius={36}
        connectionLineType={ConnectionLineType.Bezier}
        elevateEdgesOnSelect
        edgesFocusable={false}
        nodesFocusable
        snapToGrid
        snapGrid={[GRID, GRID]}
        onlyRenderVisibleElements={nodes.length > MANY}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Meta", "Control", "Shift"]}
        minZoom={0.05}
        maxZoom={1.8}
        onInit={() => begin()}
        ariaLabelConfig={{
          "node.a11yDescription.default": store.word("keys"),
          "node.a11yDescription.keyboardDisabled": store.word("keys"),
          "edge.a11yDescription.default": store.word("keys"),
          "controls.ariaLabel": store.word("view"),
          "controls.zoomIn.ariaLabel": store.word("zoomIn"),
          "controls.zoomOut.ariaLabel": store.word("zoomOut"),
          "controls.fitView.ariaLabel": store.word("fit"),
          "minimap.ariaLabel": store.word("minimap"),
          "handle.ariaLabel": store.word("port"),
        }}
      >
        <Background gap={24} size={1.4} />
        <Controls orientation="horizontal" showInteractive={false} fitViewOptions={{ padding: 0.14, maxZoom: 1 }} />
        {nodes.length > 3 && <MiniMap pannable zoomable style={{ width: 150, height: 104 }} nodeClassName={(node) => (node as FlowNode).data.category} />}
      </ReactFlow>
      {!nodes.length && (
        <div className="stage-empty">
          <h2>{store.word("emptyTitle")}</h2>
          <p>{store.word("emptyText")}</p>
        </div>
      )}
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
