"""The funnel that both draw: `NODES` nodes and `LINES` lines, in rows that fold back."""

from __future__ import annotations

from typing import Any, Final

from engine.document import Edge, FunnelDocument, Layout, Node

NODES: Final = 500
LINES: Final = 800
MOVED: Final = "n262"
"""The node that is dragged about."""
_IN_A_ROW: Final = 25
_WIDE, _HIGH = 324, 192
_ASKING: Final = LINES - NODES + 1
"""So many nodes have two ways out; the first has one, the last none."""


def document() -> FunnelDocument:
    """Return the funnel: a trigger, conditions that lead one or two on, tags, and an exit."""
    nodes = [_node(number) for number in range(NODES)]
    edges = [edge for number in range(NODES - 1) for edge in _edges(number)]
    assert len(edges) == LINES
    return FunnelDocument(key="large", name="Large", nodes=tuple(nodes), edges=tuple(edges))


def bare() -> dict[str, Any]:
    """Return the same for React Flow: default nodes with a name, default edges."""
    drawn = document()
    return {
        "nodes": [
            {"id": node.id, "position": {"x": layout.x, "y": layout.y}, "data": {"label": node.title}}
            for node in drawn.nodes
            if (layout := node.layout) is not None
        ],
        "edges": [
            {"id": f"{edge.source}-{edge.port}", "source": edge.source, "target": edge.target} for edge in drawn.edges
        ],
    }


def _node(number: int) -> Node:
    type_, config = _block(number)
    row, place = divmod(number, _IN_A_ROW)
    layout = Layout(x=place * _WIDE, y=row * _HIGH)
    return Node(id=f"n{number}", type=type_, title=f"Step {number}", config=config, layout=layout)


def _block(number: int) -> tuple[str, dict[str, Any]]:
    if number == 0:
        return "trigger.lead_created", {}
    if number == NODES - 1:
        return "logic.exit", {}
    if number <= _ASKING:
        condition = {"op": "is", "field": "lead.source", "value": f"source {number}"}
        return "logic.condition", {"condition": condition}
    return "crm.add_tags", {"tags": [f"tag {number}"]}


def _edges(number: int) -> list[Edge]:
    onward = f"n{number + 1}"
    if not 0 < number <= _ASKING:
        return [Edge(source=f"n{number}", target=onward)]
    return [
        Edge(source=f"n{number}", port="yes", target=onward),
        Edge(source=f"n{number}", port="no", target=f"n{number + 2}"),
    ]
