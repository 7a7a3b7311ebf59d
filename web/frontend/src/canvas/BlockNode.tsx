// A node on the canvas: icon, name, sentence, and its numbers.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { Count, GraphNode } from "./graph";
import type { Heat } from "./live";

export interface BlockData extends Record<string, unknown> {
  node: GraphNode;
  footer: Count[];
  heat: { by: Heat | ""; level: number; words: string };
  icons: string;
  steps: string;
  sideways: boolean;
  state: "" | "walked" | "here" | "failed" | "off";
}

export type Block = Node<BlockData, "block">;

export function BlockNode({ data, selected }: NodeProps<Block>) {
  const { node, footer, heat, icons, steps, state, sideways } = data;
  const trouble = node.parked > 0 || node.problem || state === "failed";
  const kind = `block ${node.category} ${state}${trouble ? " trouble" : ""}${selected ? " chosen" : ""}${heat.by ? ` warm of-${heat.by} level-${heat.level}` : ""}`;
  return (
    <div className={kind}>
      <Handle type="target" position={sideways ? Position.Left : Position.Top} isConnectable={false} />
      <div className="block-head">
        <span className="sign">
          <svg className="icon" aria-hidden="true">
            <use href={`${icons}#${node.icon}`} />
          </svg>
        </span>
        <b>{node.title}</b>
        {heat.words && <span className="heat-sign">{heat.words}</span>}
        {steps && <span className="step">{steps}</span>}
      </div>
      <p>{node.summary}</p>
      <div className="block-foot">
        {footer.map((count) => (
          <span key={count.words} className={count.bad ? "bad-ink" : undefined}>
            <b>{count.n}</b> {count.words}
          </span>
        ))}
      </div>
      <Handle type="source" position={sideways ? Position.Right : Position.Bottom} isConnectable={false} />
    </div>
  );
}
