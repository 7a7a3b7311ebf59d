// The canvas on which the funnel is drawn: pointer, drag, lines, copies.  Nothing here is done again for each node.
import { Background, ConnectionLineType, Controls, MiniMap, type NodeMouseHandler, type OnConnectEnd, ReactFlow, useReactFlow, useStore as useFlow } from "@xyflow/react";
import { type DragEvent, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { GRID, HEIGHT, WIDTH } from "./commands";
import { Fold, Frame, NoteOnCanvas } from "./Drawn";
import { EditEdge, LineActs } from "./EditEdge";
import { EditNode } from "./EditNode";
import { EmptyCanvas } from "./EmptyCanvas";
import { type FlowEdge, type FlowNode, MANY } from "./flow";
import { keysOf } from "./keys";
import { useChosen, useShared } from "./shared";
import { type Sight, sightOf } from "./sight";

export type { Sight } from "./sight";
export const DRAGGED = "application/x-voronka-block";
const KINDS = { block: EditNode, note: NoteOnCanvas, frame: Frame, fold: Fold };
const LINES = { line: EditEdge };
const SNAP: [number, number] = [GRID, GRID];
const SEVERAL = ["Meta", "Control", "Shift"];
const FITTED = { padding: 0.14, maxZoom: 1 };
const MAP = { width: 150, height: 104 };
const FAR = 0.5;
/** Below this zoom nothing can be read: nodes are their colours. */
const SPECKS = 0.25;
const asSpecks = (state: { transform: [number, number, number] }): boolean => state.transform[2] < SPECKS;
const farAway = (state: { transform: [number, number, number] }): boolean => state.transform[2] < FAR;
const tint = (node: FlowNode): string => (node.type === "block" ? node.data.category : node.type);

export function Stage({ sight }: { sight: { current: Sight | undefined } }) {
  const { store } = useShared();
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const place = useRef<HTMLDivElement>(null);
  const pointer = useRef<{ x: number; y: number } | undefined>(undefined);
  const isAdding = useChosen((one) => one.adding !== undefined);
  const isEmpty = useChosen((one) => !one.draft.nodes.length);
  const press = useMemo(() => keysOf(store, () => sight.current), [store, sight]);

  useEffect(() => {
    store.sizeOf = (id) => {
      const { measured } = flow.getNode(id) ?? {};
      return { width: measured?.width ?? WIDTH, height: measured?.height ?? HEIGHT };
    };
    sight.current = sightOf(flow, store, () => place.current);
  }, [flow, sight, store]);

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
      store.paste(text, pointer.current ? flow.screenToFlowPosition(pointer.current) : (sight.current?.middle() ?? { x: 0, y: 0 }));
    };
    document.addEventListener("copy", taken);
    document.addEventListener("cut", taken);
    document.addEventListener("paste", pasted);
    return () => {
      document.removeEventListener("copy", taken);
      document.removeEventListener("cut", taken);
      document.removeEventListener("paste", pasted);
    };
  }, [flow, sight, store]);

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
      className={`stage${isAdding ? " adding" : ""}`}
      ref={place}
      onKeyDownCapture={press}
      onDrop={drop}
      onDragOver={(event) => event.dataTransfer.types.includes(DRAGGED) && event.preventDefault()}
      onPointerMove={(event) => (pointer.current = { x: event.clientX, y: event.clientY })}
      onPointerLeave={() => (pointer.current = undefined)}
    >
      <Canvas place={place} sight={sight} />
      {isEmpty && <EmptyCanvas sight={sight} />}
    </div>
  );
}

