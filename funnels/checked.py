"""What the editor says about a document while it is drawn: each node in words with its ways out, and what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from blocks.catalogue import block_type
from crm.access.actor import Viewer
from crm.directory import Directory, directory
from db.work import Work
from engine.block import Block
from engine.document import FunnelDocument, Node
from engine.publish_problem import PublishProblem
from engine.text import LazyText
from funnels.examining import examined
from funnels.seeing import require_sight
from funnels.words import values
from funnels.words.names import listed, port_name
from funnels.words.reading import name_of
from funnels.words.sentences import sentence


@dataclass(frozen=True, slots=True)
class CheckedNode:
    """A node: what it does in a sentence (empty where its settings cannot be read yet), and its ways out with their names."""

    id: str
    summary: str
    guard: str
    ports: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What is said about a document: its nodes in their order, and what is wrong, errors first."""

    nodes: tuple[CheckedNode, ...]
    problems: tuple[PublishProblem, ...]


def checked(work: Work, document: FunnelDocument, *, viewer: Viewer) -> Checked:
    """Return what the publish checks find in a document, and what its nodes do.  The settings are read once.

    Raises:
        NotAllowedError: the viewer may not look at funnels.
    """
    require_sight(viewer)
    settings = directory(work)
    wired: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for edge in document.edges:
        wired[edge.source][edge.port] = None
    nodes = tuple(_node(one, settings, wired[one.id]) for one in document.nodes)
    names = {node.id: name_of(node) for node in document.nodes}
    return Checked(nodes, tuple(_named(one, names) for one in examined(work, document)))


_PORTS: Final = frozenset({"port", "ports"})
_NODES: Final = frozenset({"node", "nodes", "other", "source", "target", "trigger"})


def _named(problem: PublishProblem, names: Mapping[str, str]) -> PublishProblem:
    """Return a problem with the names of nodes and ports, as the canvas shows them, for their keys."""
    said = problem.message
    params = dict(said.params)
    for name in params.keys() & (_PORTS | _NODES):
        keys = str(params[name]).split(", ")
        params[name] = listed([port_name(key) if name in _PORTS else names.get(key, key) for key in keys])
    return replace(problem, message=LazyText(said.msgid, said.plural, said.number, params))


def _node(node: Node, settings: Directory, wired: Mapping[str, None]) -> CheckedNode:
    kind = block_type(node.type)
    guard = values.condition(node.condition, settings) if node.condition is not None else ""
    if kind is None:
        return CheckedNode(node.id, "", guard, tuple((port, port_name(port)) for port in wired))
    try:
        block: Block | None = kind.model_validate(node.config)
    except ValidationError:
        block = None
    words = sentence(block, settings) if block is not None else ""
    named = dict.fromkeys(block.ports() if block is not None else ports_of(kind, node.config))
    return CheckedNode(node.id, words, guard, tuple((port, port_name(port)) for port in {**named, **wired}))


def ports_of(kind: type[Block], config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ways out of a block whose settings are not all right yet, by those that are; a port may be missing."""
    good = {}
    for name, value in config.items():
        if name in kind.model_fields:
            try:
                good[name] = _reader(kind, name).validate_python(value)
            except ValidationError:
                continue
    try:
        return kind.model_construct(**good).ports()
    except AttributeError:  # the ways out follow from what is not there yet
        return (kind.main, *kind.more) if kind.main is not None else kind.more


@lru_cache(maxsize=1000)
def _reader(kind: type[Block], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(kind.model_fields[name].rebuild_annotation())
