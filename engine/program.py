"""Programs: a published document, ready to run.  Nodes have numbers here, stable per funnel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import networkx as nx
from pydantic import ValidationError

from engine.block import Block, BlockCatalogue, IsTemplate, Trigger
from engine.condition import Compiled, compile
from engine.document import FunnelDocument, Node
from engine.errors import DocumentError, UnknownBlockError
from engine.template import parse


@dataclass(frozen=True, slots=True)
class ProgramNode:
    """A node ready to run: its number, block, guard and where its ports lead (by number; unwired ports are absent).

    ``incoming`` counts the edges into it; ``upstream`` are the nodes from which it can be reached; ``cyclic`` is true where a
    run can come by twice.
    """

    number: int
    id: str
    block: Block
    exits: Mapping[str, int]
    guard: Compiled | None
    on_error: str
    late_then: str
    late_after: timedelta
    incoming: int
    upstream: frozenset[int]
    cyclic: bool


@dataclass(frozen=True, slots=True)
class Program:
    """A version ready to run.  ``records`` names the facts that its blocks can look at."""

    funnel: str
    nodes: Mapping[int, ProgramNode]
    triggers: tuple[ProgramNode, ...]
    records: frozenset[str]
    paths: frozenset[str]

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


def templates(block: Block) -> Mapping[str, str]:
    """Return the template texts among a block's settings, by field name."""
    found: dict[str, str] = {}
    for name, info in type(block).model_fields.items():
        value = getattr(block, name)
        if isinstance(value, str) and any(isinstance(mark, IsTemplate) for mark in info.metadata):
            found[name] = value
    return found


def build(document: FunnelDocument, numbers: Mapping[str, int], catalogue: BlockCatalogue) -> Program:
    """Return the program of a document whose nodes are numbered by ``numbers`` (node id to number).

    The document has passed the publish checks; what they would refuse raises here.

    Raises:
        DocumentError: a block's settings are wrong, an edge leads nowhere, or a node has no number.
    """
    blocks = {node.id: read_block(node, catalogue) for node in document.nodes}
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(blocks)
    exits: dict[str, dict[str, int]] = {node_id: {} for node_id in blocks}
    for edge in document.edges:
        if edge.source not in blocks or edge.target not in blocks:
            raise DocumentError(f"edge {edge.source}.{edge.port} -> {edge.target}: there is no such node")
        graph.add_edge(edge.source, edge.target)
        exits[edge.source][edge.port] = numbers[edge.target]
    cyclic = {
        node_id
        for component in nx.strongly_connected_components(graph)
        if len(component) > 1 or any(graph.has_edge(node_id, node_id) for node_id in component)
        for node_id in component
    }
    incoming = Counter(edge.target for edge in document.edges)
    nodes = {
        numbers[node.id]: ProgramNode(
            number=numbers[node.id],
            id=node.id,
            block=blocks[node.id],
            exits=exits[node.id],
            guard=compile(node.condition) if node.condition is not None else None,
            on_error=node.on_error.then,
            late_then=node.when_late.then,
            late_after=timedelta(minutes=node.when_late.after_minutes),
            incoming=incoming[node.id],
            upstream=frozenset(numbers[other] for other in nx.ancestors(graph, node.id)) if blocks[node.id].joins else frozenset(),
            cyclic=node.id in cyclic,
        )
        for node in document.nodes
    }
    paths = frozenset(path for node in nodes.values() for path in _paths(node))
    records = frozenset(path.partition(".")[0] for path in paths) | {name for node in nodes.values() for name in node.block.reads}
    triggers = tuple(node for node in nodes.values() if isinstance(node.block, Trigger))
    return Program(document.key, nodes, triggers, records, paths)


def _paths(node: ProgramNode) -> frozenset[str]:
    found = set(node.block.paths())
    if node.guard is not None:
        found |= node.guard.paths
    for text in templates(node.block).values():
        found |= parse(text).paths
    return frozenset(found)
