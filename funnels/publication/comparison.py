"""Two documents of a funnel laid over one another: each node and line with what became of it, and its settings before and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from blocks.catalogue import block_type
from crm.directory import Directory
from engine.diff import Difference, LineChange, difference
from engine.document import FunnelDocument, Node
from engine.text import LazyText
from funnels.graph import Category, category
from funnels.words.changes import OWN_SETTINGS, Turned, change_of_test, limit_words, turned
from funnels.words.names import port_name
from funnels.words.reading import block_of, name_of
from funnels.words.sentences import sentence

Mark = Literal["same", "moved", "rewired", "changed", "added", "removed"]
"""What became of a node: nothing; it is drawn elsewhere; its ways out lead elsewhere; its settings; it is new; it is gone."""
LineMark = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class ComparedNode:
    """A node of either document; ``settings`` are those that say something else now, ``lines`` its ways out that lead elsewhere.

    ``position`` is where it is drawn now, of one that is gone where it was.
    """

    id: str
    name: str
    type: str
    group: str
    category: Category
    summary: str
    position: tuple[float, float] | None
    mark: Mark
    settings: tuple[Turned, ...] = ()
    lines: tuple[Turned, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line of either document."""

    source: str
    port: str
    name: str
    target: str
    mark: LineMark


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both documents at once: nodes in the order of the later one, then those that are gone.

    ``words`` say what became of the funnel as a whole: its name, its note, its limits.
    """

    words: tuple[Turned | LazyText, ...]
    nodes: tuple[ComparedNode, ...]
    lines: tuple[ComparedLine, ...]

    @property
    def changed(self) -> tuple[ComparedNode, ...]:
        """The nodes that are not what they were; those that are only drawn elsewhere are no change."""
        return tuple(one for one in self.nodes if one.mark not in ("same", "moved"))

    @property
    def marks(self) -> frozenset[Mark]:
        """What became of one node or another."""
        return frozenset(one.mark for one in self.nodes)

    def __bool__(self) -> bool:
        return bool(self.words or self.changed)


def compared(before: FunnelDocument, after: FunnelDocument, settings: Directory) -> Comparison:
    """Lay two documents over one another.  No query beside those of the settings."""
    found = difference(before, after, block_type)
    old, new = ({node.id: node for node in one.nodes} for one in (before, after))
    marks = _marks(found)
    called = {name: name_of(node) for name, node in (*old.items(), *new.items())}
    by_source: dict[str, list[LineChange]] = {}
    for line in found.lines:
        by_source.setdefault(line.source, []).append(line)
    changes = {one.id: one for one in found.changed}
    nodes = []
    for name, node in (*new.items(), *((name, old[name]) for name in found.removed)):
        words = tuple(turned(changes[name], old[name], node, settings)) if name in changes else ()
        ways = tuple(
            _way(one, called) for one in by_source.get(name, ()) if marks.get(name) not in ("added", "removed")
        )
        nodes.append(_node(node, marks.get(name, "same"), settings, words, ways))
    return Comparison(tuple(_of_funnel(found, before, after)), tuple(nodes), tuple(_lines(before, after)))


def _marks(found: Difference) -> Mapping[str, Mark]:
    marks: dict[str, Mark] = dict.fromkeys(found.moved, "moved")
    marks.update(dict.fromkeys((line.source for line in found.lines), "rewired"))
    marks.update({one.id: "changed" for one in found.changed})
    marks.update(dict.fromkeys(found.added, "added"))
    marks.update(dict.fromkeys(found.removed, "removed"))
    return marks


def _node(node: Node, mark: Mark, settings: Directory, words: Sequence[Turned], ways: Sequence[Turned]) -> ComparedNode:
    kind, block, layout = block_type(node.type), block_of(node), node.layout
    return ComparedNode(
        node.id,
        name_of(node),
        node.type,
        kind.group if kind is not None else "logic",
        category(kind),
        sentence(block, settings) if block is not None else "",
        (layout.x, layout.y) if layout is not None else None,
        mark,
        tuple(words),
        tuple(ways),
    )


def _way(line: LineChange, called: Mapping[str, str]) -> Turned:
    was, now = (called.get(one, one) if one is not None else "" for one in (line.before, line.after))
    return Turned(port_name(line.port), was, now)


def _of_funnel(found: Difference, before: FunnelDocument, after: FunnelDocument) -> Iterator[Turned | LazyText]:
    for one in found.settings:
        if one.path in ("name", "note"):
            yield Turned(OWN_SETTINGS[one.path], getattr(before, one.path) or "", getattr(after, one.path) or "")
        else:
            yield change_of_test(one) if one.path.startswith("tests.") else limit_words(one)


def _lines(before: FunnelDocument, after: FunnelDocument) -> Iterator[ComparedLine]:
    old, new = (dict.fromkeys((edge.source, edge.port, edge.target) for edge in one.edges) for one in (before, after))
    for source, port, target in (*new, *(one for one in old if one not in new)):
        mark: LineMark = "removed" if (source, port, target) not in new else "added"
        if (source, port, target) in old and (source, port, target) in new:
            mark = "same"
        yield ComparedLine(source, port, port_name(port), target, mark)
