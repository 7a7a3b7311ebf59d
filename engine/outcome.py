"""Outcomes: the five answers a block can give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from engine.effect import CallHttp, Effect, SendEmail
from engine.event import Event
from engine.request import Request, Result


class Leave(NamedTuple):
    """Go on through ``port``, asking for ``effects``.  ``also`` names further ports: only Parallel splits a token."""

    port: str = "next"
    effects: tuple[Effect, ...] = ()
    also: tuple[str, ...] = ()


About = Literal["person", "deal"]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A kind of event that ends a wait; ``where`` must equal the event's data, key by key.

    ``about`` says whose events count: those of the run's ``person``, or of the very record of that kind that the run is with.
    """

    kind: str
    port: str
    where: Mapping[str, object] | None = None
    about: About = "person"


@dataclass(frozen=True, slots=True)
class Wait:
    """Rest here until a moment (aware UTC), one of some events, or whichever comes first.

    ``for_branches`` is for joins only: the next branch to come ends the rest, too.  ``effects`` are messages whose answers are
    waited for: they are sent as the rest begins.

    Raises:
        ValueError: none is given; such a run could never wake.
    """

    until: datetime | None = None
    events: tuple[Awaited, ...] = ()
    for_branches: bool = False
    effects: tuple[SendEmail | CallHttp, ...] = ()

    def __post_init__(self) -> None:
        if self.until is None and not self.events and not self.for_branches:
            raise ValueError("a wait needs a moment or an event to end it")


@dataclass(frozen=True, slots=True)
class End:
    """The run is over.  ``outcome`` is a word for the statistics: ``done``, ``success``, ``lost`` ..."""

    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Fail:
    """The block cannot do its work: a stable ``code`` and words for a person."""

    code: str
    message: str


class Do(NamedTuple):
    """Ask a command, and leave by the port its answer names."""

    request: Request


Outcome = Leave | Wait | End | Fail | Do


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The moment a wait was for has come."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An awaited event came; the wait ends through ``port``."""

    event: Event
    port: str


class Answered(NamedTuple):
    """A command answered."""

    result: Result


@dataclass(frozen=True, slots=True)
class Merged:
    """A branch reached a join: the ``arrived``-th of this round.  ``coming`` are still on their way and may come too."""

    arrived: int
    coming: int = 0


Signal = TimedOut | Happened | Answered | Merged
