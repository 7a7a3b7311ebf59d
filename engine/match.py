"""Matching: does this event start a run of this trigger, and if not, why not?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.block import Trigger
from engine.condition import Reason
from engine.event import Event
from engine.facts import Facts, Record
from engine.outcome import Awaited
from engine.program import Program, ProgramNode

MAX_DEPTH = 8
"""Events that stand behind more funnels than this start nothing: a loop across funnels ends here, visibly."""


@dataclass(frozen=True, slots=True)
class NotMatched:
    """The event starts nothing: a stable ``code``, words for people, and the condition's reasons where it was the filter."""

    code: str
    message: str
    reason: Reason | None = None


def told(event: Event) -> Record:
    """Return the event's own values, as blocks see them in the record ``trigger``."""
    return {**event.data, "kind": event.kind, "origin": event.origin, "occurred_at": event.occurred_at}


def match(program: Program, node: ProgramNode, event: Event, facts: Facts, now: datetime) -> NotMatched | None:
    """Hold an event against a trigger of a program; ``None`` where it starts a run.

    ``facts`` are its subject's; the filter sees what the event ``told`` beside them.  Kinds of events the trigger never looks at
    do not come here.
    """
    trigger = node.block
    assert isinstance(trigger, Trigger)
    if event.funnel == program.funnel and not trigger.self_caused:
        return NotMatched("self_caused", "the funnel caused the event itself")
    if event.depth >= MAX_DEPTH:
        return NotMatched("too_deep", f"{event.depth} funnels stand behind the event, the limit is {MAX_DEPTH}")
    refused = trigger.accepts(event)
    if refused is not None:
        return NotMatched("settings", refused)
    if node.guard is None:
        return None
    seen = facts.with_records({"trigger": told(event)})
    if node.guard.test(seen, now):
        return None
    return NotMatched("filter", "the filter does not hold", node.guard.explain(seen, now))


def awaited(waits: Sequence[Awaited], event: Event, *, deal_id: int | None) -> Awaited | None:
    """Return the first of a rest's awaited events that ``event`` is, ``None`` where it is none of them.

    The event is of the run's person; ``deal_id`` is the run's deal, for those that wait for events about it.
    """
    return next((wait for wait in waits if _is(wait, event, deal_id)), None)


def _is(wait: Awaited, event: Event, deal_id: int | None) -> bool:
    if wait.kind != event.kind:
        return False
    if wait.about == "deal":
        deal = event.subject_id if event.subject_kind == "deal" else event.data.get("deal")
        if deal is None or deal != deal_id:
            return False
    return all(event.data.get(key) == value for key, value in (wait.where or {}).items())
