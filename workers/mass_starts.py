"""Mass starts carried out: every second a few of the audience, and none while others wait to be looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import select

from crm.conditions.fields import TABLES
from db.database import Database
from db.work import Work
from engine.text import packed
from funnels.asker import asker
from funnels.jobs import MASS_START, RIGHT, note_job
from funnels.mass_starts import whom
from funnels.starting import Start, require_open, start_by_hand
from funnels.tables import mass_start_record
from voronka_error import VoronkaError
from workers.jobs import EVERY, ROOM, take_due, until_due

log = structlog.get_logger(__name__)

_MINUTE: Final = timedelta(minutes=1)


def mass_starts_due(database: Database) -> timedelta:
    """Return how long until some are to be let in; an hour where nobody asks for it."""
    return until_due(database, MASS_START)


def let_in(database: Database) -> int:
    """Let the next few in of the mass start that is due first; returns how many.

    They and how far it got are one transaction.
    """
    with database.work() as work:
        row = take_due(work, MASS_START)
        if row is None:
            return 0
        try:
            records = _next(work, row)
        except VoronkaError as trouble:
            note_job(
                work,
                MASS_START,
                row,
                state="held",
                problem=packed(trouble.args[0] if trouble.args else trouble.message),
            )
            log.warning("mass_start_held", mass_start_id=row.id, code=trouble.code)
            return 0
        if not records:
            note_job(work, MASS_START, row, state="finished", ended_at=work.now)
            log.info("mass_start_finished", mass_start_id=row.id, started=row.started)
            return 0
        started = row.started + len(records)
        held = row.state == "sampling" and started >= row.sample
        due_at = _next_due(row, len(records), work.now)
        note_job(
            work,
            MASS_START,
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
    clause, values = whom(work, row.kind, tuple(row.chosen) if row.chosen is not None else None, row.condition, actor)
    most = max(row.per_minute // 60, 1)
    if row.state == "sampling":
        most = min(most, row.sample - row.started)
    query = (
        select(table.c.id, table.c.person_id)
        .where(table.c.id > row.position, table.c.id <= row.last_id, clause)
        .order_by(table.c.id)
        .limit(min(most, ROOM))
    )
    records = [Start(row.kind, one.id, one.person_id) for one in work.rows(query, values)]
    if records:
        require_open(work, row.funnel)
        work.insert(mass_start_record, ("mass_start_id", "record_id"), [(row.id, one.record_id) for one in records])
        start_by_hand(work, row.funnel, records, button=row.button, by=actor)
    return records


def _next_due(row: Any, records: int, now: datetime) -> datetime:
    """Return when the next few come, so that no minute has more than are allowed; what was missed is not made up for."""
    due: datetime = max(row.due_at, now - EVERY) + _MINUTE * records / row.per_minute
    return due
