// A node as it is drawn in the editor: what it is, what it does, its named ways out, what is wrong with it.
import { Handle, type Node, type NodeProps, Position, useConnection } from "@xyflow/react";
import { memo } from "react";
import { Icon, useShared } from "./shared";
import type { Port } from "./told";

export interface NodeData extends Record<string, unknown> {
  readonly title: string;
  readonly icon: string;
  readonly category: string;
  readonly summary: string;
  readonly ports: readonly Port[];
  readonly wired: ReadonlySet<string>;
  readonly starts: boolean;
  readonly trouble: "" | "error" | "warning";
  readonly troubles: string;
  readonly note: string;
}

export type FlowNode = Node<NodeData, "block">;

const TONES: Readonly<Record<string, string>> = { next: "main", yes: "good", ok: "good", no: "other", failed: "bad", error: "bad", no_manager: "bad", required_missing: "bad", timeout: "late", limit: "late", past: "late", empty: "late" };
export const toneOf = (port: string, place: number): string => TONES[port] ?? (place === 0 ? "main" : `tone-${place % 4}`);

export const EditNode = memo(function EditNode({ id, data, selected }: NodeProps<FlowNode>) {
  const { store } = useShared();
  const from = useConnection((connection) => (connection.inProgress ? connection.fromNode.id : ""));
  const aim = from && from !== id ? (store.mayConnect(from, id) ? " aim" : " dim") : "";
  const { ports } = data;
  const [only] = ports;
  const isPlain = ports.length === 1 && only?.key === "next";
  return (
    <div className={`node ${data.category}${selected ? " chosen" : ""}${data.trouble ? ` has-${data.trouble}` : ""}${aim}`}>
      {!data.starts && <Handle type="target" position={Position.Left} className="way-in" />}
      <div className="node-head">
        <span className="sign">
          <Icon name={data.icon} />
        </span>
        <b>{data.title}</b>
        {data.note && (
          <span className="note-sign" title={data.note}>
            <Icon name="message" />
          </span>
        )}
        {data.trouble && (
          <span className={`trouble-sign of-${data.trouble}`} title={data.troubles}>
            <Icon name="alert-triangle" />
          </span>
        )}
      </div>
      <p>{data.summary}</p>
      {isPlain && only ? (
        <Out id={id} port={only} isWired={data.wired.has(only.key)} place={0} />
      ) : (
        ports.length > 0 && (
          <ul className="ways">
            {ports.map((port, place) => (
              <li key={port.key} className={toneOf(port.key, place)}>
                {port.name}
                <Out id={id} port={port} isWired={data.wired.has(port.key)} place={place} />
              </li>
            ))}
          </ul>
        )
      )}
    </div>
  );
});

function Out({ id, port, isWired, place }: { id: string; port: Port; isWired: boolean; place: number }) {
  const { store } = useShared();
  return (
    <Handle
      type="source"
      id={port.key}
      position={Position.Right}
      className={`way-out ${toneOf(port.key, place)}${isWired ? "" : " free"}`}
      title={port.name}
      onClick={(event) => {
        event.stopPropagation();
        store.select([id]);
        if (!isWired) store.ask({ after: id, port: port.key });
      }}
    />
  );
}
