"""Two edits of one document become one: by the ids of nodes, setting by setting.

What only one of them changed is taken; what both changed alike is taken once.  What both changed, each in his own way, is named
as a conflict, and ``ours`` stands there until a person says otherwise.  Nothing that one of them changed is lost because the
other removed it: the node stays, and that is a conflict, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.document import FunnelDocument
from engine.errors import DocumentError
from engine.text import _l

_OF_NODE: Final = ("title", "note", "condition", "on_error", "when_late", "layout")
_BLOCK: Final = ("type", "type_version", "config")
_OF_FUNNEL: Final = ("schema", "key", "name", "note", "limits")
_OF_DRAWING: Final = {"notes": ("text", "x", "y", "colour"), "groups": ("name", "nodes", "folded", "colour")}
_Plain = Mapping[str, Any]
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that both changed, each in his own way: the node's id (``None``: the funnel as a whole) and what of it.

    ``field`` is a setting (``config.tags``, ``title``), ``block`` where one of them put another block there, ``port.yes`` for
    the line that leaves by a port, and empty where one of them removed the node.  ``None`` is a value that is not given.
    """

    node: str | None
    field: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """One document of two, and what a person has to decide: conflicts of the whole first, then in the order of the nodes."""

    document: FunnelDocument
    conflicts: tuple[Conflict, ...]


def merge(base: FunnelDocument, ours: FunnelDocument, theirs: FunnelDocument) -> Merged:
    """Return what both made of ``base``, in one document.

    Without conflicts it is the same whoever is called ``ours``.

    Who only draws a node elsewhere does not keep the other from removing it.

    Raises:
        DocumentError: one of the documents has two nodes of one id, so nobody can say which is meant.
    """
    if theirs == base or ours == theirs:
        return Merged(ours, ())
    if ours == base:
        return Merged(theirs, ())
    for document in (base, ours, theirs):
        _require_single(document)
    plain = [document.plain() for document in (base, ours, theirs)]
    found: list[Conflict] = []
    merged: dict[str, Any] = {}
    _settings(merged, None, "", _OF_FUNNEL, plain, found)
    drawings = [one.get("drawing", {}) for one in plain]
    merged["drawing"] = {kind: _drawn(kind, [one.get(kind, ()) for one in drawings], found) for kind in _OF_DRAWING}
    _tests(merged, plain, found)
    sides = [{node["id"]: node for node in one.get("nodes", ())} for one in plain]
    lines = [_lines(one.get("edges", ())) for one in plain]
    stays = _staying(sides, lines)
    order = _order([list(one) for one in sides], stays)
    merged["nodes"] = [_node(name, sides, found) for name in order]
    for mine in (1, 2):
        _put_back(stays - {*sides[mine]}, lines[0], lines[mine])
    merged["edges"] = _edges(lines, {*sides[0]} - stays, found)
    place = {name: number for number, name in enumerate(order)}
    found.sort(key=lambda one: -1 if one.node is None else place.get(one.node, len(place)))
    return Merged(FunnelDocument.model_validate(merged), tuple(found))


def worked_on_by_both(base: FunnelDocument, ours: FunnelDocument, theirs: FunnelDocument) -> tuple[str, ...]:
    """Return the nodes that both changed, each in his own way: what they say, do, or lead to, wherever they are drawn."""
    sides = [_worked_on(one) for one in (base, ours, theirs)]
    names = dict.fromkeys((*sides[1], *sides[2], *sides[0]))
    values = {name: [one.get(name) for one in sides] for name in names}
    return tuple(name for name, (old, mine, other) in values.items() if mine != old and other != old and mine != other)


def _worked_on(document: FunnelDocument) -> dict[str, str]:
    plain = document.plain()
    lines = _lines(plain.get("edges", ()))
    leaving: dict[str, list[Any]] = {}
    for at in sorted(lines):
        leaving.setdefault(at[0], []).append([at[1], lines[at]])
    return {
        node["id"]: json.dumps([_drawn_anywhere(node), leaving.get(node["id"])], sort_keys=True)
        for node in plain.get("nodes", ())
    }


