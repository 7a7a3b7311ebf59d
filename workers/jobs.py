"""Jobs as workers take them: the one that is due first, and none while others wait to be looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row

from crm.ways.pressure import waiting
from db.database import Database
from db.work import Work
from funnels.jobs import JobKind, at_work, note_job

ROOM: Final = 500
"""While so many events wait, no job goes on: who comes alone waits behind one batch of others at most."""
EVERY: Final = timedelta(seconds=1)


def until_due(database: Database, of: JobKind) -> timedelta:
    """Return how long until a job is to go on; an hour where nobody asks for one.  One look-up by index."""
    with database.reading() as work:
        rows = work.rows(at_work(of).with_only_columns(of.table.c.due_at).limit(1))
        return rows[0].due_at - work.now if rows else timedelta(hours=1)


def take_due(work: Work, of: JobKind) -> Row[Any] | None:
    """Lock and return the job that is due first; ``None`` where none is, or where it is put off as too much waits."""
    rows = work.rows(at_work(of).where(of.table.c.due_at <= work.now).limit(1).with_for_update(skip_locked=True))
    if not rows:
        return None
    row: Row[Any] = rows[0]
    if waiting(work, ROOM) >= ROOM:
        note_job(work, of, row, due_at=work.now + EVERY)
        return None
    return row
