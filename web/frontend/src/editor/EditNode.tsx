// A node as it is drawn in the editor: what it is, what it does, its named ways out, what is wrong with it.
import { Handle, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect, useRef } from "react";
import type { BlockNode } from "./flow";
import { Inside } from "./Inside";
import { DrawnIcon, useShared } from "./shared";
import type { Port } from "./told";
import { toneOf } from "./tones";

export const EditNode = memo(function EditNode({ id, data, selected }: NodeProps<BlockNode>) {
  const { store } = useShared();
  const { ports } = data;
  const [only] = ports;
  const measure = useUpdateNodeInternals();
  const named = ports.map((port) => port.key).join();
  const drawn = useRef(named);
  useEffect(() => {
    if (drawn.current !== named) measure(id);
    drawn.current = named;
  }, [id, measure, named]);
  const isPlain = ports.length === 1 && only?.key === "next";
  return (
    <div className={`node ${data.category}${data.starts ? " starts" : ""}${selected ? " chosen" : ""}${data.trouble ? ` has-${data.trouble}` : ""}${data.by ? " of-another" : ""}`}>
      {!data.starts && <Handle type="target" position={Position.Left} className="way-in" />}
      <div className="node-head">
        <span className="sign">
          <DrawnIcon name={data.icon} />
        </span>
        <b title={data.title}>{shortened(data.title, 52)}</b>
        <Inside id={id} />
        {data.note && (
          <span className="note-sign" title={data.note}>
            <DrawnIcon name="message" />
          </span>
        )}
        {data.trouble && (
          <span className={`trouble-sign of-${data.trouble}`} title={data.troubles}>
            <DrawnIcon name="alert-triangle" />
          </span>
        )}
      </div>
      <p>{shortened(data.summary, 104)}</p>
      {data.by && <span className="changed-by">{store.word("changedBy", { name: data.by })}</span>}
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

/** The beginning of a text where it is longer than there is room for; the panel has all of it. */
const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);

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
