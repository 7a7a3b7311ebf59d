"""Funnels among others: what several of them write, and circles in which one starts the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Final

import networkx as nx

from engine.block import BlockCatalogue, Trigger
from engine.checks_graph import draw
from engine.checks_settings import read_blocks
from engine.document import FunnelDocument
from engine.event import EVENT_KINDS, Event
from engine.publish_problem import PublishProblem, warning
from engine.text import LazyText, _l
from engine.writes import Caused, Write

_ANY_MOMENT: Final = datetime(2000, 1, 3, tzinfo=UTC)
_NAMED: Final = 3
_FOLLOW: Final = {kind: frozenset({kind, "deal.won", "deal.lost"}) for kind in ("deal.created", "deal.moved")}
"""The kinds of events that may follow from one that a block causes."""


@dataclass(frozen=True, slots=True)
class PlanStages:
    """The stages of a plan by key, and those that win or lose a deal."""

    stages: tuple[str, ...]
    first: str
    won: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Touches:
    """What a funnel writes, what it causes and what starts it, by the nodes that do it: of those that can be reached."""

    key: str
    name: str
    writes: tuple[tuple[str, Write], ...]
    causes: tuple[tuple[str, Caused], ...]
    triggers: tuple[tuple[str, Trigger], ...]


def touches(document: FunnelDocument, catalogue: BlockCatalogue) -> Touches:
    """Return what a funnel has to do with others; blocks that cannot be read are left out."""
    read = read_blocks(document, catalogue)
    drawing = draw(document, read.types, read.blocks)
    done = {node: block for node, block in read.blocks.items() if node in drawing.reached}
    return Touches(
        document.key,
        document.name,
        tuple((node, write) for node, block in done.items() for write in block.writes()),
        tuple((node, caused) for node, block in done.items() for caused in block.causes()),
        tuple((node, block) for node, block in done.items() if isinstance(block, Trigger)),
    )


def clashes(own: Touches, others: Sequence[Touches], plans: Mapping[str, PlanStages]) -> Iterator[PublishProblem]:
    """Yield warnings about a funnel among others that run: what several write, and who starts whom in a circle."""
    yield from _collisions(own, others)
    yield from _of_itself(own, plans)
    yield from _circles(own, others, plans)


def _collisions(own: Touches, others: Sequence[Touches]) -> Iterator[PublishProblem]:
    for node, write in dict.fromkeys(own.writes):
        found = [one for one in others if any(_collide(write, other) for _, other in one.writes)]
        if found:
            yield _about(found, "also_written", node, _collision(write, _names(found)))


def _collide(one: Write, other: Write) -> bool:
    if one.what != other.what:
        return False
    match one.what:
        case "stage":
            return one.of == other.of if one.of and other.of else one.key == other.key
        case "tag":
            return (one.of, one.key) == (other.of, other.key) and one.takes_off != other.takes_off
        case _:
            return (one.of, one.key) == (other.of, other.key)


def _collision(write: Write, names: str) -> LazyText:
    match write.what:
        case "stage":
            return _l("deals of the same plan are moved by others, too: {funnels}; the last one wins", funnels=names)
        case "owner":
            return _l("others give it to a manager, too: {funnels}; the last one wins", funnels=names)
        case "tag" if write.takes_off:
            return _l("the tag {tag} is put on by others: {funnels}", tag=write.key, funnels=names)
        case "tag":
            return _l("the tag {tag} is taken off by others: {funnels}", tag=write.key, funnels=names)
        case _:
            path = f"{write.of}.{write.key}"
            return _l("others write {field}, too: {funnels}; the last one wins", field=path, funnels=names)


def _of_itself(own: Touches, plans: Mapping[str, PlanStages]) -> Iterator[PublishProblem]:
    for node, trigger_node, trigger in _starts(own, own, plans):
        if trigger.self_caused:
            message = _l(
                "this starts the funnel again, by {trigger}: it may go round till the limit", trigger=trigger_node
            )
            yield warning("write_restarts", node, None, message)
        else:
            message = _l(
                "this would start the funnel again, by {trigger}, but a funnel does not answer to what it does itself",
                trigger=trigger_node,
            )
            yield warning("write_ignored", node, None, message)


def _circles(own: Touches, others: Sequence[Touches], plans: Mapping[str, PlanStages]) -> Iterator[PublishProblem]:
    """Yield the blocks that start another funnel from which, by one step or many, this one is started again."""
    everybody = {one.key: one for one in (*others, own)}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node(own.key)
    asked = [own]
    for one in asked:  # grows by whom it starts: of hundreds of funnels few are
        for other in everybody.values():
            if one is not other and next(_starts(one, other, plans), None) is not None:
                asked += [other] if other.key not in graph else []
                graph.add_edge(one.key, other.key)
    for key in sorted(graph.successors(own.key)):
        if not nx.has_path(graph, key, own.key):
            continue
        way = [everybody[one] for one in nx.shortest_path(graph, key, own.key)[:-1]]
        for node in dict.fromkeys(found[0] for found in _starts(own, everybody[key], plans)):
            message = _l(
                "a circle of funnels: this starts {funnels}, which may start this one again, till the limit",
                funnels=_names(way),
            )
            yield _about(way, "funnels_circle", node, message)


def _starts(one: Touches, other: Touches, plans: Mapping[str, PlanStages]) -> Iterator[tuple[str, str, Trigger]]:
    """Yield (node, trigger's node, trigger) where a write of one funnel may start the other."""
    for node, caused in one.causes:
        for trigger_node, trigger in other.triggers:
            if not trigger.kinds.isdisjoint(_FOLLOW[caused.kind]) and any(
                event.kind in trigger.kinds and trigger.accepts(event) is None
                for event in _events(caused, trigger, plans)
            ):
                yield node, trigger_node, trigger


def _events(caused: Caused, trigger: Trigger, plans: Mapping[str, PlanStages]) -> Iterator[Event]:
    """Yield the events that a write may come to: what is not known is tried with every plan and stage there is."""
    plan = caused.data.get("plan") or trigger.only
    for key, stages in plans.items() if plan is None else ((plan, plans[plan]),) if plan in plans else ():
        if (caused.data.get("stage") or stages.first) not in stages.stages:
            continue
        known = {**caused.data, "plan": key}
        if caused.kind == "deal.created":
            known["stage"] = caused.data.get("stage") or stages.first
        for values in product(*(stages.stages if value is None else (value,) for value in known.values())):
            data = dict(zip(known, values, strict=True))
            won, lost = data.get("stage") in stages.won, data.get("stage") in stages.lost
            for kind in (caused.kind, *(["deal.won"] if won else []), *(["deal.lost"] if lost else [])):
                yield _event(kind, data)


def _event(kind: str, data: Mapping[str, object]) -> Event:
    return Event(0, kind, 0, EVENT_KINDS[kind].subject, 0, data, _ANY_MOMENT, 1, "robot")


def _about(found: Sequence[Touches], code: str, node: str, message: LazyText) -> PublishProblem:
    return PublishProblem("warning", code, node, None, message, tuple((one.key, one.name) for one in found))


def _names(found: Sequence[Touches]) -> str:
    names = ", ".join(f"“{one.name}”" for one in found[:_NAMED])
    return f"{names}, …" if len(found) > _NAMED else names
