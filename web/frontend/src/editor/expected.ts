// How large a block will be that was never in sight, and where its ways out are: lines are led by it until it is drawn and measured.
import type { NodeHandle } from "@xyflow/react";
import { Position } from "@xyflow/react";
import { WIDTH } from "./commands";
import type { BlockData } from "./flow";

const DOT = 11;
const LINE = 16.5;
const LETTERS = 34;

export function expected({ title, summary, ports, starts }: BlockData): { measured: { width: number; height: number }; handles: NodeHandle[] } {
  const isPlain = ports.length === 1 && ports[0]?.key === "next";
  const head = Math.max(38, 14 + 16 * Math.ceil(title.length / 25));
  const text = head + 9 + LINE * Math.max(1, Math.ceil(Math.min(104, summary.length) / LETTERS));
  const listed = isPlain || !ports.length ? 0 : 8 + 20 * ports.length;
  const height = Math.round(Math.max(66, text + listed));
  const at = (type: "source" | "target", y: number, id: string | null): NodeHandle => ({
    id,
    type,
    position: type === "source" ? Position.Right : Position.Left,
    x: type === "source" ? WIDTH - DOT / 2 : -DOT / 2,
    y: y - DOT / 2,
    width: DOT,
    height: DOT,
  });
  const out = ports.map((port, place) => at("source", isPlain ? height / 2 : height - listed + 14 + 20 * place, port.key));
  return { measured: { width: WIDTH, height }, handles: [...(starts ? [] : [at("target", height / 2, null)]), ...out] };
}
