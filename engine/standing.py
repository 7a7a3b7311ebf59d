"""Where a run stands, and what a walk came to: plain values that the runner keeps in tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from engine.effect import Effect
from engine.facts import Facts
from engine.outcome import Awaited, Signal
from engine.request import Request


class Arrival(NamedTuple):
    """A token that has something to do: at ``node``, newly come (no signal) or woken.  ``due_at`` is when it meant to wake."""

    node: int
    signal: Signal | None = None
    due_at: datetime | None = None


class Rest(NamedTuple):
    """A place where a token rests.  ``due_at`` and ``events`` end the rest; a join's may have neither.

    ``arriving`` is true where the node has not been asked yet: the token is due at once, and goes on as an ``Arrival``
    without a signal whenever the run is walked again.
    """

    node: int
    due_at: datetime | None = None
    events: tuple[Awaited, ...] = ()
    arriving: bool = False


class Standing(NamedTuple):
    """What a run remembers between walks.

    ``visits`` counts visits of nodes on cycles, and of those that send messages.  ``joined`` counts the branches that came to a
    join which waits for more; -1 is a join that went on, where those still to come are swallowed.  ``resting`` are the nodes
    where the run's other tokens rest: those that arrive in this walk are not among them.
    """

    visits: Mapping[int, int] = MappingProxyType({})
    joined: Mapping[int, int] = MappingProxyType({})
    resting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run stands still and waits for a person.

    Its token is at ``node``; ``woken`` says that it failed on the end of a rest, so that going on means ``TimedOut`` there,
    and not to arrive and wait once more.
    """

    node: int
    code: str
    message: str
    woken: bool = False


class Ask(NamedTuple):
    """A request that must be answered before the walk goes on at ``node``."""

    node: int
    request: Request


@dataclass(slots=True)
class Advance:
    """What a walk came to.

    ``effects`` carry the index of their step, those of a rest that of the step that comes next.  ``steps`` are (node, port) in
    order.  ``rests`` are new places of rest; ``dropped`` are nodes whose earlier resting tokens are gone.  ``ask`` with
    ``arrivals`` is where to go on once the command answered.  ``outcome`` is set when the run is over, and then no token is
    left.  In ``standing`` all places of rest, old and new, are ``resting``.  ``by_chance`` says that
    a draw took part.
    """

    facts: Facts
    standing: Standing
    effects: list[tuple[int, Effect]] = field(default_factory=list)
    steps: list[tuple[int, str]] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    ask: Ask | None = None
    arrivals: tuple[Arrival, ...] = ()
    outcome: str | None = None
    failure: Failure | None = None
    by_chance: bool = False
    walk: object = field(default=None, repr=False, compare=False)  # where ``resume`` can go on without beginning anew
