"""Mass starts carried out: every second a few of the audience, and none while others wait to be looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import select

from crm.conditions.fields import TABLES
from crm.ways.pressure import waiting
from db.database import Database
from db.work import Work
from engine.text import packed
from funnels.asker import asker
from funnels.mass_starts import RIGHT, audience, under_way
from funnels.starting import Start, require_open, start_by_hand
from funnels.tables import mass_start, mass_start_record
from voronka_error import VoronkaError

log = structlog.get_logger(__name__)

ROOM: Final = 500
"""While so many events wait, nobody is let in: who comes alone waits behind one batch of others at most."""
EVERY: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)


def mass_starts_due(database: Database) -> timedelta:
    """Return how long until some are to be let in; an hour where nobody asks for it.  One look-up by index."""
    with database.reading() as work:
        rows = work.rows(under_way().with_only_columns(mass_start.c.due_at).limit(1))
        return rows[0].due_at - work.now if rows else timedelta(hours=1)


def let_in(database: Database) -> int:
    """Let the next few in of the mass start that is due first; returns how many.

    They and how far it got are one transaction.
    """
    with database.work() as work:
        due = under_way().where(mass_start.c.due_at <= work.now).limit(1).with_for_update(skip_locked=True)
        rows = work.rows(due)
        if not rows:
            return 0
        row = rows[0]
        if waiting(work, ROOM) >= ROOM:
            _note(work, row, due_at=work.now + EVERY)
            return 0
        try:
            records = _next(work, row)
        except VoronkaError as trouble:
            _note(work, row, state="held", problem=packed(trouble.args[0] if trouble.args else trouble.message))
            log.warning("mass_start_held", mass_start_id=row.id, code=trouble.code)
            return 0
        if not records:
            _note(work, row, state="finished", ended_at=work.now)
            log.info("mass_start_finished", mass_start_id=row.id, started=row.started)
            return 0
        started = row.started + len(records)
        held = row.state == "sampling" and started >= row.sample
        due_at = _next_due(row, len(records), work.now)
        _note(
            work,
            row,
            state="held" if held else row.state,
            position=records[-1].record_id,
            started=started,
            due_at=due_at,
        )
        return len(records)


def _next(work: Work, row: Any) -> list[Start]:
    """Start the next few and return them."""
    actor = asker(work, row.caused_by, RIGHT)
    table = TABLES[row.kind]
    most = max(row.per_minute // 60, 1)
    if row.state == "sampling":
        most = min(most, row.sample - row.started)
    query = (
        select(table.c.id, table.c.person_id)
        .where(table.c.id > row.position, table.c.id <= row.last_id, audience(work, row.kind, row.condition, actor))
        .order_by(table.c.id)
        .limit(min(most, ROOM))
    )
    records = [Start(row.kind, one.id, one.person_id) for one in work.rows(query)]
    if records:
        require_open(work, row.funnel)
        work.insert(mass_start_record, ("mass_start_id", "record_id"), [(row.id, one.record_id) for one in records])
        start_by_hand(work, row.funnel, records, button=row.button, by=actor)
    return records


def _next_due(row: Any, records: int, now: datetime) -> datetime:
    """Return when the next few come, so that no minute has more than are allowed; what was missed is not made up for."""
    due: datetime = max(row.due_at, now - EVERY) + _MINUTE * records / row.per_minute
    return due


def _note(work: Work, row: Any, **values: object) -> None:
    work.execute(mass_start.update().where(mass_start.c.id == row.id).values(values))
