"""Letters: rows of the outbox while they are being sent; claimed by a lease, and settled by what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal

from sqlalchemy import Row, func, or_, select

from crm.access.actor import Actor, ActorKind
from crm.journal import Cause
from crm.settings.mail_server import MailServer, known_mail_server
from crm.tables.accounts import mail_server
from db.sets import in_set
from db.work import Work
from engine.text import _l, packed
from funnels.outbox import note_outcome
from funnels.tables import outbox

BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long after each try the next one comes; after the last there is none."""
LEASE = timedelta(minutes=3)
"""Longer than any sending takes: who has not settled a letter by then is dead."""
_LONGEST_WAIT = timedelta(hours=2)
_MINUTE = timedelta(minutes=1)

Outcome = Literal["sent", "again", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed row.  ``started_at`` is its fence: no other try of it began at that moment.  ``server`` is for e-mails."""

    row: Row[Any] = field(repr=False)
    started_at: datetime
    server: MailServer | None = None

    @property
    def key(self) -> str:
        """What providers drop duplicates by: the same at every try, and in no other installation."""
        return blake2b(f"{self.row.key}@{self.row.created_at.isoformat()}".encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a try.  ``result`` is kept with the row; ``again_after`` is what the other side asked for."""

    outcome: Outcome
    result: dict[str, Any]
    again_after: timedelta | None = None


def claim(work: Work, channel: str) -> Letter | None:
    """Take the next letter of a channel that is due; ``None`` where there is none, or no more may leave this minute.

    Only the oldest letter of a person is ever taken, so that they arrive in their order; those that nobody waits for any more
    fail untried.  Three queries at most, two more for each of these.
    """
    server = None
    if channel == "email":
        server = _server_with_room(work)
        if server is None:
            return None
    earlier = outbox.alias()
    is_first = ~(
        select(earlier.c.id)
        .where(
            earlier.c.person_id == outbox.c.person_id,
            earlier.c.channel == outbox.c.channel,
            or_(earlier.c.state == "queued", earlier.c.state == "sending"),
            earlier.c.id < outbox.c.id,
        )
        .exists()
    )
    query = (
        select(outbox)
        .where(outbox.c.state == "queued", outbox.c.channel == channel, outbox.c.due_at <= work.now, is_first)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    )
    while True:
        rows = work.rows(query)
        if not rows:
            return None
        row = rows[0]
        if not _is_over(row, work.now):
            break
        _give_up(work, row)
    changes = {
        "state": "sending",
        "attempts": row.attempts + 1,
        "started_at": work.now,
        "lease_until": work.now + LEASE,
    }
    work.execute(outbox.update().where(outbox.c.id == row.id).values(**changes))
    return Letter(row, work.now, server)


def _is_over(row: Row[Any], at: datetime) -> bool:
    """True where nobody waits any more."""
    until = row.payload.get("until")
    return until is not None and at >= datetime.fromisoformat(until)


def _give_up(work: Work, row: Row[Any]) -> None:
    """Let a letter fail untried that nobody waits for any more."""
    result = {"words": packed(_l("it could not be sent in time"))}
    changes = {"state": "failed", "ended_at": work.now, "result": result}
    work.execute(outbox.update().where(outbox.c.id == row.id).values(**changes))
    note_outcome(work, row, is_sent=False, status=None, cause=Cause(Actor(ActorKind.RUN, row.run_id).packed, row.depth))


def _server_with_room(work: Work) -> MailServer | None:
    """Return the mail server where one more e-mail may leave this minute; whoever asks next waits for this claim."""
    if not work.is_sqlite:
        work.rows(select(mail_server.c.id).with_for_update())
    server = known_mail_server(work)
    if server is None:
        return None
    recent = select(func.count()).where(outbox.c.channel == "email", outbox.c.started_at > work.now - _MINUTE)
    return server if work.scalar(recent) < server.per_minute else None


def settle(work: Work, letter: Letter, receipt: Receipt) -> None:
    """Write what came of a try; nothing where somebody else has decided meanwhile."""
    row = letter.row
    mine = (
        outbox.c.id == row.id,
        outbox.c.started_at == letter.started_at,
        or_(outbox.c.state == "sending", outbox.c.state == "unknown"),
    )
    if receipt.outcome == "again" or (receipt.outcome == "unknown" and row.payload.get("may_repeat")):
        due_at = next_try(row, work.now, receipt.again_after)
        if due_at is not None:
            changes = {"state": "queued", "due_at": due_at, "lease_until": None, "result": receipt.result}
            if work.execute(outbox.update().where(*mine).values(**changes)):
                _hold_back(work, row, due_at)
            return
    state = {"again": "failed"}.get(receipt.outcome, receipt.outcome)
    if state == "unknown" and row.payload.get("may_repeat"):
        state = "failed"
    ended_at = None if state == "unknown" else work.now
    changes = {"state": state, "ended_at": ended_at, "lease_until": None, "result": receipt.result}
    if work.execute(outbox.update().where(*mine).values(**changes)) and state != "unknown":
        cause = Cause(Actor(ActorKind.RUN, row.run_id).packed, row.depth)
        note_outcome(work, row, is_sent=state == "sent", status=receipt.result.get("status"), cause=cause)


def next_try(row: Row[Any], now: datetime, again_after: timedelta | None = None) -> datetime | None:
    """Return when a letter is tried again, ``None`` where it is given up: too many tries, or nobody waits any more.

    ``row`` is as it was claimed: its ``attempts`` do not count the try that is over.
    """
    if row.attempts >= len(BACKOFF):
        return None
    due_at = now + max(BACKOFF[row.attempts], min(again_after or timedelta(0), _LONGEST_WAIT))
    return None if _is_over(row, due_at) else due_at


def _hold_back(work: Work, row: Row[Any], due_at: datetime) -> None:
    """Let later letters to the person not be looked at before this one is due."""
    later = outbox.c.person_id == row.person_id, outbox.c.channel == row.channel, outbox.c.state == "queued"
    work.execute(outbox.update().where(*later, outbox.c.due_at < due_at).values(due_at=due_at))


def sweep_letters(work: Work, *, at_start: bool = False) -> int:
    """Find letters whose sender died; returns how many.  Whether they left is not known: they wait for a person.

    Those whose receiver drops duplicates are sent once more.  ``at_start`` says that no other process sends.
    """
    lost = outbox.c.state == "sending"
    if not at_start:
        # One that lasts longer than any taken now is from before the clock was set back.
        lost &= or_(outbox.c.lease_until < work.now, outbox.c.lease_until > work.now + LEASE)
    columns = outbox.c.id, outbox.c.payload, outbox.c.attempts
    rows = work.rows(select(*columns).where(lost).with_for_update(skip_locked=True))
    repeated = [row.id for row in rows if row.payload.get("may_repeat") and row.attempts <= len(BACKOFF)]
    unknown = sorted({row.id for row in rows}.difference(repeated))
    words = {"words": packed(_l("the program ended while this was being sent; nobody knows whether it arrived"))}
    if repeated:
        again = {"state": "queued", "due_at": work.now, "lease_until": None, "result": words}
        work.execute(outbox.update().where(in_set(outbox.c.id, "ids")).values(**again), {"ids": repeated})
    if unknown:
        left = {"state": "unknown", "lease_until": None, "result": words}
        work.execute(outbox.update().where(in_set(outbox.c.id, "ids")).values(**left), {"ids": unknown})
    return len(rows)
