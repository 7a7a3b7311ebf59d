"""A whole funnel in plain language: numbered steps in the order in which people come by them, and where each leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from blocks.catalogue import block_type
from crm.directory import Directory
from engine.block import Block, Trigger
from engine.document import FunnelDocument, Node
from engine.text import LazyText, _l
from funnels.words import values
from funnels.words.names import port_name
from funnels.words.sentences import sentence


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a reading; ``depth`` says how far it is moved in: 0 for a step, 1 for what belongs to it."""

    text: LazyText | str
    depth: int = 0
    node: str = ""


def reading(document: FunnelDocument, settings: Directory) -> tuple[Line, ...]:
    """Return a funnel in words, the same for the same document: its triggers, its steps, and last what nothing leads to."""
    nodes = {node.id: node for node in document.nodes}
    blocks = {name: block_of(node) for name, node in nodes.items()}
    ways = _ways(document, blocks)
    triggers = [name for name, node in nodes.items() if _starts(node)]
    order = _order(triggers, ways)
    apart = [name for name in nodes if name not in order]
    numbers = {name: number for number, name in enumerate(one for one in (*order, *apart) if one not in triggers)}
    lines = [Line(_l("“{name}”", name=document.name))]
    lines += [Line(document.note)] if document.note else []
    for name in triggers:
        lines += _starting(nodes[name], blocks[name], settings, ways[name], numbers)
    for name in order:
        if name not in triggers:
            lines += _step(nodes[name], blocks[name], settings, ways[name], numbers)
    if apart:
        lines.append(Line(_l("Nothing leads to these:")))
        for name in apart:
            lines += _step(nodes[name], blocks[name], settings, ways[name], numbers)
    return tuple(lines)


def block_of(node: Node) -> Block | None:
    """Return a node's block with its settings; ``None`` where they cannot be read, or there is no such block."""
    kind = block_type(node.type)
    try:
        return kind.model_validate(node.config) if kind is not None else None
    except ValidationError:
        return None


def name_of(node: Node) -> LazyText | str:
    """Return what a node is called: its title, else that of its block."""
    kind = block_type(node.type)
    return node.title or (kind.title if kind is not None else node.type)


def does(node: Node, block: Block | None, settings: Directory) -> LazyText | str:
    """Return what a node is and does: ``Create a task: Call · 1 day after coming into the stage``."""
    name = name_of(node)
    if block is None:
        return _l("{name}: its settings cannot be read", name=name)
    words = sentence(block, settings)
    return _l("{name}: {what}", name=name, what=words) if words else name


def _starts(node: Node) -> bool:
    kind = block_type(node.type)
    return kind is not None and issubclass(kind, Trigger)


_FOR_A_PERSON: Final = frozenset({"failed"})
"""Ports by which nobody goes on where they lead nowhere: the run waits for a person."""
_Ways = Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""The ports of each node in the order of its form, with the nodes that each leads to."""


def _ways(document: FunnelDocument, blocks: Mapping[str, Block | None]) -> _Ways:
    wired: dict[str, dict[str, list[str]]] = {name: {} for name in blocks}
    for edge in document.edges:
        if edge.source in wired and edge.target in wired:
            wired[edge.source].setdefault(edge.port, []).append(edge.target)
    found = {}
    for name, block in blocks.items():
        own = [port for port in block.ports() if port not in _FOR_A_PERSON] if block is not None else []
        ports = [*own, *sorted(wired[name])]
        found[name] = tuple((port, tuple(wired[name].get(port, ()))) for port in dict.fromkeys(ports))
    return found


def _order(triggers: list[str], ways: _Ways) -> dict[str, None]:
    """Return what can be come to, each way followed to its end before the next one is."""
    order: dict[str, None] = {}
    waiting = list(reversed(triggers))
    while waiting:
        name = waiting.pop()
        if name not in order:
            order[name] = None
            waiting += [target for _, targets in reversed(ways[name]) for target in reversed(targets)]
    return order


def _starting(
    node: Node,
    block: Block | None,
    settings: Directory,
    ways: tuple[tuple[str, tuple[str, ...]], ...],
    numbers: Mapping[str, int],
) -> Iterator[Line]:
    yield Line(_l("Starts: {what}", what=does(node, block, settings)), node=node.id)
    if node.condition is not None:
        words = values.condition(node.condition, settings)
        yield Line(_l("only if {condition}", condition=words), 1, node.id)
    for _, targets in ways:
        for target in targets:
            if numbers.get(target):
                yield Line(_l("goes on with {number}", number=numbers[target] + 1), 1, node.id)


def _step(
    node: Node,
    block: Block | None,
    settings: Directory,
    ways: tuple[tuple[str, tuple[str, ...]], ...],
    numbers: Mapping[str, int],
) -> Iterator[Line]:
    number = numbers[node.id]
    yield Line(_l("{number}. {what}", number=number + 1, what=does(node, block, settings)), node=node.id)
    if node.condition is not None:
        words = values.condition(node.condition, settings)
        yield Line(_l("only if {condition}, else it is passed over", condition=words), 1, node.id)
    wired = [(port, target) for port, targets in ways for target in targets]
    if not wired:
        yield Line(_l("the end"), 1, node.id)
    elif len(ways) == 1 and [numbers.get(target) for _, target in wired] == [number + 1]:
        return  # simply the next step
    else:
        for port, targets in ways:
            yield Line(_way(port, targets, numbers), 1, node.id)


def _way(port: str, targets: tuple[str, ...], numbers: Mapping[str, int]) -> LazyText:
    name = port_name(port)
    if not targets:
        return _l("{port}: the end", port=name)
    if targets[0] not in numbers:
        return _l("{port}: to a trigger", port=name)
    return _l("{port}: go on with {number}", port=name, number=numbers[targets[0]] + 1)
