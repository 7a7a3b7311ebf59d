"""A walker: one run on its way through a batch, from what was read of it to what will be written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from crm.access.actor import Actor, ActorKind
from crm.conditions.facts import Subject
from crm.journal import Cause
from db.types import dumps
from engine.event import SUBJECT_KINDS, Event, SubjectKind
from engine.facts import Facts
from engine.outcome import Answered, Happened, Signal
from engine.program import Program
from engine.request import DONE, Result
from engine.standing import Advance, Arrival, Failure, Rest, Standing
from funnels.programs import Published

_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_NOWHERE = frozenset[str]()
_FRESH = Standing()
WAITING, PARKED, COMPLETED, CANCELLED = 1, 2, 10, 11


@dataclass(slots=True, init=False, eq=False)
class Walker:
    """A run in a batch.

    ``lead_id`` and ``deal_id`` are the records it is with now.  ``trigger`` and ``variables`` are its own values; ``changed`` is
    what its event changed, with the values before; ``visited`` are the ids of the nodes it has been at, where its program asks.
    ``signals`` are for nodes that a person set going again: the event that came, or that the node is skipped.  ``taken`` are the
    tokens that arrive and leave their places; ``tokens`` all others at rest, by id, with their nodes.  A new run has ``begun``
    with the step of its trigger.  What a walk came to is gathered in ``parts``, of which ``last`` is the last; runs that walk
    alike share them.  ``facts`` are what is known by then.  ``cause`` is the run as the cause of what it does, ``program`` the
    version it walks.
    """

    run_id: int
    of: Published
    person_id: int
    subject_kind: int
    subject_id: int
    is_new: bool
    depth: int
    fence: int
    event_id: int | None
    enrol_key: int | None
    keeps_enrolment: bool
    lead_id: int | None
    deal_id: int | None
    trigger: Mapping[str, Any]
    variables: Mapping[str, Any]
    changed: Mapping[str, Any]
    visited: frozenset[str]
    signals: dict[int, Signal]
    standing: Standing
    begun: tuple[tuple[int, str], ...]
    arrivals: tuple[Arrival, ...]
    taken: tuple[int, ...]
    left_nodes: tuple[int, ...]
    tokens: Mapping[int, int]
    facts: Facts | None
    parts: tuple[Advance, ...]
    last: Advance | None
    failure: Failure | None
    cause: Cause
    program: Program

    def __init__(
        self,
        run_id: int,
        of: Published,
        person_id: int,
        subject_kind: int,
        subject_id: int,
        *,
        is_new: bool,
        depth: int,
        event_id: int | None,
        enrol_key: int | None,
        fence: int = 1,
    ) -> None:
        self.run_id = run_id
        self.of = of
        self.person_id = person_id
        self.subject_kind = subject_kind
        self.subject_id = subject_id
        self.is_new = is_new
        self.depth = depth
        self.fence = fence
        self.event_id = event_id
        self.enrol_key = enrol_key
        self.keeps_enrolment = False
        self.lead_id = self.deal_id = None
        self.trigger = self.variables = self.changed = _NOTHING
        self.visited = _NOWHERE
        self.signals = {}
        self.standing = _FRESH
        self.begun = self.arrivals = self.taken = self.left_nodes = ()
        self.tokens = _NOTHING
        self.facts = self.last = self.failure = None
        self.parts = ()
        self.cause = Cause(run_id * 16 + 2, depth + 1)  # 2: ActorKind.RUN, once per run
        self.program = of.program

    @property
    def steps(self) -> list[tuple[int, str]]:
        """The steps of its walk, in order."""
        return [*self.begun, *(step for part in self.parts for step in part.steps)]

    @property
    def subject(self) -> Subject:
        """Whom its facts are about."""
        return Subject(self.person_id, self.lead_id, self.deal_id)

    @property
    def kind(self) -> SubjectKind:
        """The kind of record it is the walk of."""
        return SUBJECT_KINDS[self.subject_kind]

    def see(self, facts: Facts) -> None:
        """Take the facts of its subject, with its own values beside them."""
        run_values = {"id": self.run_id, "visited": self.visited}
        own: dict[str, Any] = {**facts.records, "variable": self.variables, "run": run_values}
        if self.trigger:
            own["trigger"] = self.trigger
        if self.changed:
            own["changed"] = self.changed
        self.facts = Facts(own)

    def state(self) -> str | None:
        """Return what it must remember between batches, as compact JSON; ``None`` for nothing."""
        kept: dict[str, Any] = {}
        if self.lead_id is not None and self.kind != "lead":
            kept["lead"] = self.lead_id
        if self.deal_id is not None and self.kind != "deal":
            kept["deal"] = self.deal_id
        if self.keeps_enrolment:
            kept["once"] = True
        if self.trigger:
            kept["trigger"] = self.trigger
        if self.changed:
            kept["changed"] = self.changed
        if self.variables:
            kept["variables"] = self.variables
        if self.visited:
            kept["visited"] = sorted(self.visited)
        if self.failure is not None and (happened := self._unanswered()):
            kept["happened"] = happened
        if self.standing.visits:
            kept["visits"] = self.standing.visits
        if self.standing.joined:
            kept["joined"] = self.standing.joined
        return dumps(kept) if kept else None

    def remember(self, state: str | None) -> None:
        """Take back what ``state`` kept."""
        kept = json.loads(state) if state else {}
        self.lead_id = self.subject_id if self.kind == "lead" else kept.get("lead")
        self.deal_id = self.subject_id if self.kind == "deal" else kept.get("deal")
        self.keeps_enrolment = kept.get("once", False)
        trigger = kept.get("trigger", {})
        if "occurred_at" in trigger:
            trigger["occurred_at"] = datetime.fromisoformat(trigger["occurred_at"])
        self.trigger = trigger
        self.changed = kept.get("changed", {})
        self.visited = frozenset(kept.get("visited", ()))
        self.signals = {int(node): _happened(*one) for node, one in kept.get("happened", {}).items()}
        self.signals |= {node: Answered(Result(DONE)) for node in kept.get("skip", ())}
        self.variables = kept.get("variables", {})
        self.standing = Standing(
            {int(node): count for node, count in kept.get("visits", {}).items()},
            {int(node): count for node, count in kept.get("joined", {}).items()},
        )

    def absorb(self, advance: Advance, facts: Facts) -> None:
        """Take in what one part of the walk came to."""
        self.parts = (*self.parts, advance)
        self.last = advance
        self.failure = advance.failure
        self.standing = advance.standing
        self.facts = facts
        records = facts.records
        if "variable" in records:
            self.variables = records["variable"]
        if self.program.tracks_visits:
            been = records.get("run", {}).get("visited")
            self.visited = been if isinstance(been, frozenset) else self.visited
        deal = records.get("deal")
        if deal is not None:
            deal_id = deal["id"]
            assert isinstance(deal_id, int)
            self.deal_id = deal_id

    def woken_by(self, event: Event) -> None:
        """Count an event that ended a wait as standing behind what the run does next."""
        self.cause = Cause(self.cause.caused_by, max(self.depth, event.depth) + 1)

    def _unanswered(self) -> dict[int, tuple[str, Event]]:
        """Return the events that ended waits in a walk which came to nothing: they are not told again."""
        answered = {node for node, _ in self.steps}
        return {
            one.node: (one.signal.port, one.signal.event)
            for one in self.arrivals
            if isinstance(one.signal, Happened) and one.node not in answered
        }

    @property
    def is_resting(self) -> bool:
        """True where ``rests`` are some."""
        return self.failure is not None or (self.last is not None and bool(self.last.rests))

    def rests(self) -> list[Rest]:
        """Return where its tokens rest from now on, beside those that were not touched; a failed token rests too."""
        assert self.last is not None
        found = list(self.last.rests)
        if self.failure is not None:
            found.append(Rest(self.failure.node, None, arriving=not self.failure.woken))
        return found


def _happened(port: str, event: Sequence[Any]) -> Happened:
    told = Event(*event)
    return Happened(told._replace(occurred_at=datetime.fromisoformat(str(told.occurred_at))), port)


RUNS = Actor(ActorKind.RUN)
"""Runs act as the system; each change names its own run as its cause."""
