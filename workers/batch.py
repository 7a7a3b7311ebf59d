"""One batch: claim what is due, walk it, write it, commit; and find the one that spoils it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import bindparam, select

from crm.tables.journal import event, inbox
from db.database import TROUBLES, Database, is_full, rollback
from db.errors import DatabaseFullError
from db.points import reached
from db.types import dumps
from db.work import Work
from engine.event import Event
from engine.facts import Facts
from engine.standing import Advance, Failure, Rest
from funnels.programs import programs
from funnels.tables import MAX_ATTEMPTS, batch
from voronka_error import VoronkaError
from workers.breaker import note_walked, seen
from workers.claim import Claim, claim
from workers.intake import start
from workers.rests import wake
from workers.store import store
from workers.suspicion import reaching, survived
from workers.walker import Walker
from workers.walking import walk

log = structlog.get_logger(__name__)

GROUP = 32
"""A batch that failed is tried again in groups of so many, then one by one."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a batch did: how many events and runs it took, in how many supersteps and statements, and whether more is due.

    ``is_urgent`` says that some of it came singly, or that it was done in small groups.
    """

    events: int = 0
    runs: int = 0
    supersteps: int = 0
    statements: int = 0
    more: bool = False
    is_urgent: bool = False

    def __bool__(self) -> bool:
        return bool(self.events or self.runs)


def run_batch(database: Database, *, limit: int = 500, worker: str = "worker") -> Done:
    """Do what is due, up to ``limit`` events and ``limit`` runs, in one transaction.

    What spoils a batch is found and parked alone.  Troubles of the database itself (gone, full, too slow) are raised: nothing
    was done, and the next call tries again.
    """
    with database.turn if database.is_sqlite else nullcontext(), reaching(database) as below:
        try:
            return _one(database, limit, worker, below=below)
        except TROUBLES:
            raise
        except _SpoiltError as spoilt:
            held = spoilt.claim
            database.counts.add("batches_failed")
            log.warning("batch_failed", events=len(held.events), runs=len(held.run_ids), error=spoilt.words)
            return _find_spoiler(database, spoilt, worker)


class _SpoiltError(VoronkaError):
    """A batch that could not be written, and what it held."""

    code = "batch_spoilt"

    def __init__(self, claim: Claim, words: str) -> None:
        super().__init__(words)
        self.claim = claim
        self.words = words


class _TakenError(VoronkaError):
    """Somebody else has worked on the same events meanwhile; on SQLite only one worker process may run."""

    code = "events_taken"


def _one(
    database: Database,
    limit: int,
    worker: str,
    *,
    only: Claim | None = None,
    failure: str | None = None,
    below: int = MAX_ATTEMPTS,
) -> Done:
    """Run one batch of what was tried ``below`` so many times; ``failure`` parks what it holds instead of walking it."""
    with database.engine.connect() as connection:
        held = Claim((), (), more=False)
        batch_id, upheavals = 0, database.upheavals
        if database.is_sqlite:  # one worker process: what it has seen is its own, and nobody else takes it
            with database.reading() as peek:
                held = claim(peek, limit, only=only, below=below)
            if not held:
                return Done()
            batch_id = _register(database, held, worker)
        try:
            work = database.begin(connection)
            if database.upheavals != upheavals:  # persons became others since they were looked at
                rollback(connection)
                _forget(database, batch_id)
                return Done(more=True)
            if not database.is_sqlite:
                held = claim(work, limit, only=only, below=below)
                if not held:
                    rollback(connection)
                    return Done()
                batch_id = _register(database, held, worker)
                if not work.tuples(_OURS, {"batch": batch_id}):
                    rollback(connection)  # it took so long that others gave it up for dead
                    database.counts.add("claims_lost")
                    return Done(more=True)
            try:
                supersteps = _process(work, held, batch_id, failure)
                work.finish()
            except TROUBLES:
                raise
            except Exception as error:
                raise _SpoiltError(held, "".join(traceback.format_exception_only(error)).strip()) from error
            work.delete(batch, ("id",), [(batch_id,)])
            database.commit(work)
        except BaseException as trouble:
            rollback(connection)
            if batch_id:
                _forget(database, batch_id)
                if isinstance(trouble, TROUBLES):
                    database.counts.add("claims_lost")
            if is_full(trouble):
                raise DatabaseFullError(
                    "no room left for the database: free some space; nothing was half-written"
                ) from trouble
            raise
    work.count("batches")
    work.count("events", len(held.events))
    work.count("runs", len(held.run_ids))
    work.committed()
    seen(database, work)
    if held.is_suspect:
        survived(database)
    return Done(len(held.events), len(held.run_ids), supersteps, work.statements, held.more, held.is_urgent)


def _process(work: Work, held: Claim, batch_id: int, failure: str | None) -> int:
    woken = wake(work, held.events, held.run_ids)
    starting = start(work, held.events, programs(work))
    replaced: set[int] = work.memo.get("replaced_runs", set())
    walkers = [*(walker for walker in woken if walker.run_id not in replaced), *starting]
    supersteps = 0
    for number, wave in enumerate(_waves(walkers)):
        if number:
            for walker in wave:  # the waves before may have changed what it was shown
                walker.facts = None
        if failure is None:
            supersteps += walk(work, wave, batch_id=batch_id)
        else:
            for walker in wave:
                _stand_still(walker, failure, work.now)
        store(work, wave)
        note_walked(work, wave)
        reached("after:wave")
    if work.delete(inbox, ("event_id",), [(event.id,) for event in held.events]) != len(held.events):
        raise _TakenError
    return supersteps


def _waves(walkers: Sequence[Walker]) -> Iterator[list[Walker]]:
    """Yield the walkers so that no two of one person walk at once; each person's in their order."""
    rest = list(walkers)
    if len({walker.person_id for walker in rest}) == len(rest):  # as it nearly always is
        yield rest
        return
    while rest:
        wave: dict[int, Walker] = {}
        later: list[Walker] = []
        for walker in rest:
            if walker.person_id in wave:
                later.append(walker)
            else:
                wave[walker.person_id] = walker
        yield list(wave.values())
        rest = later


