"""Programs: a published document, ready to run.  Nodes have numbers here, stable per funnel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import networkx as nx
from pydantic import ValidationError

from engine import setting
from engine.block import Block, BlockCatalogue, Trigger
from engine.condition import Compiled, compile
from engine.document import FunnelDocument, Node
from engine.effect import AddComment, AddTags, CallHttp, CreateTask, NotifyEmployee, RemoveTags, SendEmail
from engine.errors import DocumentError, UnknownBlockError
from engine.limits import USUAL, Limits
from engine.text import _l
from engine.ways import ways_to_joins

_IDLE: Final = frozenset({"trigger", "logic", "wait"})
_REACHING: Final = frozenset({"message", "survey", "task", "action"})


@dataclass(frozen=True, slots=True)
class ProgramNode:
    """A node ready to run: its number, block, guard and where its ports lead (by number; unwired ports are absent).

    ``main`` is the port that ``done`` leaves by.  ``may_be_skipped`` is false where the guard is a trigger's filter, or a join's,
    which all branches have to reach.  ``incoming`` counts the edges into it.  ``cyclic`` is true where a run can come by twice.
    ``paths`` are those of the facts it can look at.

    For a join, ``branches`` are the nodes from which a token can still come to it, and ``cancels`` says that those are
    dropped when it goes on.  For a Parallel, ``opens`` are the joins of its branches.
    """

    number: int
    id: str
    block: Block
    exits: Mapping[str, int]
    main: str
    guard: Compiled | None
    may_be_skipped: bool
    on_error: str
    late_then: str
    late_after: timedelta
    incoming: int
    cyclic: bool
    branches: frozenset[int] = frozenset()
    cancels: bool = False
    opens: tuple[int, ...] = ()
    counts: bool = False
    """True where visits are counted: a run can come by twice, or the visit is part of a message's key."""
    paths: frozenset[str] = frozenset()
    is_plain: bool = False
    """True where a token can only come once, is asked at once, and goes on alone: no guard, no cycle, no branches."""


@dataclass(frozen=True, slots=True)
class Program:
    """A version ready to run.  ``records`` and ``paths`` name the facts that its blocks can look at; ``joins`` are numbers.

    ``tracks_visits`` is true where a condition asks which nodes the run has been at, ``splits`` where a token may become several.
    ``unseen`` are the kinds of effects whose outcome none of the blocks looks at: for them the facts need not be brought up to
    date.
    """

    funnel: str
    nodes: Mapping[int, ProgramNode]
    triggers: tuple[ProgramNode, ...]
    joins: tuple[int, ...]
    records: frozenset[str]
    paths: frozenset[str]
    tracks_visits: bool = False
    splits: bool = False
    unseen: frozenset[type] = frozenset()
    acting: frozenset[int] = frozenset()
    """The nodes that do something to somebody, as far as limits count it."""
    reaching: frozenset[int] = frozenset()
    """The nodes that reach people, or the world outside: of these the same may not be done to one person too often."""
    limits: Limits = USUAL

    def node(self, node_id: str) -> ProgramNode | None:
        """Return the node with this id."""
        return next((node for node in self.nodes.values() if node.id == node_id), None)


def read_block(node: Node, catalogue: BlockCatalogue) -> Block:
    """Return the node's block with its settings checked.

    Raises:
        UnknownBlockError: the type is not in the catalogue.
        DocumentError: a setting is missing or wrong; the message names node and field.
    """
    block_type = catalogue(node.type)
    if block_type is None:
        raise UnknownBlockError(node.id, node.type)
    try:
        return block_type.model_validate(node.config)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "config"
        raise DocumentError(f"node {node.id!r}, field {where!r}: {first['msg']}") from None