def taking(merged: FunnelDocument, other: FunnelDocument, names: Iterable[str]) -> FunnelDocument:
    """Return a document with these nodes, and the lines that leave them, as another has them.

    A node that the other has not is not there then; lines to what is not there are left out.
    """
    wanted = frozenset(names)
    there = {node.id: node for node in other.nodes if node.id in wanted}
    nodes = [there.pop(node.id, None) if node.id in wanted else node for node in merged.nodes]
    nodes += there.values()
    kept = tuple(node for node in nodes if node is not None)
    ids = {node.id for node in kept}
    edges = [edge for edge in merged.edges if edge.source not in wanted]
    edges += [edge for edge in other.edges if edge.source in wanted]
    lines = tuple(edge for edge in edges if edge.source in ids and edge.target in ids)
    return merged.model_copy(update={"nodes": kept, "edges": lines})


def _require_single(document: FunnelDocument) -> None:
    seen: set[str] = set()
    for node in document.nodes:
        if node.id in seen:
            raise DocumentError(_l("there are two nodes {node}", node=node.id))
        seen.add(node.id)


def _settings(
    into: dict[str, Any],
    node: str | None,
    prefix: str,
    names: Iterable[str],
    sides: Sequence[_Plain],
    found: list[Conflict],
) -> None:
    """Put the settings of these names, as both left them, into a plain value."""
    for name in names:
        values = [one.get(name, _NOTHING) for one in sides]
        value = _chosen(values, node, prefix + name, found)
        if value is not _NOTHING:
            into[name] = value


def _tests(into: dict[str, Any], sides: Sequence[_Plain], found: list[Conflict]) -> None:
    """Put the tests, as both left them, into a plain document: each by its name, as a whole."""
    named = [{one["name"]: one for one in side.get("tests", ())} for side in sides]
    kept = {}
    for name in dict.fromkeys(name for one in named for name in one):
        value = _chosen([one.get(name, _NOTHING) for one in named], None, f"tests.{name}", found)
        if value is not _NOTHING:
            kept[name] = value
    order = _order([list(one) for one in named], kept)
    if order:
        into["tests"] = [kept[name] for name in order]


def _chosen(values: Sequence[Any], node: str | None, field: str, found: list[Conflict]) -> Any:
    """Return what one of them changed, or ours where both did; then it is a conflict, unless they agree."""
    base, ours, theirs = values
    if _same(ours, theirs) or _same(theirs, base):
        return ours
    if _same(ours, base):
        return theirs
    found.append(Conflict(node, field, *(None if value is _NOTHING else value for value in values)))
    return ours


def _same(one: Any, other: Any) -> bool:
    if one is _NOTHING or other is _NOTHING:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


_Line = tuple[str, str]
"""The node and the port that a line leaves."""
_Lines = Mapping[_Line, tuple[str, ...]]


def _lines(edges: Iterable[_Plain]) -> dict[_Line, tuple[str, ...]]:
    """Return where each port leads; to several nodes only in a draft that cannot be published."""
    found: dict[_Line, tuple[str, ...]] = {}
    for edge in edges:
        at = (edge["from"], edge.get("port", "next"))
        found[at] = (*found.get(at, ()), edge["to"])
    return found


def _staying(sides: Sequence[Mapping[str, _Plain]], lines: Sequence[_Lines]) -> set[str]:
    """Return the nodes that are in the merged document: those of both, and what one removed while the other worked on it."""
    base, ours, theirs = sides
    stays = {name for name in (*ours, *theirs) if name not in base or (name in ours and name in theirs)}
    for mine, other in ((1, 2), (2, 1)):
        for name in sides[mine]:
            if name in base and name not in sides[other]:
                worked_on = not _same(_drawn_anywhere(sides[mine][name]), _drawn_anywhere(base[name]))
                if worked_on or _wired_anew(name, lines[0], lines[mine]):
                    stays.add(name)
    return stays


def _drawn_anywhere(node: _Plain) -> _Plain:
    return {name: value for name, value in node.items() if name != "layout"}


def _wired_anew(name: str, before: _Lines, after: _Lines) -> bool:
    """Tell whether a line from or to a node was drawn that was not there."""
    return any(
        name in (at[0], target) and target not in before.get(at, ())
        for at, targets in after.items()
        for target in targets
    )


def _put_back(names: set[str], before: _Lines, after: dict[_Line, tuple[str, ...]]) -> None:
    """Give back the lines of nodes that one removed and that stay, so far as nothing else leaves by their ports now."""
    for at, targets in before.items():
        if at not in after and (at[0] in names or not names.isdisjoint(targets)):
            after[at] = targets