def _stand_still(walker: Walker, words: str, now: datetime) -> None:
    """Let a run stand where it is, with an error for a person to see."""
    arrival = walker.arrivals[0] if walker.arrivals else None
    node = arrival.node if arrival is not None else walker.steps[-1][0]
    woken = arrival is not None and arrival.signal is not None
    facts = walker.facts or Facts({})
    others = [Rest(one.node, now, arriving=one.signal is None) for one in walker.arrivals[1:]]
    failure = Failure(node, "batch_error", words, woken=woken)
    walker.absorb(Advance(facts, walker.standing, rests=others, failure=failure), facts)


def _find_spoiler(database: Database, spoilt: _SpoiltError, worker: str) -> Done:
    """Try what a failed batch held in smaller groups; what fails alone is parked with its error."""
    held = spoilt.claim
    total = Done(more=held.more, is_urgent=True)
    size = len(held.events) + len(held.run_ids)
    if size == 1:
        try:
            return _one(database, 1, worker, only=held, failure=spoilt.words)
        except _SpoiltError as again:
            _set_aside(database, held)
            log.error("event_set_aside", events=[event.id for event in held.events], error=again.words)
            return replace(total, events=len(held.events), runs=len(held.run_ids))
    group = GROUP if size > GROUP else 1
    parts = [Claim(held.events[at : at + group], (), more=False) for at in range(0, len(held.events), group)]
    parts += [Claim((), held.run_ids[at : at + group], more=False) for at in range(0, len(held.run_ids), group)]
    for part in parts:
        try:
            done = _one(database, group, worker, only=part)
        except _SpoiltError as again:
            done = _find_spoiler(database, again, worker)
        total = replace(
            total,
            events=total.events + done.events,
            runs=total.runs + done.runs,
            supersteps=total.supersteps + done.supersteps,
            statements=total.statements + done.statements,
        )
    return total


def park_event(database: Database, event_id: int, words: str, *, worker: str = "worker") -> Done:
    """Start the runs of an event that ended the process again and again, and park them where they begin.

    If this ends the process too, the event stays aside for good.
    """
    with database.work() as work:
        work.execute(inbox.update().where(inbox.c.event_id == event_id).values(attempts=MAX_ATTEMPTS + 1))
        rows = work.rows(select(event.c.person_id).where(event.c.id == event_id))
    if not rows:
        return Done()
    only = Claim((Event(event_id, "", rows[0].person_id, "person", 0, {}, work.now),), (), more=False, is_aside=True)
    try:
        return _one(database, 1, worker, only=only, failure=words)
    except _SpoiltError as spoilt:
        log.error("event_set_aside", events=[event_id], error=spoilt.words)
        return Done()


def _set_aside(database: Database, held: Claim) -> None:
    """Leave an event in the inbox that can be neither walked nor parked; ``doctor`` shows it."""
    with database.work() as work:
        for event in held.events:
            work.execute(inbox.update().where(inbox.c.event_id == event.id).values(attempts=MAX_ATTEMPTS))


def _register(database: Database, held: Claim, worker: str) -> int:
    """Write down what is about to be worked on, in a transaction of its own: found again if the process dies."""
    with database.work(is_awaited=False) as side:
        [batch_id] = side.ids("batch", 1)
        columns = ("id", "worker", "started_at", "events", "runs")
        row = (batch_id, worker, side.now, dumps([event.id for event in held.events]), dumps(list(held.run_ids)))
        side.insert(batch, columns, [row])
    return batch_id


_OURS = select(batch.c.id).where(batch.c.id == bindparam("batch")).with_for_update()


def _forget(database: Database, batch_id: int) -> None:
    """Take a failed batch off the list; the places it reserved wait for whoever does its work next."""
    from crm.deals.distribution import orphan

    try:
        with database.work() as work:
            orphan(work, [batch_id])
            work.delete(batch, ("id",), [(batch_id,)])
    except (*TROUBLES, DatabaseFullError):
        log.warning("batch_left", batch_id=batch_id)  # the sweep finds it
