// A line between two nodes; under the pointer it offers to put a block into it, or to take it away.
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";
import { Icon, useShared } from "./shared";

export type FlowEdge = Edge<{ tone: string; isPointed: boolean } & Record<string, unknown>, "line">;

export const EditEdge = memo(function EditEdge({ id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data, selected }: EdgeProps<FlowEdge>) {
  const { store } = useShared();
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const [path, x, y] = targetX > sourceX + 20 ? getBezierPath(ends) : getSmoothStepPath({ ...ends, borderRadius: 14, offset: 26 });
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={22} />
      {(data?.isPointed || selected) && (
        <EdgeLabelRenderer>
          <div className="line-acts nodrag nopan" data-line={id} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            <button type="button" title={store.word("insert")} aria-label={store.word("insert")} onClick={() => store.ask({ edge: id })}>
              <Icon name="plus" />
            </button>
            <button
              type="button"
              title={store.word("removeLine")}
              aria-label={store.word("removeLine")}
              onClick={() => {
                store.selectEdge(id);
                store.select([]);
                store.remove();
              }}
            >
              <Icon name="x" />
            </button>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
