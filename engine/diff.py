"""What one document changed against another: by the ids of nodes, never by their order or place."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.block import BlockCatalogue, Trigger
from engine.document import FunnelDocument, Node

_WHOLE: Final = frozenset({"condition"})
"""Settings that are compared as one: a condition says something as a whole."""
_WORDS: Final = frozenset({"title", "note"})
_OF_NODE: Final = ("type", "type_version", "title", "note", "condition", "on_error", "when_late", "config")
_OF_FUNNEL: Final = ("name", "note", "limits")


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that is another now, its path joined by dots (``config.deadline.days``); ``None``: not given."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that is in both documents and not the same in them; its settings in order."""

    id: str
    settings: tuple[SettingChange, ...]

    @property
    def is_logic(self) -> bool:
        """True where it does something else now; words for people are no logic."""
        return any(one.path not in _WORDS for one in self.settings)

    @property
    def is_renamed(self) -> bool:
        """True where its title is another."""
        return any(one.path == "title" for one in self.settings)


@dataclass(frozen=True, slots=True)
class LineChange:
    """A way out that leads elsewhere now; ``None``: nowhere."""

    source: str
    port: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed: settings of the funnel as a whole, nodes in the order of their document, lines by node and port.

    ``moved`` are nodes that are only drawn elsewhere.  ``triggers`` are those of the added, removed and changed nodes that
    start runs, before or now.
    """

    settings: tuple[SettingChange, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[NodeChange, ...]
    lines: tuple[LineChange, ...]
    moved: tuple[str, ...]
    triggers: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.settings or self.added or self.removed or self.changed or self.lines)

    @property
    def renamed(self) -> tuple[str, ...]:
        """The nodes that got another title."""
        return tuple(one.id for one in self.changed if one.is_renamed)

    @property
    def reworked(self) -> frozenset[str]:
        """The nodes that are in both and do something else now, or lead elsewhere."""
        kept = {line.source for line in self.lines} - {*self.added, *self.removed}
        return frozenset({one.id for one in self.changed if one.is_logic} | kept)


def difference(before: FunnelDocument, after: FunnelDocument, catalogue: BlockCatalogue) -> Difference:
    """Return what ``after`` changed; the same documents in another order are no difference.

    Of several nodes with one id, which no funnel is published with, the last is looked at.
    """
    old = {node.id: node for node in before.nodes}
    new = {node.id: node for node in after.nodes}
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    changes = (NodeChange(name, tuple(_of_node(old[name], node))) for name, node in new.items() if name in old)
    changed = tuple(one for one in changes if one.settings)
    touched = (*added, *removed, *(one.id for one in changed))
    kinds = {name: {one[name].type for one in (old, new) if name in one} for name in touched}
    plain = [one.model_dump(mode="json", include=set(_OF_FUNNEL)) for one in (before, after)]
    tests = [
        {one.name: one.model_dump(mode="json", by_alias=True) for one in document.tests} for document in (before, after)
    ]
    return Difference(
        (
            *(change for name in _OF_FUNNEL for change in _changes(name, plain[0].get(name), plain[1].get(name))),
            *_tests(*tests),
        ),
        added,
        removed,
        changed,
        _lines(before, after),
        tuple(name for name, node in new.items() if name in old and node.layout != old[name].layout),
        tuple(name for name in touched if any(_starts(kind, catalogue) for kind in sorted(kinds[name]))),
    )


def _tests(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[SettingChange]:
    """Yield the tests that came, went or changed, each as one setting: ``tests.`` and its name."""
    for name in (*before, *(name for name in after if name not in before)):
        if before.get(name) != after.get(name):
            yield SettingChange(f"tests.{name}", before.get(name), after.get(name))


def _starts(kind: str, catalogue: BlockCatalogue) -> bool:
    block = catalogue(kind)
    return block is not None and issubclass(block, Trigger)


def _of_node(before: Node, after: Node) -> Iterator[SettingChange]:
    old, new = (one.model_dump(mode="json", by_alias=True) for one in (before, after))
    for name in _OF_NODE:
        yield from _changes(name, old[name], new[name])


def _changes(path: str, before: Any, after: Any) -> Iterator[SettingChange]:
    """Yield what differs, as deep as both have the same parts."""
    if _written(before) == _written(after):
        return
    if path in _WHOLE or path.rpartition(".")[2] in _WHOLE:
        yield SettingChange(path, before, after)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in (*before, *(name for name in after if name not in before)):
            if name in before and name in after:
                yield from _changes(f"{path}.{name}", before[name], after[name])
            else:
                yield SettingChange(f"{path}.{name}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _changes(f"{path}.{number}", old, new)
    else:
        yield SettingChange(path, before, after)


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _lines(before: FunnelDocument, after: FunnelDocument) -> tuple[LineChange, ...]:
    """Return the ways out that lead elsewhere: of nodes in the order of the new document, then of those that are gone."""
    old, new = _targets(before), _targets(after)
    order = {name: place for place, name in enumerate(dict.fromkeys(node.id for node in (*after.nodes, *before.nodes)))}
    found = []
    for at in {*old, *new}:
        gone = [one for one in old[at] if one not in new[at]]
        come = [one for one in new[at] if one not in old[at]]
        for place in range(max(len(gone), len(come))):
            left = gone[place] if place < len(gone) else None
            found.append(LineChange(*at, left, come[place] if place < len(come) else None))
    last = len(order)
    return tuple(
        sorted(
            found,
            key=lambda one: (order.get(one.source, last), one.source, one.port, one.before or "", one.after or ""),
        )
    )


def _targets(document: FunnelDocument) -> Mapping[tuple[str, str], list[str]]:
    """Return where each port leads; more than one place only in a draft that cannot be published."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for edge in document.edges:
        if edge.target not in found[edge.source, edge.port]:
            found[edge.source, edge.port].append(edge.target)
    return found
