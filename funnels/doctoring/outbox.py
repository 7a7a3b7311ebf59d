"""The outbox: nothing hangs on its way out, and every message is that of a run, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Text, and_, cast, func, not_, or_, select

from crm.journal import LANES
from db.work import Work
from engine.text import _l
from funnels.doctoring.finding import Finding, found
from funnels.tables import outbox, run

_FORGOTTEN = timedelta(minutes=2)
_LATE = timedelta(minutes=15)
_REPORT = _l("this should not happen: keep a copy of the database and report it")


def letters(work: Work) -> list[Finding]:
    """Check that what is being sent has a living sender, that what is due leaves, and that nobody has to decide."""
    return [
        *found(
            work,
            select(outbox.c.id).where(
                outbox.c.state == "sending",
                or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < work.now - _FORGOTTEN),
            ),
            "message_hangs",
            lambda count: _l("messages whose sender seems to be dead: {count}", count=count),
            _l("start a worker: it finds out about them"),
        ),
        *found(
            work,
            select(outbox.c.id).where(outbox.c.state == "queued", outbox.c.due_at < work.now - _LATE),
            "message_late",
            lambda count: _l("messages that should have left by now: {count}", count=count),
            _l("start a worker, and set a mail server in the settings"),
            severity="warning",
        ),
        *found(
            work,
            select(outbox.c.id).where(outbox.c.state == "unknown"),
            "message_unknown",
            lambda count: _l("messages of which nobody knows whether they arrived: {count}", count=count),
            _l("decide in the outbox: they have arrived, or are sent once more, or are given up"),
            severity="warning",
        ),
    ]


def messages(work: Work) -> list[Finding]:
    """Check that every message belongs to a run of its person, has a key of its own, and a state that makes sense."""
    doubles = select(func.max(outbox.c.id)).group_by(outbox.c.key).having(func.count() > 1)
    strangers = (
        select(outbox.c.id)
        .outerjoin(run, run.c.id == outbox.c.run_id)
        .where(or_(run.c.id.is_(None), run.c.person_id != outbox.c.person_id))
    )
    named = not_(outbox.c.key.startswith(cast(outbox.c.run_id, Text).concat(":")))
    is_over = outbox.c.state.in_(("sent", "failed", "cancelled"))
    confused = or_(
        and_(is_over, outbox.c.ended_at.is_(None)),
        and_(not_(is_over), outbox.c.ended_at.is_not(None)),
        and_(outbox.c.state != "sending", outbox.c.lease_until.is_not(None)),
    )
    wrong = or_(named, outbox.c.lane != outbox.c.person_id % LANES, confused)
    return [
        *found(
            work,
            doubles,
            "message_twice",
            lambda count: _l("messages whose key another one has too: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            strangers,
            "message_of_nobody",
            lambda count: _l("messages that are those of no run of their person: {count}", count=count),
            _REPORT,
        ),
        *found(
            work,
            select(outbox.c.id).where(wrong),
            "message_confused",
            lambda count: _l("messages whose state, key or lane cannot be: {count}", count=count),
            _REPORT,
        ),
    ]
