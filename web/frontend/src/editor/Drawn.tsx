// Notes, frames around groups, and folded groups, as they lie on the canvas.
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import type { FoldNode, FrameNode, NoteNode } from "./flow";
import { Icon, useChosen, useShared } from "./shared";

export const NoteOnCanvas = memo(function NoteOnCanvas({ id, data, selected }: NodeProps<NoteNode>) {
  const { store } = useShared();
  const isAlone = useChosen((one) => one.selected.size === 1);
  if (!selected || !isAlone) return <div className="canvas-note">{data.text || <span className="quiet">{store.word("emptyNote")}</span>}</div>;
  return (
    <textarea
      className="canvas-note nodrag nowheel"
      aria-label={store.word("note")}
      placeholder={store.word("emptyNote")}
      value={data.text}
      maxLength={4000}
      onChange={(event) => store.setCanvasNote(id, event.target.value)}
      ref={takeFocus}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.closest<HTMLElement>(".react-flow__node")?.focus()}
      onBlur={() => store.cut()}
    />
  );
});

/** Put the focus into a field as soon as it can be seen: what was just added is measured first. */
function takeFocus(field: HTMLElement | null): void {
  const take = (tries: number): void => {
    field?.focus({ preventScroll: true });
    if (field?.isConnected && document.activeElement !== field && tries) requestAnimationFrame(() => take(tries - 1));
  };
  take(60);
}

export const Frame = memo(function Frame({ id, data, selected }: NodeProps<FrameNode>) {
  const { store } = useShared();
  return (
    <div className={`canvas-frame${selected ? " chosen" : ""}`}>
      <div className="frame-head">
        <button type="button" className="ghost nodrag" aria-expanded="true" aria-label={store.word("fold")} title={store.word("fold")} onClick={() => store.fold(id, true)}>
          <Icon name="chevron-down" />
        </button>
        <input
          className="nodrag"
          aria-label={store.word("groupName")}
          placeholder={store.word("group")}
          value={data.name}
          maxLength={200}
          onFocus={() => store.select([id])}
          onChange={(event) => store.nameGroup(id, event.target.value)}
          onBlur={() => store.cut()}
        />
      </div>
    </div>
  );
});

export const Fold = memo(function Fold({ id, data, selected }: NodeProps<FoldNode>) {
  const { store } = useShared();
  return (
    <div className={`node canvas-fold${selected ? " chosen" : ""}${data.trouble ? ` has-${data.trouble}` : ""}`}>
      <Handle type="target" position={Position.Left} className="way-in" isConnectable={false} />
      <div className="node-head">
        <button type="button" className="ghost nodrag" aria-expanded="false" aria-label={store.word("unfold")} title={store.word("unfold")} onClick={() => store.fold(id, false)}>
          <Icon name="chevron-right" />
        </button>
        <b>{data.name || store.word("group")}</b>
        {data.trouble && (
          <span className="trouble-sign of-error">
            <Icon name="alert-triangle" />
          </span>
        )}
      </div>
      <p>{store.word("blocksInside", { count: data.count })}</p>
      <Handle type="source" id="out" position={Position.Right} className="way-out main" isConnectable={false} />
    </div>
  );
});
