// React Flow as its own guide sets it up: default nodes, default edges; and the least undo there is, of whole lists of nodes.
import "@xyflow/react/dist/style.css";
import { addEdge, type Connection, type Edge, type Node, ReactFlow, useEdgesState, useNodesState } from "@xyflow/react";
import { useCallback, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";

interface Graph {
  readonly nodes: Node[];
  readonly edges: Edge[];
}

function Bare({ graph }: { graph: Graph }) {
  const [nodes, setNodes, onNodesChange] = useNodesState(graph.nodes);
  const [edges, setEdges, onEdgesChange] = useEdgesState(graph.edges);
  const past = useRef<Node[][]>([]);
  const future = useRef<Node[][]>([]);
  const now = useRef(nodes);
  now.current = nodes;
  const remember = useCallback(() => {
    past.current.push(now.current);
    future.current = [];
  }, []);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || (event.code !== "KeyZ" && event.code !== "KeyY")) return;
      event.preventDefault();
      const [from, to] = event.code === "KeyZ" ? [past.current, future.current] : [future.current, past.current];
      const found = from.pop();
      if (!found) return;
      to.push(now.current);
      setNodes(found);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [setNodes]);
  const onConnect = useCallback((line: Connection) => setEdges((known) => addEdge(line, known)), [setEdges]);
  return (
    <ReactFlow nodes={nodes} edges={edges} onNodesChange={onNodesChange} onEdgesChange={onEdgesChange} onConnect={onConnect} onNodeDragStart={remember} minZoom={0.05} fitView />
  );
}

const place = document.getElementById("place");
const answer = await fetch("graph.json");
const graph = (await answer.json()) as Graph;
if (place) createRoot(place).render(<Bare graph={graph} />);
