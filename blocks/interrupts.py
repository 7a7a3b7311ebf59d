"""Interrupts: the events that end a wait before its time, for all blocks that wait for a moment."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from engine.event import EVENT_KINDS
from engine.outcome import Awaited
from engine.setting import EventName
from engine.text import _l

INTERRUPTED: Final = "interrupted"

Interrupts = Annotated[
    tuple[EventName, ...],
    Field(
        max_length=10,
        title=_l("Interrupt on"),
        description=_l("Events that end the wait early; of the deal, its own only"),
    ),
]


def interrupts(kinds: tuple[str, ...]) -> tuple[Awaited, ...]:
    """Return what a wait listens to: events of the run's own deal, else of its person."""
    return tuple(
        Awaited(kind, INTERRUPTED, about="deal" if EVENT_KINDS[kind].subject == "deal" else "person") for kind in kinds
    )
