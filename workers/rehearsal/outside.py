"""The outside world as a rehearsal makes it up: messages arrive, requests are answered, and nothing leaves the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, select

from crm.access.actor import Actor, ActorKind
from crm.journal import Cause
from db.types import dumps
from db.work import Work
from funnels.outbox import Channel, note_outcome
from funnels.tables import outbox


@dataclass(frozen=True, slots=True)
class Sending:
    """A message or a request that a run wants to leave: by which channel, for whom, from which node, and what it holds."""

    channel: Channel
    person_id: int
    run_id: int
    node: str
    visit: int
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the outside world makes of it; ``status`` and ``answer`` (plain JSON) are for requests."""

    outcome: Literal["sent", "failed"] = "sent"
    status: int | None = None
    answer: Any = None


Outside = Callable[[Sending], Verdict]

ARRIVED: Final = Verdict()
ANSWERED: Final = Verdict(status=200, answer={})


def kind(sending: Sending) -> Verdict:
    """The outside world at its best: every message arrives, every request is answered with 200 and an empty object."""
    return ANSWERED if sending.channel == "http" else ARRIVED


def unkind(sending: Sending) -> Verdict:
    """The outside world at its worst: no message arrives, every request is answered with 500."""
    return Verdict("failed", 500 if sending.channel == "http" else None)


def deliver(work: Work, outside: Outside) -> int:
    """Let the outside world take all that wants to leave now; returns how much there was.  A fixed number of statements."""
    query = select(outbox).where(outbox.c.state == "queued", outbox.c.due_at <= work.now).order_by(outbox.c.id)
    rows = work.rows(query)
    changes = []
    for row in rows:
        verdict = outside(_sending(row))
        result = {"status": verdict.status, "answer": verdict.answer} if row.channel == "http" else {}
        changes.append((row.id, verdict.outcome, 1, work.now, work.now, dumps(result)))
        cause = Cause(Actor(ActorKind.RUN, row.run_id).packed, row.depth)
        note_outcome(work, row, is_sent=verdict.outcome == "sent", status=verdict.status, cause=cause)
    work.update(outbox, ("id",), ("state", "attempts", "started_at", "ended_at", "result"), changes)
    return len(rows)


def _sending(row: Row[Any]) -> Sending:
    return Sending(row.channel, row.person_id, row.run_id, row.node, row.visit, row.payload)
