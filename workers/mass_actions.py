"""Mass actions carried out and taken back: batch after batch, and none while others wait to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from db.database import Database
from engine.text import LazyText, _l, packed
from funnels.asker import asker
from funnels.jobs import MASS_ACTION, RIGHT
from funnels.mass.doing import next_batch, next_batch_back
from funnels.tables import mass_action
from voronka_error import VoronkaError
from workers.giving_way import GivingWay
from workers.jobs import take_due, until_due

log = structlog.get_logger(__name__)


def mass_actions_due(database: Database) -> timedelta:
    """Return how long until a batch is to be done; an hour where nobody asks for one."""
    return until_due(database, MASS_ACTION)


def do_mass_actions(database: Database, *, until: Callable[[], bool] = lambda: False) -> int:
    """Do batches until none is due or ``until`` says so; returns how many."""
    way, done = GivingWay(database), 0
    while not until() and do_batch(database):
        done += 1
        way.between_batches()
    return done


def do_batch(database: Database) -> bool:
    """Do the next batch of the mass action that is due first; false where none is.

    The batch and how far it got are one transaction.  Where nothing can be done any more it is held with the reason, and
    nothing of the batch stays.
    """
    known: dict[str, int] = {}
    try:
        return _batch(database, known)
    except VoronkaError as trouble:
        _hold(database, known, trouble.args[0] if trouble.args else trouble.message)
    except OperationalError:  # the database is away, or somebody else was in the way: it is tried again
        raise
    except Exception as error:
        if "id" not in known:
            raise
        log.exception("mass_action_broke", mass_action_id=known["id"])
        _hold(database, known, _l("an error of the program: {error}", error=type(error).__name__))
    return True


def _batch(database: Database, known: dict[str, int]) -> bool:
    with database.work() as work:
        row = take_due(work, MASS_ACTION)
        if row is None:
            return False
        known.update(id=row.id, position=row.position, undo_position=row.undo_position)
        is_back = row.state == "undoing"
        by = asker(work, row.undone_by if is_back else row.caused_by, RIGHT)
        if not (next_batch_back if is_back else next_batch)(work, row, by=by):
            log.info("mass_action_finished", mass_action_id=row.id, state="undone" if is_back else "finished")
        return True


def _hold(database: Database, known: dict[str, int], why: Any) -> None:
    """Hold one with the reason, unless somebody else has gone on with it or ended it meanwhile."""
    problem = packed(why if isinstance(why, LazyText) else str(why))
    with database.work() as work:
        mine = [mass_action.c[name] == value for name, value in known.items()]
        rows = work.rows(select(mass_action.c.state).where(*mine).with_for_update())
        if rows and rows[0].state in ("running", "undoing"):
            work.execute(mass_action.update().where(*mine).values(state="held", problem=problem))
            log.warning("mass_action_held", mass_action_id=known["id"])
