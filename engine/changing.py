"""Changes of a document as values: what a quick fix does to it, told to an editor or applied here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.document import FunnelDocument
from engine.text import LazyText

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Connect:
    """Lead a port to a node, instead of where it led before."""

    source: str
    port: str
    target: str

    def plain(self) -> Plain:
        """Return it as JSON."""
        return {"op": "connect", "from": self.source, "port": self.port, "to": self.target}


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Remove every line from a port to a node."""

    source: str
    port: str
    target: str

    def plain(self) -> Plain:
        """Return it as JSON."""
        return {"op": "disconnect", "from": self.source, "port": self.port, "to": self.target}


@dataclass(frozen=True, slots=True)
class AddNode:
    """Place a block, near another node where ``near`` names one.  Its id must be free."""

    id: str
    type: str
    config: Mapping[str, Any]
    near: str = ""

    def plain(self) -> Plain:
        """Return it as JSON."""
        return {"op": "add", "id": self.id, "type": self.type, "config": dict(self.config), "near": self.near}


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Remove a node, with every line from and to it."""

    node: str

    def plain(self) -> Plain:
        """Return it as JSON."""
        return {"op": "remove", "node": self.node}


@dataclass(frozen=True, slots=True)
class SetValue:
    """Give a part of a node another value, by its path (``config``, ``stages``, 0); ``None`` leaves it out."""

    node: str
    path: tuple[str | int, ...]
    value: Any = None

    def plain(self) -> Plain:
        """Return it as JSON."""
        return {"op": "set", "node": self.node, "path": list(self.path), "value": self.value}


Change = Connect | Disconnect | AddNode | RemoveNode | SetValue


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to put a problem right: what a button says, and what it does."""

    title: LazyText
    changes: tuple[Change, ...]


def changed(document: FunnelDocument, changes: Iterable[Change]) -> FunnelDocument:
    """Return the document after the changes, one after another.  What names a node that is not there changes nothing.

    Raises:
        pydantic.ValidationError: the result is no document.
    """
    plain = document.plain()
    for change in changes:
        apply(plain, change)
    return FunnelDocument.model_validate(plain)


def apply(plain: Plain, change: Change) -> None:
    """Do a change to the plain values of a document, in place."""
    nodes: list[Plain] = plain.setdefault("nodes", [])
    edges: list[Plain] = plain.setdefault("edges", [])
    match change:
        case Connect():
            kept = [edge for edge in edges if (edge["from"], _port(edge)) != (change.source, change.port)]
            line = {"from": change.source, "port": change.port, "to": change.target}
            plain["edges"] = [*kept, line]
        case Disconnect():
            gone = (change.source, change.port, change.target)
            plain["edges"] = [edge for edge in edges if (edge["from"], _port(edge), edge["to"]) != gone]
        case AddNode():
            if all(node["id"] != change.id for node in nodes):
                nodes.append({"id": change.id, "type": change.type, "config": dict(change.config)})
        case RemoveNode():
            plain["nodes"] = [node for node in nodes if node["id"] != change.node]
            plain["edges"] = [edge for edge in edges if change.node not in (edge["from"], edge["to"])]
        case _:
            for node in nodes:
                if node["id"] == change.node:
                    put(node, change.path, change.value)


def put(plain: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Give a place inside plain values another value, in place; groups on the way are made, a place in a list must be there."""
    *way, last = path
    for name, following in zip(way, path[1:], strict=True):
        if isinstance(plain, dict) and name not in plain:
            plain[name] = [] if isinstance(following, int) else {}
        if isinstance(plain, list) and not (isinstance(name, int) and name < len(plain)):
            return
        plain = plain[name]
    if isinstance(plain, list):
        if isinstance(last, int) and last < len(plain):
            plain[last : last + 1] = [] if value is None else [value]
    elif value is None:
        plain.pop(last, None)
    else:
        plain[last] = value


def _port(edge: Plain) -> str:
    return str(edge.get("port", "next"))
