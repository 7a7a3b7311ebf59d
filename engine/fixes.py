"""Quick fixes: for a problem that the publish checks found, what would put it right, as changes of the document.

A fix is offered only where it is plain what was meant: the loose port and the block that nobody leads to, the one plan there is,
the name that is nearly right.  Every fix takes its problem away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.block import BlockCatalogue, Trigger
from engine.changing import AddNode, Change, Connect, Disconnect, Fix, RemoveNode, SetValue
from engine.checks_graph import FAILED, Drawing, draw, loose_ports, restless_lines
from engine.checks_settings import read_blocks
from engine.document import FunnelDocument
from engine.fixes_settings import Offers, settings_fixes
from engine.publish_problem import PublishProblem
from engine.text import LazyText, _l

_EXIT: Final = "logic.exit"
_WAIT: Final = "wait.duration"
_GO_TO: Final = "logic.go_to"
_PARALLEL: Final = "logic.parallel"
_WINDOW: Final = "logic.time_window"
_BEGINS: Final = "trigger.lead_created"
_MOST_BRANCHES: Final = 20
_DAY: Final[Mapping[str, Any]] = {"lasting": {"amount": 1, "unit": "days"}}


@dataclass(frozen=True, slots=True)
class Scene:
    """The document that the problems were found in, as the fixes look at it."""

    drawing: Drawing
    catalogue: BlockCatalogue
    offers: Offers

    def name(self, node: str) -> str:
        """Return what people call a node."""
        placed = self.drawing.nodes.get(node)
        type_ = self.drawing.types.get(node)
        return (placed.title if placed is not None else None) or (type_.title if type_ is not None else node)

    def new(self, type_: str, config: Mapping[str, Any] | None = None, near: str = "") -> AddNode:
        """Return the placing of a new block, with an id that nobody has."""
        base = type_.replace(".", "_")
        id_, number = base, 2
        while id_ in self.drawing.nodes:
            id_, number = f"{base}_{number}", number + 1
        return AddNode(id_, type_, config or {}, near)

    def leads_out(self, node: str) -> str:
        """Return the port by which a node whose settings are right goes on; empty where it has none."""
        return next(iter(self.drawing.blocks[node].ports()), "")


def with_fixes(
    problems: Sequence[PublishProblem], document: FunnelDocument, catalogue: BlockCatalogue, offers: Offers
) -> tuple[PublishProblem, ...]:
    """Return the problems in their order, each with what would put it right."""
    read = read_blocks(document, catalogue)
    scene = Scene(draw(document, read.types, read.blocks), catalogue, offers)
    return tuple(replace(one, fixes=tuple(_fixes(one, scene))) for one in problems)


def _fixes(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    of_graph = _OF_GRAPH.get(problem.code)
    if of_graph is not None:
        yield from of_graph(problem, scene)
    elif problem.node is not None and problem.field is not None:
        yield from settings_fixes(problem, scene.drawing, scene.offers)


def _loose(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Lead loose ports to the one block that nobody leads to, or to an end."""
    node = problem.node or ""
    block = scene.drawing.blocks[node]
    ports = loose_ports(block, scene.drawing.wired(node))
    alone = [one for one in _heads(scene) if one != node]
    if len(alone) == 1:
        yield Fix(
            _l("Lead “{port}” to “{node}”", port=scene.offers.port(ports[0]), node=scene.name(alone[0])),
            (Connect(node, ports[0], alone[0]),),
        )
    end = next((one for one, placed in scene.drawing.nodes.items() if placed.type == _EXIT and one != node), "")
    made: list[Change] = []
    if not end:
        added = scene.new(_EXIT, near=node)
        made, end = [added], added.id
    yield Fix(_l("Lead it to an end"), (*made, *(Connect(node, port, end) for port in ports)))


