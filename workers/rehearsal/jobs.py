"""Rehearsals that people asked for, carried out one after the other; how far one is, is written twice a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Row, select, update
from sqlalchemy.exc import OperationalError

from crm.errors import NotAllowedError
from db.database import Database
from db.types import dumps
from db.work import Work
from engine.document import FunnelDocument
from engine.event import SUBJECT_CODES
from engine.text import LazyText, _l, packed
from funnels.asker import asker
from funnels.rehearsals.asking import BUSY, RIGHT
from funnels.rehearsals.tables import rehearsal, rehearsal_walk
from voronka_error import VoronkaError
from workers.rehearsal.moments import moments_of
from workers.rehearsal.outside import kind, unkind
from workers.rehearsal.rehearse import Asked, Rehearsed, rehearse

log = structlog.get_logger(__name__)

ATTEMPTS: Final = 3
"""A rehearsal that ended its process so often is not tried again."""
HELD: Final = timedelta(minutes=2)
"""So long nobody else takes one that somebody is at; each word of its progress holds it on."""
EVERY: Final = 0.5
WALKS: Final = 5000
"""So many walks are kept for people to look at; the figures are of all."""
_BUSY = rehearsal.c.state.in_(BUSY)
_WALK = ("rehearsal_id", "number", "person_id", "subject_kind", "subject_id", "state", "outcome", "nodes", "moments")


class _StoppedError(Exception):
    """Somebody has aborted it, or the process ends."""


def rehearsals_due(database: Database) -> timedelta:
    """Return how long until a rehearsal is to be carried out; an hour where nobody asks for one.  One look-up by index."""
    with database.reading() as work:
        due = work.scalar(select(rehearsal.c.due_at).where(_BUSY).order_by(rehearsal.c.due_at).limit(1))
        return due - work.now if due is not None else timedelta(hours=1)


def do_rehearsals(database: Database, *, until: Callable[[], bool] = lambda: False) -> int:
    """Carry out what is asked for until nothing waits or ``until`` says so; returns how many it was at."""
    done = 0
    while not until() and (row := _claim(database)) is not None:
        _carry_out(database, row, until)
        done += 1
    return done


def _claim(database: Database) -> Row[Any] | None:
    """Take the rehearsal that is due first; one that ended its process too often is given up."""
    with database.work() as work:
        query = (
            select(rehearsal).where(_BUSY, rehearsal.c.due_at <= work.now).order_by(rehearsal.c.due_at, rehearsal.c.id)
        )
        for row in work.rows(query.limit(10).with_for_update(skip_locked=True)):
            mine = rehearsal.update().where(rehearsal.c.id == row.id)
            if row.attempts >= ATTEMPTS:
                work.execute(mine.values(state="failed", ended_at=work.now, problem=packed(_BROKE)))
                continue
            changes = {"state": "running", "attempts": row.attempts + 1, "due_at": work.now + HELD}
            work.execute(mine.values(**changes))
            found: Row[Any] = row
            return found
    return None


_BROKE: Final = _l("it ended the process that carried it out")


def _carry_out(database: Database, row: Row[Any], until: Callable[[], bool]) -> None:
    """Carry one out, and write what came of it, or why nothing did."""
    try:
        with database.reading() as work:
            asker(work, row.caused_by, RIGHT)
        asked = Asked(
            FunnelDocument.model_validate(row.document),
            row.starts_at,
            row.ends_at,
            persons=[row.person_id] if row.person_id is not None else None,
            outside=unkind if row.is_unkind else kind,
        )
        found = rehearse(database, asked, progress=_Telling(database, row.id, until))
        try:
            _write(database, row.id, found)
        finally:
            found.close()
        log.info("rehearsal_finished", rehearsal_id=row.id, seconds=round(found.seconds, 3))
    except _StoppedError:
        log.info("rehearsal_stopped", rehearsal_id=row.id)
    except OperationalError:  # the database is away: it is tried again
        raise
    except NotAllowedError:
        _fail(database, row.id, _l("who asked for it may not edit funnels any more"))
    except VoronkaError as trouble:
        _fail(database, row.id, trouble.args[0] if trouble.args else trouble.message)
    except Exception as error:
        log.exception("rehearsal_broke", rehearsal_id=row.id)
        _fail(database, row.id, _l("an error of the program: {error}", error=type(error).__name__))


class _Telling:
    """Writes how far a rehearsal is, twice a second at most."""

    def __init__(self, database: Database, rehearsal_id: int, until: Callable[[], bool]) -> None:
        self._database, self._id, self._until = database, rehearsal_id, until
        self._told = time.monotonic()

    def __call__(self, so_far: int, of: int) -> None:
        if time.monotonic() - self._told < EVERY:
            return
        self._told = time.monotonic()
        mine = rehearsal.c.id == self._id, rehearsal.c.state == "running"
        with self._database.work(is_awaited=False) as work:
            if self._until():  # another process, or the next start of this one, begins anew
                work.execute(_back(self._id))
                stops = True
            else:
                changes = {"percent": min(99, so_far * 100 // max(of, 1)), "due_at": work.now + HELD}
                stops = not work.execute(update(rehearsal).where(*mine).values(**changes))
        if stops:
            raise _StoppedError


def _back(rehearsal_id: int) -> Any:
    mine = rehearsal.c.id == rehearsal_id, rehearsal.c.state == "running"
    return update(rehearsal).where(*mine).values(state="asked", percent=0, due_at=rehearsal.c.asked_at, attempts=0)


def _write(database: Database, rehearsal_id: int, found: Rehearsed) -> None:
    """Write what came of it; nothing where it was aborted meanwhile."""
    walks = [walk for walk in found.world.walks() if walk.started_at >= found.asked.start]
    kept, sent = walks[:WALKS], found.world.messages()
    with found.world.database.reading() as inner:
        moments = moments_of(inner, kept, sent)
    result = {
        "figures": found.figures.plain(),
        "really": found.really.plain() if found.really is not None else None,
        "refused": dict(found.refused),
        "events": found.events,
        "people": found.taken,
        "left_out": found.left_out,
        "together": int(found.grain.total_seconds()),
        "seconds": found.seconds,
        "walks": len(kept),
    }
    rows = []
    for number, (walk, several) in enumerate(zip(kept, moments, strict=True), 1):
        nodes = dict.fromkeys((*walk.nodes, *(one.node for one in walk.rests)))
        rows.append(
            (
                rehearsal_id, number, walk.person_id, SUBJECT_CODES[walk.kind], walk.subject_id, walk.state, walk.outcome,
                f" {' '.join(nodes)} ", dumps([one.plain() for one in several]),
            )
        )  # fmt: skip
    with database.work() as work:
        mine = rehearsal.c.id == rehearsal_id, rehearsal.c.state == "running"
        changes = {"state": "finished", "percent": 100, "result": result, "ended_at": work.now}
        if work.execute(update(rehearsal).where(*mine).values(**changes)):
            work.delete(rehearsal_walk, ("rehearsal_id",), [(rehearsal_id,)])
            work.insert(rehearsal_walk, _WALK, rows)


def _fail(database: Database, rehearsal_id: int, why: object) -> None:
    problem = packed(why if isinstance(why, LazyText) else str(why))
    with database.work() as work:
        _give_up(work, rehearsal_id, problem)


def _give_up(work: Work, rehearsal_id: int, problem: object) -> None:
    mine = rehearsal.c.id == rehearsal_id, rehearsal.c.state == "running"
    work.execute(update(rehearsal).where(*mine).values(state="failed", problem=problem, ended_at=work.now))