def _order(orders: Sequence[Sequence[Any]], stays: Iterable[Any]) -> list[Any]:
    """Return what stays in an order that is the same whoever is called ours.

    Known ones stand as the one who moved them wants it, as before where both did; new ones behind the same neighbour.
    """
    base, ours, theirs = orders
    wanted = set(stays)
    known = [[one for one in several if one in wanted and one in base] for several in orders]
    common = set(known[1]) & set(known[2])
    as_before = [one for one in known[0] if one in common]
    first, second = ([one for one in several if one in common] for several in known[1:])
    firm = second if first == as_before else first if second == as_before else as_before
    groups: dict[Any, list[list[Any]]] = {}
    for several in (ours, theirs):
        behind: Any = None
        group: list[Any] = []
        for one in several:
            if one in common:
                behind, group = one, []
            elif one in wanted:
                if not group:
                    groups.setdefault(behind, []).append(group)
                group.append(one)
    result: dict[Any, None] = {}
    for place in (None, *firm):
        if place is not None:
            result[place] = None
        for several in sorted(groups.get(place, ())):
            result.update(dict.fromkeys(several))
    return list(result)


def _node(name: str, sides: Sequence[Mapping[str, _Plain]], found: list[Conflict]) -> dict[str, Any]:
    """Return a node as both left it; where one removed it, as the other wants it."""
    base, ours, theirs = (one.get(name) for one in sides)
    if ours is None or theirs is None:
        kept = ours if theirs is None else theirs
        assert kept is not None
        if base is not None:
            found.append(Conflict(name, "", base, ours, theirs))
        return dict(kept)
    parts = [base or {}, ours, theirs]
    merged: dict[str, Any] = {"id": name}
    blocks = [{part: one[part] for part in _BLOCK if part in one} for one in parts]
    kinds = [(one.get("type"), one.get("type_version")) for one in blocks]
    if kinds[1] == kinds[2]:
        merged.update({part: ours[part] for part in _BLOCK if part in ours})
        configs = [one.get("config", {}) for one in parts]
        names = dict.fromkeys(part for one in (configs[1], configs[2]) for part in one)
        config: dict[str, Any] = {}
        _settings(config, name, "config.", sorted({*names, *configs[0]}), configs, found)
        merged["config"] = _as_written(config, configs)
    else:
        merged.update(_chosen(blocks, name, "block", found))
    _settings(merged, name, "", _OF_NODE, parts, found)
    return merged


def _drawn(kind: str, sides: Sequence[Sequence[_Plain]], found: list[Conflict]) -> list[dict[str, Any]]:
    """Return the notes or groups as both left them; what one removed while the other changed it stays."""
    known = [{one["id"]: one for one in side} for side in sides]
    merged: dict[str, dict[str, Any]] = {}
    for name in sorted({*known[1], *known[2]}):
        base, ours, theirs = (one.get(name) for one in known)
        if ours is not None and theirs is not None:
            merged[name] = {"id": name}
            parts = [base or {}, ours, theirs]
            _settings(merged[name], None, f"drawing.{kind}.{name}.", _OF_DRAWING[kind], parts, found)
        else:
            kept = ours or theirs
            assert kept is not None
            if base is not None and _same(kept, base):
                continue
            if base is not None:
                found.append(Conflict(None, f"drawing.{kind}.{name}", base, ours, theirs))
            merged[name] = dict(kept)
    return [merged[name] for name in _order([list(one) for one in known], merged)]


def _as_written(config: dict[str, Any], configs: Sequence[_Plain]) -> dict[str, Any]:
    """Return settings in the order in which people wrote them."""
    return {name: config[name] for name in _order([list(one) for one in configs], config)}


def _edges(lines: Sequence[_Lines], gone: set[str], found: list[Conflict]) -> list[dict[str, Any]]:
    """Return the lines as both left them, without those of nodes that are gone."""
    merged: dict[_Line, Sequence[str]] = {}
    for at in sorted({*lines[1], *lines[2]}):
        if at[0] not in gone:
            values = [[target for target in one.get(at, ()) if target not in gone] for one in lines]
            merged[at] = _chosen(values, at[0], f"port.{at[1]}", found)
    places = _order([list(one) for one in lines], merged)
    return [{"from": source, "port": port, "to": to} for source, port in places for to in merged[source, port]]
