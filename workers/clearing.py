"""Clearing: what is over for long is forgotten, as far as the installation wishes; in small pieces, each a transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import func, select

from db.database import Database
from db.sets import in_set
from db.work import Work
from funnels.jobs import REMEMBERED
from funnels.tables import FORGOTTEN, mass_action, mass_action_record, mass_start, mass_start_record, outbox, run, step

log = structlog.get_logger(__name__)

AT_ONCE: Final = 1000
_ENDED: Final = 10
_OVER: Final = ("sent", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Kept:
    """How long what is over is kept; ``None`` is for ever.

    ``messages``: rows of the outbox that left or failed, once their run is over.  ``steps``: the ways of runs that are over.
    """

    messages: timedelta | None = timedelta(days=90)
    steps: timedelta | None = timedelta(days=365)


def clear(database: Database, kept: Kept, goes_on: Callable[[], bool] = lambda: True) -> tuple[int, int]:
    """Forget what is over for longer; returns how many messages, and the steps of how many runs.

    Runs themselves stay, and so do numbers of funnels and the journal.  What records were before a mass action goes once it
    can be taken back no more, and whom a mass start let in as long after its end.  ``goes_on`` is asked after each piece.
    """
    cleared = (
        _in_pieces(database, kept.messages, _clear_messages, goes_on),
        _in_pieces(database, kept.steps, _clear_steps, goes_on),
    )
    _in_pieces(database, REMEMBERED, _clear_mass_actions, goes_on)
    while goes_on() and _cleared_some(database):
        pass
    if any(cleared):
        log.info("old_cleared", messages=cleared[0], runs=cleared[1])
    return cleared


def _in_pieces(
    database: Database,
    kept: timedelta | None,
    piece: Callable[[Work, int, timedelta], list[int]],
    goes_on: Callable[[], bool],
) -> int:
    """Clear piece by piece, each behind the one before; returns how many."""
    count = after = 0
    while kept is not None and goes_on():
        with database.work() as work:
            found = piece(work, after, kept)
        count += len(found)
        if len(found) < AT_ONCE:
            break
        after = found[-1]
    return count


def _clear_messages(work: Work, after: int, kept: timedelta) -> list[int]:
    query = (
        select(outbox.c.id)
        .join(run, run.c.id == outbox.c.run_id)
        .where(outbox.c.id > after, outbox.c.state.in_(_OVER), outbox.c.ended_at < work.now - kept)
        .where(run.c.status >= _ENDED)
        .order_by(outbox.c.id)
        .limit(AT_ONCE)
    )
    ids = [row.id for row in work.rows(query)]
    still = outbox.c.state.in_(_OVER)  # somebody may just have it sent once more
    work.execute(outbox.delete().where(in_set(outbox.c.id, "ids"), still), {"ids": ids})
    return ids


def _clear_steps(work: Work, after: int, kept: timedelta) -> list[int]:
    first = after or work.scalar(select(func.min(step.c.run_id)))
    if first is None:
        return []
    query = (
        select(run.c.id)
        .where(run.c.id > after, run.c.id >= first)
        .where(run.c.status >= _ENDED, run.c.fence != FORGOTTEN, run.c.ended_at < work.now - kept)
        .order_by(run.c.id)
        .limit(AT_ONCE)
    )
    ids = [row.id for row in work.rows(query)]
    work.execute(step.delete().where(in_set(step.c.run_id, "runs")), {"runs": ids})
    work.execute(run.update().where(in_set(run.c.id, "runs")).values(fence=FORGOTTEN), {"runs": ids})
    return ids


def _clear_mass_actions(work: Work, after: int, kept: timedelta) -> list[int]:
    one, entry = mass_action.c, mass_action_record.c
    query = (
        select(one.id)
        .where(
            one.id > after, ~one.is_cleared, one.asked_at < work.now - kept, one.state.not_in(("running", "undoing"))
        )
        .order_by(one.id)
        .limit(AT_ONCE)
    )
    known = {"ids": [row.id for row in work.rows(query)]}
    work.execute(mass_action_record.update().where(in_set(entry.mass_action_id, "ids")).values(before=None), known)
    work.execute(mass_action.update().where(in_set(one.id, "ids")).values(is_cleared=True), known)
    return known["ids"]


def _cleared_some(database: Database) -> bool:
    """Forget some of those whom an old mass start let in; false where there is none of whom something is known."""
    one, entry = mass_start.c, mass_start_record.c
    with database.work() as work:
        is_old = one.ended_at < work.now - REMEMBERED
        oldest = work.scalar(select(one.id).where(~one.is_cleared, is_old).order_by(one.id).limit(1))
        if oldest is None:
            return False
        of_it = entry.mass_start_id == oldest
        query = select(entry.record_id).where(of_it).order_by(entry.record_id).limit(AT_ONCE)
        known = {"records": [row.record_id for row in work.rows(query)]}
        work.execute(mass_start_record.delete().where(of_it, in_set(entry.record_id, "records")), known)
        if len(known["records"]) < AT_ONCE:
            work.execute(mass_start.update().where(one.id == oldest).values(is_cleared=True))
    return True
