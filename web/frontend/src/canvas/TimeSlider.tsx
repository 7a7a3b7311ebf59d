// Going through the way of a run: by the slider, its arrow keys, or by itself.
import { Panel } from "@xyflow/react";
import { useEffect, useState } from "react";
import type { Graph, Walk } from "./graph";
import { lastOf } from "./run";

interface Props {
  walk: Walk;
  step: number;
  words: Graph["words"];
  icons: string;
  go: (step: number) => void;
}

const PACE = 900;
export const isCalm = (): boolean => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export function TimeSlider({ walk, step, words, icons, go }: Props) {
  const last = lastOf(walk);
  const [plays, play] = useState(false);
  useEffect(() => {
    if (!plays) return;
    if (step >= last) {
      play(false);
      return;
    }
    const next = window.setTimeout(() => go(step + 1), PACE);
    return () => window.clearTimeout(next);
  }, [plays, step, last, go]);
  const told = walk.steps[step - 1];
  const said = told ? `${told.said}, ${told.at}` : walk.now;
  return (
    <Panel position="bottom-center" className="time-slider nopan nowheel">
      {!isCalm() && (
        <button
          type="button"
          className="ghost"
          aria-label={plays ? words.stop : words.play}
          onClick={() => {
            if (!plays && step >= last) go(1);
            play(!plays);
          }}
        >
          <svg className="icon" aria-hidden="true">
            <use href={`${icons}#${plays ? "player-pause" : "player-play"}`} />
          </svg>
        </button>
      )}
      <label>
        <span className="moment">
          <b>{step < last ? `${step} / ${last - 1}` : ""}</b> {said}
        </span>
        <input type="range" min={1} max={last} value={step} aria-label={words.slider} aria-valuetext={said} onChange={(event) => go(Number(event.target.value))} />
      </label>
    </Panel>
  );
}