def _unreachable(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Lead the one loose way here, or remove the block."""
    node = problem.node or ""
    if node in _heads(scene):
        free = [
            (one, port)
            for one, block in scene.drawing.blocks.items()
            if one != node and _is_reached(scene, one)
            for port in block.ports()
            if port not in scene.drawing.wired(one) and port != FAILED
        ]
        if len({one for one, _ in free}) == 1:
            source, port = free[0]
            yield Fix(
                _l("Lead “{port}” of “{node}” here", port=scene.offers.port(port), node=scene.name(source)),
                (Connect(source, port, node),),
            )
    yield Fix(_l("Remove the block"), (RemoveNode(node),))


def _is_reached(scene: Scene, node: str) -> bool:
    return node in scene.drawing.reached


def _heads(scene: Scene) -> list[str]:
    """Return the blocks, other than triggers, that no line leads to."""
    return [
        node
        for node, type_ in scene.drawing.types.items()
        if not issubclass(type_, Trigger) and not scene.drawing.graph.in_degree(node)
    ]


def _wrong_line(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Remove lines that lead from or to what is not there; where the port alone is wrong, lead the line from the main one."""
    node, port = problem.node, problem.field
    edges = [
        edge
        for edge in scene.drawing.document.edges
        if (edge.source == node and edge.port == port) or (node is None and edge.source not in scene.drawing.nodes)
    ]
    if problem.code == "port_missing" and node is not None and len(edges) == 1:
        main = scene.leads_out(node)
        if main and main not in scene.drawing.wired(node):
            yield Fix(
                _l("Lead it from “{port}”", port=scene.offers.port(main)),
                (_without(edges[0]), Connect(node, main, edges[0].target)),
            )
    if problem.code in ("edge_to_nowhere", "edge_into_trigger"):
        edges = [edge for edge in edges if not _is_good(edge.target, scene)]
    yield Fix(_l("Remove the line"), tuple(_without(edge) for edge in edges))


def _is_good(target: str, scene: Scene) -> bool:
    return target in scene.drawing.nodes and target not in scene.drawing.triggers


def _without(edge: Any) -> Disconnect:
    return Disconnect(edge.source, edge.port, edge.target)


def _double_lines(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Go all the ways at once, or the first of them only."""
    node, port = problem.node or "", problem.field or ""
    edges = [edge for edge in scene.drawing.document.edges if (edge.source, edge.port) == (node, port)]
    targets = list(dict.fromkeys(edge.target for edge in edges))
    if 2 <= len(targets) <= _MOST_BRANCHES:
        split = scene.new(_PARALLEL, {"branches": len(targets)} if len(targets) > 2 else {}, node)
        branches = (Connect(split.id, f"branch_{number}", target) for number, target in enumerate(targets, 1))
        yield Fix(_l("Go all the ways at once"), (split, Connect(node, port, split.id), *branches))
    yield Fix(_l("Keep only the way to “{node}”", node=scene.name(targets[0])), (Connect(node, port, targets[0]),))


def _no_trigger(_problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Begin with new leads."""
    type_, heads = scene.catalogue(_BEGINS), _heads(scene)
    start = scene.new(_BEGINS, near=heads[0] if heads else "")
    lines = [Connect(start.id, "next", head) for head in heads[:1]]
    yield Fix(_l("Begin with “{block}”", block=type_.title if type_ is not None else _BEGINS), (start, *lines))


def _endless(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Put a limit, or a wait, into the lines that lead back."""
    back = restless_lines(scene.drawing, problem.node or "")
    for type_, config, title in (
        (_GO_TO, {}, _l("Go round at most three times")),
        (_WAIT, _DAY, _l("Wait a day each time round")),
    ):
        new = scene.new(type_, config, back[0][0])
        lines = (Connect(source, port, new.id) for source, port, _ in back)
        yield Fix(title, (new, *lines, Connect(new.id, "next", problem.node or "")))


def _join_condition(problem: PublishProblem, _scene: Scene) -> Iterator[Fix]:
    yield Fix(_l("Remove the condition"), (SetValue(problem.node or "", ("condition",)),))


def _join(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Take the join out of the way: what led to it leads on."""
    node = problem.node or ""
    block = scene.drawing.blocks[node]
    if getattr(block, "number", None) is not None and len(scene.drawing.graph.in_edges(node)) > 1:
        yield Fix(
            _l("Wait for all that come"),
            (SetValue(node, ("config", "number")), SetValue(node, ("config", "wait_for"))),
        )
    onward = [target for port, target in scene.drawing.ways(node) if port == scene.leads_out(node)]
    into = [(edge.source, edge.port) for edge in scene.drawing.document.edges if edge.target == node]
    if len(onward) == 1 and onward[0] != node:
        lines = (Connect(source, port, onward[0]) for source, port in into if source != node)
        yield Fix(_l("Take it out: the ways come together without it"), (*lines, RemoveNode(node)))


def _remove(title: LazyText) -> Callable[[PublishProblem, Scene], Iterable[Fix]]:
    return lambda problem, _scene: (Fix(title, (RemoveNode(problem.node or ""),)),)


def _at_night(problem: PublishProblem, scene: Scene) -> Iterator[Fix]:
    """Put working hours before it."""
    node = problem.node or ""
    into = [edge for edge in scene.drawing.document.edges if edge.target == node]
    new = scene.new(_WINDOW, near=into[0].source)
    lines = (Connect(edge.source, edge.port, new.id) for edge in into)
    yield Fix(_l("Wait for working hours before it"), (new, *lines, Connect(new.id, "next", node)))


_OF_GRAPH: Final[Mapping[str, Callable[[PublishProblem, Scene], Iterable[Fix]]]] = {
    "port_unwired": _loose,
    "node_unreachable": _unreachable,
    "port_missing": _wrong_line,
    "edge_from_nowhere": _wrong_line,
    "edge_to_nowhere": _wrong_line,
    "edge_into_trigger": _wrong_line,
    "port_double": _double_lines,
    "trigger_none": _no_trigger,
    "trigger_double": _remove(_l("Remove the second one")),
    "cycle_endless": _endless,
    "join_condition": _join_condition,
    "join_incomplete": _join,
    "block_unknown": _remove(_l("Remove the block")),
    "message_any_hour": _at_night,
}