function Canvas({ place, sight }: { place: { current: HTMLDivElement | null }; sight: { current: Sight | undefined } }) {
  const { store, sheet } = useShared();
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const nodes = useSyncExternalStore(sheet.subscribe, sheet.nodesNow);
  const edges = useSyncExternalStore(sheet.subscribe, sheet.edgesNow);
  const [pointed, point] = useState("");
  const isFar = useFlow(farAway);
  const leaving = useRef(0);

  const acts = useMemo(() => {
    const marked = (isConnecting: boolean) => (): void => void place.current?.classList.toggle("connecting", isConnecting);
    const onConnectEnd: OnConnectEnd = (event, state) => {
      marked(false)();
      if (state.isValid || !state.fromNode || state.fromHandle?.type !== "source") return;
      const at = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!at) return;
      const [from, port] = [state.fromNode.id, state.fromHandle.id ?? "next"];
      const onto = state.toNode?.id ?? document.elementFromPoint(at.clientX, at.clientY)?.closest<HTMLElement>(".react-flow__node")?.dataset.id;
      if (onto) return store.connect(from, port, onto);
      const spot = flow.screenToFlowPosition({ x: at.clientX, y: at.clientY });
      store.ask({ after: from, port, spot: { x: spot.x, y: spot.y - HEIGHT / 2 } });
    };
    const onNodeClick: NodeMouseHandler<FlowNode> = () => store.selectEdge("");
    return {
      onNodesChange: sheet.changes,
      onEdgesChange: () => undefined,
      onConnect: ({ source, sourceHandle, target }: { source: string; sourceHandle: string | null; target: string }) => store.connect(source, sourceHandle ?? "next", target),
      isValidConnection: ({ source, target }: { source: string; target: string }) => store.mayConnect(source, target),
      onConnectStart: marked(true),
      onConnectEnd,
      onNodeClick,
      onEdgeClick: (_: unknown, edge: FlowEdge) => {
        store.select([]);
        store.selectEdge(edge.id);
      },
      onEdgeMouseEnter: (_: unknown, edge: FlowEdge) => {
        window.clearTimeout(leaving.current);
        point(edge.id);
      },
      onEdgeMouseLeave: () => {
        leaving.current = window.setTimeout(() => !document.querySelector(".line-acts:hover") && point(""), 500);
      },
      onPaneClick: () => {
        store.selectEdge("");
        point("");
        if (store.adding) store.ask(undefined);
      },
      onInit: () => sight.current?.begin(),
    };
  }, [flow, place, sheet, sight, store]);

  const labels = useMemo(
    () => ({
      "node.a11yDescription.default": store.word("keys"),
      "node.a11yDescription.keyboardDisabled": store.word("keys"),
      "edge.a11yDescription.default": store.word("keys"),
      "controls.ariaLabel": store.word("view"),
      "controls.zoomIn.ariaLabel": store.word("zoomIn"),
      "controls.zoomOut.ariaLabel": store.word("zoomOut"),
      "controls.fitView.ariaLabel": store.word("fit"),
      "minimap.ariaLabel": store.word("minimap"),
      "handle.ariaLabel": store.word("port"),
    }),
    [store],
  );

  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={KINDS}
      edgeTypes={LINES}
      aria-label={store.word("canvas")}
      {...acts}
      deleteKeyCode={null}
      connectOnClick={false}
      connectionRadius={36}
      connectionLineType={ConnectionLineType.Bezier}
      elevateEdgesOnSelect
      onlyRenderVisibleElements={nodes.length > MANY && !isFar}
      edgesFocusable={false}
      nodesFocusable
      snapToGrid
      snapGrid={SNAP}
      selectionKeyCode="Shift"
      multiSelectionKeyCode={SEVERAL}
      minZoom={0.05}
      maxZoom={1.8}
      ariaLabelConfig={labels}
    >
      <Background gap={24} size={1.4} />
      <Controls orientation="horizontal" showInteractive={false} fitViewOptions={FITTED} />
      {nodes.length > 3 && <MiniMap pannable zoomable style={MAP} nodeClassName={tint} />}
      <LineActs pointed={pointed} />
      <Distance place={place} />
    </ReactFlow>
  );
}

/** Marks the canvas where it is looked at from afar: nodes are icon and name then, and from farther still their colour. */
function Distance({ place }: { place: { current: HTMLDivElement | null } }) {
  const isFar = useFlow(farAway);
  const areSpecks = useFlow(asSpecks);
  useEffect(() => void place.current?.classList.toggle("far", isFar), [place, isFar]);
  useEffect(() => void place.current?.classList.toggle("specks", areSpecks), [place, areSpecks]);
  return null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
