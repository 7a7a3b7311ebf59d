"""A picture of a funnel: boxes and lines, worked out from the places of its nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from blocks.catalogue import block_type
from engine.document import FunnelDocument, Node
from funnels.graph import category
from funnels.words.reading import name_of

WIDE: Final = 190
HIGH: Final = 62
EDGE: Final = 14
_LETTERS: Final = 17


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its upper left corner, what kind it is of, and its name on one or two lines."""

    x: float
    y: float
    type: str
    group: str
    category: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture: its size, its boxes, and its lines as paths of SVG.  Sizes are in units of the document's places."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]


def picture(document: FunnelDocument, said: Callable[[str], str]) -> Picture:
    """Return the picture of a document, of its nodes that have places; ``said`` gives names of blocks in a language."""
    spots = {node.id: (node.layout.x, node.layout.y) for node in document.nodes if node.layout is not None}
    left = min((x for x, _ in spots.values()), default=0) - EDGE
    top = min((y for _, y in spots.values()), default=0) - EDGE
    at = {name: (x - left, y - top) for name, (x, y) in spots.items()}
    boxes = tuple(_box(node, *at[node.id], said) for node in document.nodes if node.id in at)
    lines = tuple(
        _line(at[edge.source], at[edge.target]) for edge in document.edges if edge.source in at and edge.target in at
    )
    width = max((x for x, _ in at.values()), default=0) + WIDE + EDGE
    height = max((y for _, y in at.values()), default=0) + HIGH + EDGE
    return Picture(width, height, boxes, lines)


def _box(node: Node, x: float, y: float, said: Callable[[str], str]) -> Box:
    kind = block_type(node.type)
    group = kind.group if kind is not None else ""
    of = category(kind) if kind is not None else "action"
    return Box(x, y, node.type, group, of, _lines(said(name_of(node))))


def _lines(name: str) -> tuple[str, ...]:
    """Return a name on two lines at most, cut where it is longer."""
    lines = [""]
    for word in name.split():
        if len(lines[-1]) + len(word) + 1 > _LETTERS and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: _LETTERS - 1].rstrip()}…"]
    return tuple(line if len(line) <= _LETTERS + 3 else f"{line[:_LETTERS]}…" for line in lines)


def _line(source: tuple[float, float], target: tuple[float, float]) -> str:
    """Return the path from the right side of one box to the left side of another; back below both where it leads back."""
    x1, y1 = source[0] + WIDE, source[1] + HIGH / 2
    x2, y2 = target[0], target[1] + HIGH / 2
    if x2 >= x1:
        bend = max((x2 - x1) / 2, 18)
        return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    if abs(source[1] - target[1]) >= HIGH:
        down = source[1] < target[1]
        from_x, to_x = source[0] + WIDE / 2, target[0] + WIDE / 2
        from_y, to_y = source[1] + (HIGH if down else 0), target[1] + (0 if down else HIGH)
        middle = (from_y + to_y) / 2
        return f"M{from_x:g} {from_y:g}C{from_x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"
    low = max(source[1], target[1]) + HIGH + 24
    return f"M{x1:g} {y1:g}C{x1 + 40:g} {low:g} {x2 - 40:g} {low:g} {x2:g} {y2:g}"
