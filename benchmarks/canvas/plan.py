"""What is measured of the canvas, and how much more of the main thread's time the editor may take than React Flow alone."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.canvas import graph
from benchmarks.frame import Benchmark, Contestant, Round

_EDITOR, _BARE = f"editor, {graph.NODES} nodes", f"bare React Flow, {graph.NODES} nodes"
_PARTS = (
    ("V1", "opening", "Opening"),
    ("V2", "dragging", "Dragging a node 100 steps, all in sight"),
    ("V3", "undoing", "Undoing ten moves and making them again"),
)

CONTESTANTS = (
    Contestant(_BARE, "canvas_bare", graph.NODES, graph.NODES),
    Contestant(_EDITOR, "canvas_editor", graph.NODES, graph.NODES),
)


def _share(part: str) -> Callable[[Round], float]:
    def sample(measures: Round) -> float:
        return measures[_EDITOR].parts[part] / measures[_BARE].parts[part]

    return sample


BENCHMARKS = tuple(
    Benchmark(
        id_,
        f"{what}: main thread's time of the editor / of bare React Flow, {graph.NODES} nodes, {graph.LINES} lines",
        "ratio",
        must=1.5,
        aim=1.1,
        contestants=(_BARE, _EDITOR),
        sample=_share(part),
        smaller_is_better=True,
    )
    for id_, part, what in _PARTS
)
