// What the colours of nodes mean: the measure, and its least and most.
import { Panel } from "@xyflow/react";
import type { Graph } from "./graph";
import type { Heat } from "./live";

export function Legend({ heat, most, words }: { heat: Heat; most: string; words: Graph["words"] }) {
  return (
    <Panel position={window.innerWidth < 720 ? "bottom-right" : "top-right"} className={`legend of-${heat}`} role="note" aria-label={words.legend}>
      <b>{words[heat]}</b>
      {most ? (
        <span className="scale">
          <span>0</span>
          {[1, 2, 3, 4].map((level) => (
            <i key={level} className={`level-${level}`} />
          ))}
          <span>{most}</span>
        </span>
      ) : (
        <span className="quiet">{words.none}</span>
      )}
    </Panel>
  );
}
