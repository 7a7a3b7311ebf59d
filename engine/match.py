"""Matching: does this event start a run of this trigger, and if not, why not?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.block import Trigger
from engine.condition import Reason
from engine.event import Event
from engine.facts import Facts
from engine.program import Program, ProgramNode

MAX_DEPTH = 8
"""Events that stand behind more funnels than this start nothing: a loop across funnels ends here, visibly."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The event starts a run.  ``facts`` hold the event's own values as the record ``trigger``."""

    facts: Facts


@dataclass(frozen=True, slots=True)
class NotMatched:
    """The event starts nothing: a stable ``code``, words for people, and the condition's reasons where it was the filter."""

    code: str
    message: str
    reason: Reason | None = None


def match(program: Program, node: ProgramNode, event: Event, facts: Facts, now: datetime) -> Matched | NotMatched:
    """Hold an event against a trigger of a program.  Kinds of events the trigger never looks at do not come here."""
    trigger = node.block
    assert isinstance(trigger, Trigger)
    if event.funnel == program.funnel and not trigger.self_caused:
        return NotMatched("self_caused", "the funnel caused the event itself")
    if event.depth >= MAX_DEPTH:
        return NotMatched("too_deep", f"{event.depth} funnels stand behind the event, the limit is {MAX_DEPTH}")
    refused = trigger.accepts(event)
    if refused is not None:
        return NotMatched("settings", refused)
    seen = facts.with_records({"trigger": {**event.data, "kind": event.kind, "origin": event.origin}})
    if node.guard is not None and not node.guard.test(seen, now):
        return NotMatched("filter", "the filter does not hold", node.guard.explain(seen, now))
    return Matched(seen)
