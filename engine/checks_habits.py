"""Publish checks of what is allowed and seldom meant: ways nobody takes, waits of years, letters in the middle of the night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import networkx as nx
from pydantic import BaseModel

from engine.checks_graph import Drawing
from engine.duration import Duration
from engine.publish_problem import PublishProblem, warning
from engine.text import _l

_LONG: Final = timedelta(days=366)


def habit_problems(drawing: Drawing) -> Iterator[PublishProblem]:
    """Yield warnings about single blocks and the ways to them."""
    for node, block in drawing.blocks.items():
        for field, port in block.shadowed():
            message = _l("nobody ever leaves by {port}: what would lead there is taken before", port=port)
            yield warning("branch_shadowed", node, field, message)
        for field, lasting in _durations(block, ""):
            if lasting.length > _LONG:
                yield warning("wait_long", node, field, _l("this is longer than a year"))
        if block.waits_days() > _LONG.days:
            yield warning("wait_long", node, "shift", _l("this is longer than a year"))
    yield from _any_hour(drawing)


def _durations(value: object, place: str) -> Iterator[tuple[str, Duration]]:
    """Yield every duration among settings, with its place."""
    if isinstance(value, Duration):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _durations(getattr(value, name), f"{place}.{name}" if place else name)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _durations(item, f"{place}.{number}")


def _any_hour(drawing: Drawing) -> Iterator[PublishProblem]:
    """Yield messages to clients that go out whenever a wait happens to end.

    An answer at once is expected at any hour: it follows what the client did.  After a wait by the clock it may be night, unless
    something on the way from there, or the wait itself, keeps to certain hours.
    """
    writing = [node for node, block in drawing.blocks.items() if block.writes_to_client]
    if not writing:
        return
    blind = {node for node, block in drawing.blocks.items() if block.keeps_hours() is False}
    kept = {node for node, block in drawing.blocks.items() if block.keeps_hours()}
    free: nx.MultiDiGraph[str] = drawing.graph.subgraph(set(drawing.nodes) - kept).copy()
    late = {after for wait in blind for after in nx.descendants(free, wait)}
    for node in writing:
        if node in late:
            yield warning(
                "message_any_hour",
                node,
                None,
                _l("this may go out at any hour, at night too: the wait before it ends by the clock"),
            )
