"""The sweep: batches whose worker died are found, their places freed, and what was in them counted as tried once."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Column, ColumnElement, case, func, or_, select

from crm.deals.distribution import forget_orphans, orphan
from crm.tables.journal import inbox
from db.database import Database
from db.frozen import end_frozen
from db.sets import in_set
from db.work import Work
from engine.standing import Failure
from engine.text import _l
from funnels.repair import park
from funnels.tables import MAX_ATTEMPTS, batch, run
from workers.batch import park_event
from workers.suspicion import ALONE

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=1)
"""A batch younger than this may just be between its registration and its lock.

Short, so that what a dead process held is known before it is taken, as if it were new, into the next great batch.
"""


def sweep(database: Database, *, at_start: bool = False) -> int:
    """Clean up after dead batches; returns how many there were.

    A living batch holds a lock on its row (PostgreSQL); on SQLite, with its one worker process, all that stand there
    ``at_start`` are dead.
    """
    killers: list[int] = []
    with database.work() as work:
        query = select(batch)
        if not work.is_sqlite:
            # What seems to begin much later is old too: the clock was set back since.
            is_young = batch.c.started_at.between(work.now - GRACE, work.now + GRACE)
            query = query.where(~is_young).with_for_update(skip_locked=True)
            frozen = end_frozen(work)
            if frozen:
                work.count("sessions_ended", frozen)
                log.warning("frozen_sessions_ended", sessions=frozen)
        elif not at_start:
            return 0
        dead = work.rows(query)
        if dead:
            ids = [row.id for row in dead]
            orphan(work, ids)
            events = [event_id for row in dead for event_id in row.events]
            runs = [run_id for row in dead for run_id in row.runs]
            alone = [row for row in dead if len(row.events) + len(row.runs) == 1]
            work.execute(_TRIED_EVENT, {"events": events, "alone": [one for row in alone for one in row.events]})
            work.execute(_TRIED_RUN, {"runs": runs, "alone": [one for row in alone for one in row.runs]})
            work.delete(batch, ("id",), [(one,) for one in ids])
            _park_killers(work)
            work.count("batches_swept", len(dead))
            log.warning("batches_swept", batch_ids=ids, events=len(events), runs=len(runs))
        elif (
            work.scalar(select(func.count()).select_from(inbox)) == 0
            and work.scalar(select(func.count()).select_from(batch)) == 0
        ):
            forget_orphans(work)
        if dead or at_start:
            killers = [row.event_id for row in work.rows(_KILLERS)]
    for event_id in killers:
        park_event(database, event_id, _WORDS)
    return len(dead)


_WORDS = _l("its process ended {times} times while it was being worked on", times=MAX_ATTEMPTS)
_KILLERS = select(inbox.c.event_id).where(inbox.c.attempts == MAX_ATTEMPTS)


def _counted(attempts: Column[int], is_alone: ColumnElement[bool]) -> ColumnElement[int]:
    """How often it was there now: what has been there often enough is blamed only for deaths that it was alone at."""
    return case((or_(is_alone, attempts < ALONE), attempts + 1), else_=attempts)


_TRIED_EVENT = (
    inbox.update()
    .where(in_set(inbox.c.event_id, "events"))
    .values(attempts=_counted(inbox.c.attempts, in_set(inbox.c.event_id, "alone")))
)
_TRIED_RUN = (
    run.update()
    .where(in_set(run.c.id, "runs"), run.c.status == 1)
    .values(attempts=_counted(run.c.attempts, in_set(run.c.id, "alone")))
)


def _park_killers(work: Work) -> None:
    """Park runs that ended the process again and again."""
    killers = work.rows(select(run.c.id).where(run.c.status == 1, run.c.attempts >= MAX_ATTEMPTS))
    park(work, [row.id for row in killers], Failure(0, "process_ended", _WORDS))
