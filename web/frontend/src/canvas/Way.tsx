// A line between two nodes, as `routes.ts` leads it.
import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Route } from "./routes";

export type Line = Edge<Route & Record<string, unknown>, "way">;

export function Way({ id, data, label, style, labelBgPadding, labelBgBorderRadius }: EdgeProps<Line>) {
  if (!data) return null;
  return (
    <BaseEdge
      id={id}
      path={data.path}
      label={label}
      labelX={data.x}
      labelY={data.y}
      labelBgPadding={labelBgPadding}
      labelBgBorderRadius={labelBgBorderRadius}
      style={style}
    />
  );
}
