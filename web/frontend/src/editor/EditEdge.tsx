// A line between two nodes; and what can be done with the one under the pointer, or the chosen one.
import { BaseEdge, type EdgeProps, getBezierPath, getSmoothStepPath, ViewportPortal } from "@xyflow/react";
import { memo, useLayoutEffect, useState } from "react";
import type { Spot } from "./document";
import type { FlowEdge } from "./flow";
import { Icon, useChosen, useShared } from "./shared";

export const EditEdge = memo(function EditEdge({ id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition }: EdgeProps<FlowEdge>) {
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const [path] = targetX > sourceX + 20 ? getBezierPath(ends) : getSmoothStepPath({ ...ends, borderRadius: 14, offset: 26 });
  return <BaseEdge id={id} path={path} interactionWidth={22} />;
});

/** Buttons in the middle of a line: put a block into it, take it away. */
export function LineActs({ pointed }: { pointed: string }) {
  const { store } = useShared();
  const chosen = useChosen((one) => one.edge);
  const edges = useChosen((one) => one.draft.edges);
  const [place, put] = useState<Spot | undefined>(undefined);
  const id = pointed || chosen;
  useLayoutEffect(() => {
    const path = id ? document.querySelector<SVGPathElement>(`.react-flow__edge[data-id="${CSS.escape(id)}"] .react-flow__edge-path`) : undefined;
    put(path?.getPointAtLength(path.getTotalLength() / 2));
  }, [id, edges]);
  if (!id || !place) return null;
  return (
    <ViewportPortal>
      <div className="line-acts nodrag nopan" data-line={id} style={{ transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px)` }}>
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
    </ViewportPortal>
  );
}
