"""Publish checks of the drawing: nodes, edges and ports, what can be reached, and where a run could walk in circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from engine.block import Block, Trigger
from engine.document import FunnelDocument, Node
from engine.publish_problem import PublishProblem, error, warning
from engine.text import _l, _ln

FAILED = "failed"
SKIPPED = "skipped"
_NAMED_IN_A_MESSAGE = 5


@dataclass(frozen=True)
class Drawing:
    """A document with what could be read of its blocks.

    ``nodes`` holds the first node of each id.  ``types`` lacks the nodes whose type is unknown, ``blocks`` also those whose
    settings are wrong: what depends on them is not judged.  ``graph`` has the edges between existing nodes, with their
    ``port``.
    """

    document: FunnelDocument
    nodes: Mapping[str, Node]
    types: Mapping[str, type[Block]]
    blocks: Mapping[str, Block]
    graph: nx.MultiDiGraph[str]

    @property
    def triggers(self) -> tuple[str, ...]:
        """The ids of the triggers, in the order of the document."""
        return tuple(node for node, type_ in self.types.items() if issubclass(type_, Trigger))

    @cached_property
    def reached(self) -> frozenset[str]:
        """The triggers, and what a way leads to from any of them."""
        found = set(self.triggers)
        for trigger in self.triggers:
            found |= nx.descendants(self.graph, trigger)
        return frozenset(found)

    def wired(self, node: str) -> frozenset[str]:
        """Return the ports of a node that lead to another node."""
        return frozenset(port for port, _ in self.ways(node))

    def ways(self, node: str) -> tuple[tuple[str, str], ...]:
        """Return the (port, target) of every line that leaves a node."""
        return tuple((data["port"], target) for _, target, data in self.graph.out_edges(node, data=True))


def draw(document: FunnelDocument, types: Mapping[str, type[Block]], blocks: Mapping[str, Block]) -> Drawing:
    """Return the drawing of a document."""
    nodes: dict[str, Node] = {}
    for node in document.nodes:
        nodes.setdefault(node.id, node)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(nodes)
    for edge in document.edges:
        if edge.source in nodes and edge.target in nodes:
            graph.add_edge(edge.source, edge.target, port=edge.port)
    return Drawing(document, nodes, types, blocks, graph)


def graph_problems(drawing: Drawing) -> Iterator[PublishProblem]:
    """Yield what is wrong with nodes, edges, ports, reachability and cycles."""
    yield from _double_nodes(drawing)
    yield from _edges(drawing)
    yield from _ports(drawing)
    yield from _reach(drawing)
    yield from _cycles(drawing)


def _double_nodes(drawing: Drawing) -> Iterator[PublishProblem]:
    for node, count in Counter(node.id for node in drawing.document.nodes).items():
        if count > 1:
            yield error(
                "node_double",
                node,
                None,
                _ln(
                    "{count} node has the id {node}",
                    "{count} nodes have the id {node}; give each its own",
                    count,
                    node=node,
                ),
            )


def _edges(drawing: Drawing) -> Iterator[PublishProblem]:
    leads = Counter((edge.source, edge.port) for edge in drawing.document.edges)
    for (source, port), count in leads.items():
        if source in drawing.nodes and count > 1:
            yield error(
                "port_double",
                source,
                port,
                _l("{count} lines leave the port {port}; split the way with a Parallel block", count=count, port=port),
            )
    for edge in drawing.document.edges:
        if edge.source not in drawing.nodes:
            yield error(
                "edge_from_nowhere",
                None,
                None,
                _l("a line leaves {source}.{port}, but there is no node {source}", source=edge.source, port=edge.port),
            )
        elif edge.target not in drawing.nodes:
            yield error(
                "edge_to_nowhere",
                edge.source,
                edge.port,
                _l("the line leads to {target}, but there is no such node", target=edge.target),
            )
        elif issubclass(drawing.types.get(edge.target, Block), Trigger):
            yield error(
                "edge_into_trigger",
                edge.source,
                edge.port,
                _l(
                    "the line leads to the trigger {target}; a trigger only starts runs, so lead it to the block after",
                    target=edge.target,
                ),
            )


def _ports(drawing: Drawing) -> Iterator[PublishProblem]:
    for node, block in drawing.blocks.items():
        ports, wired = block.ports(), drawing.wired(node)
        for port in sorted(wired - _possible(drawing.nodes[node], block)):
            if port == SKIPPED:
                message = _l(
                    "the port skipped is taken only by a node with a condition, or one that is skipped when late"
                )
            elif ports:
                message = _l(
                    "the block {type} has no port {port}; it has {ports}",
                    type=block.key,
                    port=port,
                    ports=", ".join(ports),
                )
            else:
                message = _l("nothing follows the block {type}: it has no ports", type=block.key)
            yield error("port_missing", node, port, message)
        loose = loose_ports(block, wired)
        if loose and (len(loose) > 1 or wired):
            yield warning(
                "port_unwired",
                node,
                None,
                _ln(
                    "nothing follows the port {ports}: a run that leaves by it ends there",
                    "nothing follows the ports {ports}: a run that leaves by one of them ends there",
                    len(loose),
                    ports=", ".join(loose),
                ),
            )


def loose_ports(block: Block, wired: frozenset[str]) -> list[str]:
    """Return the ports that nothing follows.  Where ``failed`` leads nowhere, the run waits for a person: no loose end."""
    return [port for port in block.ports() if port != FAILED and port not in wired]


def _possible(node: Node, block: Block) -> set[str]:
    """Return the ports that a run may leave by, those common to all blocks included."""
    ports = set(block.ports())
    if not isinstance(block, Trigger):
        ports.add(FAILED)
        if not block.joins and (node.condition is not None or node.when_late.then == "skip"):
            ports.add(SKIPPED)
    return ports


def _reach(drawing: Drawing) -> Iterator[PublishProblem]:
    if not drawing.triggers:
        if len(drawing.types) == len(drawing.nodes):
            yield error("trigger_none", None, None, _l("the funnel has no trigger, so nothing would ever start it"))
        return
    for node in drawing.nodes:
        if node not in drawing.reached:
            yield error(
                "node_unreachable", node, None, _l("no way leads here from a trigger; draw one, or remove the node")
            )


def _cycles(drawing: Drawing) -> Iterator[PublishProblem]:
    """Yield the circles that a run could walk without ever resting and without a limit.

    Only the edges are kept that may be left by at once and any number of times; a circle among them has no end.
    """
    restless: nx.DiGraph[str] = nx.DiGraph()
    restless.add_edges_from((source, target) for source, _, target in _restless(drawing))
    place = {node: number for number, node in enumerate(drawing.nodes)}
    for component in nx.strongly_connected_components(restless):
        round_ = sorted(component, key=place.__getitem__)
        if len(round_) > 1 or restless.has_edge(round_[0], round_[0]):
            names = ", ".join(round_[:_NAMED_IN_A_MESSAGE]) + (", ..." if len(round_) > _NAMED_IN_A_MESSAGE else "")
            yield error(
                "cycle_endless",
                round_[0],
                None,
                _l(
                    "a run could go round for ever: {nodes}. Put a wait into the circle, or a Go to with a visit limit; "
                    "one that may be skipped (by a condition, or after an error) does not count",
                    nodes=names,
                ),
            )


def _restless(drawing: Drawing) -> Iterator[tuple[str, str, str]]:
    """Yield (source, port, target) of the lines that may be left by at once and any number of times."""
    for node, block in drawing.blocks.items():
        free = _free_ports(drawing.nodes[node], block, drawing.wired(node))
        yield from ((node, port, target) for port, target in drawing.ways(node) if port in free)


def restless_lines(drawing: Drawing, node: str) -> list[tuple[str, str, str]]:
    """Return the (source, port, target) of lines back to a node, by which a run could go round it for ever."""
    lines = list(_restless(drawing))
    restless: nx.DiGraph[str] = nx.DiGraph()
    restless.add_edges_from((source, target) for source, _, target in lines)
    round_ = next(found for found in nx.strongly_connected_components(restless) if node in found)
    return [(source, port, target) for source, port, target in lines if target == node and source in round_]


def _free_ports(node: Node, block: Block, wired: frozenset[str]) -> frozenset[str]:
    """Return the wired ports by which a run may leave without having rested, and any number of times."""
    if not block.rests and not block.bounded:
        return wired
    main = block.main or next(iter(block.ports()), "next")
    free = {FAILED}
    if node.condition is not None:
        free.add(SKIPPED if SKIPPED in wired else main)
    if node.on_error.then == "continue":
        free.add(main)
    if not block.rests:
        free |= wired - {main}
    return wired & free