def build(
    document: FunnelDocument, numbers: Mapping[str, int], catalogue: BlockCatalogue, *, zone: str = "UTC"
) -> Program:
    """Return the program of a document whose nodes are numbered by ``numbers`` (node id to number).

    The document has passed the publish checks; what they would refuse raises here.

    Args:
        document: what was published.
        numbers: stable per funnel; a number is never given to another node.
        catalogue: answers a block's type for its key.
        zone: the IANA zone in which days begin for the conditions.

    Raises:
        DocumentError: a block's settings are wrong, an edge leads nowhere, a port has two edges or does not exist, a node's
            id is double or has no number.
    """
    blocks = {node.id: read_block(node, catalogue) for node in document.nodes}
    if len(blocks) < len(document.nodes):
        twice = next(node_id for node_id, count in Counter(node.id for node in document.nodes).items() if count > 1)
        raise DocumentError(_l("there are two nodes {node}", node=twice))
    missing = next((node_id for node_id in blocks if node_id not in numbers), None)
    if missing is not None:
        raise DocumentError(_l("node {node} has no number", node=missing))
    exits = _exits(document, blocks, numbers)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(blocks)
    graph.add_edges_from((edge.source, edge.target) for edge in document.edges)
    ways = ways_to_joins(graph, blocks)
    cyclic = {
        node_id
        for component in nx.strongly_connected_components(graph)
        if len(component) > 1 or any(graph.has_edge(node_id, node_id) for node_id in component)
        for node_id in component
    }
    incoming = Counter(edge.target for edge in document.edges)
    nodes = {}
    for node in document.nodes:
        block, way = blocks[node.id], ways.get(node.id)
        guard = compile(node.condition, zone) if node.condition is not None else None
        nodes[numbers[node.id]] = ProgramNode(
            number=numbers[node.id],
            id=node.id,
            block=block,
            exits=exits[node.id],
            main=block.main or next(iter(block.ports()), "next"),
            guard=guard,
            may_be_skipped=not block.joins and not isinstance(block, Trigger),
            on_error=node.on_error.then,
            late_then=node.when_late.then,
            late_after=timedelta(minutes=node.when_late.after_minutes),
            incoming=incoming[node.id],
            cyclic=node.id in cyclic,
            counts=node.id in cyclic or block.sends,
            branches=frozenset(numbers[other] for other in way.branches) if way else frozenset(),
            cancels=way is not None and (way.comes_back or getattr(block, "cancel_rest", False)),
            opens=tuple(sorted(numbers[join] for join, other in ways.items() if other.opened_by == node.id)),
            paths=_paths(block, guard),
            is_plain=node.condition is None
            and node.id not in cyclic
            and not (block.joins or block.splits or block.sends),
        )
    paths = frozenset(path for node in nodes.values() for path in node.paths)
    named = {name for node in nodes.values() for name in node.block.records()}
    unseen: set[type] = {AddComment, SendEmail, CallHttp, NotifyEmployee}
    if not any(path.endswith(".open_tasks") for path in paths):
        unseen.add(CreateTask)
    if not any(path.endswith(".tags") for path in paths):
        unseen |= {AddTags, RemoveTags}
    return Program(
        funnel=document.key,
        nodes=nodes,
        triggers=tuple(node for node in nodes.values() if isinstance(node.block, Trigger)),
        joins=tuple(sorted(numbers[join] for join in ways)),
        records=frozenset(path.partition(".")[0] for path in paths) | named,
        paths=paths,
        unseen=frozenset(unseen),
        tracks_visits="run.visited" in paths,
        splits=any(node.block.splits for node in nodes.values()),
        acting=frozenset(number for number, node in nodes.items() if node.block.group not in _IDLE),
        reaching=frozenset(number for number, node in nodes.items() if node.block.group in _REACHING),
        limits=document.limits,
    )


def _exits(
    document: FunnelDocument, blocks: Mapping[str, Block], numbers: Mapping[str, int]
) -> Mapping[str, Mapping[str, int]]:
    exits: dict[str, dict[str, int]] = {node_id: {} for node_id in blocks}
    for edge in document.edges:
        where = f"{edge.source}.{edge.port} -> {edge.target}"
        if edge.source not in blocks or edge.target not in blocks:
            raise DocumentError(_l("edge {edge}: there is no such node", edge=where))
        if edge.port not in {*blocks[edge.source].ports(), "failed", "skipped"}:
            raise DocumentError(_l("edge {edge}: there is no such port", edge=where))
        if edge.port in exits[edge.source]:
            raise DocumentError(_l("edge {edge}: another edge leaves the port", edge=where))
        exits[edge.source][edge.port] = numbers[edge.target]
    return exits


def _paths(block: Block, guard: Compiled | None) -> frozenset[str]:
    return block.paths() | setting.paths(block) | (guard.paths if guard is not None else frozenset())
