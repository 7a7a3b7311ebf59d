"""Rehearse a draft: what would have come of it in a past period, from the journal, beside what really came."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from crm.tables.journal import event
from crm.tables.records import deal_product, record_tag
from db.database import Database
from db.types import EPOCH
from db.work import Work
from engine.document import FunnelDocument
from engine.event import SUBJECT_CODES
from funnels.programs import programs
from funnels.rehearsals.figures import Figures
from funnels.tables import funnel, run
from workers.rehearsal.figures import figures, refused
from workers.rehearsal.outside import Outside, kind
from workers.rehearsal.past import TABLES, Happened
from workers.rehearsal.replay import Replay
from workers.rehearsal.settings import copy_settings, put
from workers.rehearsal.source import Taken, take
from workers.rehearsal.world import World

GRAINS: Final = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
"""How closely moments are worked on together: as finely as leaves ``MOMENTS`` of them, or the coarsest."""
MOMENTS: Final = 2500
_DONE, _LIVE = 10, 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is rehearsed: a draft on what happened from ``start`` until ``end`` (excluded).

    ``limit`` takes the first so many events that its triggers look at, ``persons`` only what concerns these people.  ``outside``
    says what becomes of messages and requests.
    """

    document: FunnelDocument
    start: datetime
    end: datetime
    limit: int | None = None
    persons: Sequence[int] | None = None
    outside: Outside = kind


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of a rehearsal.

    Attributes:
        asked: what was rehearsed.
        events: how many events of the period the triggers look at; the rehearsal may have been limited to the first of them.
        taken: how many people it was about.
        figures: what would have come of it.
        refused: how often its triggers refused somebody, by the reason's code.
        really: what really came of the published funnel in the period; nothing where it was never published.
        left_out: how many later events could not happen this time, for their records are not there.
        grain: moments so close were worked on together.
        seconds: how long it took.
        world: where it happened; open until ``close``.
        funnel_id: the funnel in it.
        names: the ids of its nodes by number.
    """

    asked: Asked
    events: int
    taken: int
    figures: Figures
    refused: Mapping[str, int]
    really: Figures | None
    left_out: int
    grain: timedelta
    seconds: float
    world: World = field(repr=False)
    funnel_id: int
    names: Mapping[int, str] = field(repr=False)

    def close(self) -> None:
        """Forget the world."""
        self.world.close()


Progress = Callable[[int, int], object]
"""Is told how many of how many seconds of the period have passed."""


def rehearse(source: Database, asked: Asked, *, progress: Progress | None = None) -> Rehearsed:
    """Rehearse a draft; the caller closes what is returned.

    The real company is looked at by one transaction in which the database refuses every write, and which is over before anything
    happens in the world.

    Raises:
        NotPublishableError: the checks found errors in the draft.
    """
    began = time.monotonic()
    world = World(asked.start, outside=asked.outside)
    try:
        with source.only_reading() as real:
            funnel_id, really = _furnish(real, world, asked)
            with world.work() as work:
                known = programs(work)
                names = _names(work, funnel_id)
            is_known = really is not None
            taken = take(
                real,
                known,
                funnel_id if is_known else None,
                asked.start,
                asked.end,
                limit=asked.limit,
                persons=asked.persons,
            )
        replay = Replay(taken.past)
        grain = _people(world, taken, replay)
        _run(world, asked, progress)
        with world.work() as work:
            found = figures(work, funnel_id, names, asked.start, asked.end)
            why = refused(work, funnel_id)
    except BaseException:
        world.close()
        raise
    return Rehearsed(
        asked, taken.matching, len(taken.persons), found, why, really, replay.left_out, grain, time.monotonic() - began,
        world, funnel_id, names,
    )  # fmt: skip


def _furnish(real: Work, world: World, asked: Asked) -> tuple[int, Figures | None]:
    """Set the world up as the company is, and publish the draft in it.

    Returns the funnel's id in it, and what really came of the published one in the period.
    """
    rows = real.rows(select(funnel).where(funnel.c.key == asked.document.key))
    with world.work() as work:
        copy_settings(real, work, at=asked.start)
        for row in rows:  # its numbers stay those of the real nodes
            put(work, funnel, [{**row._mapping, "state": "draft", "version_id": None}])
    world.publish(asked.document)
    with world.work() as work:
        funnel_id = int(work.scalar(select(funnel.c.id).where(funnel.c.key == asked.document.key)))
    if not rows or rows[0].version_id is None:
        return funnel_id, None
    names = {number: name for name, number in rows[0].numbers.items()}
    return funnel_id, figures(real, funnel_id, names, asked.start, asked.end)


def _names(work: Work, funnel_id: int) -> dict[int, str]:
    numbers = work.rows(select(funnel.c.numbers).where(funnel.c.id == funnel_id))[0].numbers
    return {number: name for name, number in numbers.items()}


def _people(world: World, taken: Taken, replay: Replay) -> timedelta:
    """Let the people be there as they were, and tell the world what will happen to them."""
    with world.work() as work:
        for name, table in TABLES.items():
            put(work, table, taken.past.there(name))
        tags = [
            (SUBJECT_CODES[place[0]], place[1], tag)  # type: ignore[index]  # kinds of records that have tags
            for place, several in taken.past.tags.items()
            if place not in taken.past.unborn
            for tag in sorted(several)
        ]
        work.insert(record_tag, ("record_kind", "record_id", "tag_id"), tags)
        put(work, deal_product, taken.products)
        put(work, run, [_been(row, world.now) for row in taken.earlier])
        columns = ("kind", "person_id", "subject_id", "caused_by", "depth", "occurred_at", "recorded_at", "data")
        latest = [(code, person, 0, 0, 0, work.stored(at), work.stored(at), "{}") for person, code, at in taken.latest]
        work.insert(event, columns, latest)
    happens = [one for one in taken.events if not one.is_own]
    world.grain = _grain(happens)
    for moment, together in _together(happens, world.grain):
        world.happen(partial(replay.bring, events=together), at=moment)
    return world.grain


def _been(row: Mapping[str, Any], start: datetime) -> dict[str, Any]:
    """Return an earlier run of the real funnel, as one that nothing moves; whoever was still inside is."""
    is_inside = row["status"] < _DONE or (row["ended_at"] is not None and row["ended_at"] >= start)
    still = row["ended_at"] is None
    return {**row, "status": _LIVE if is_inside and still else _DONE, "state": None, "error": None}


def _grain(events: Sequence[Happened]) -> timedelta:
    for grain in GRAINS:
        moments = {(one.occurred_at - EPOCH) // grain if grain else one.occurred_at for one in events}
        if len(moments) <= MOMENTS:
            return grain
    return GRAINS[-1]


def _together(events: Sequence[Happened], grain: timedelta) -> list[tuple[datetime, list[Happened]]]:
    """Return the events by the moments at which they are brought about, in order."""
    found: dict[object, list[Happened]] = defaultdict(list)
    for one in events:
        found[(one.occurred_at - EPOCH) // grain if grain else one.occurred_at].append(one)
    return [(several[-1].occurred_at, several) for several in found.values()]


def _run(world: World, asked: Asked, progress: Progress | None) -> None:
    until = asked.end - timedelta(microseconds=1)
    length = int((asked.end - asked.start).total_seconds())
    world.settle()
    while world.step(until):
        if progress is not None:
            progress(int((world.now - asked.start).total_seconds()), length)
    world.clock.forward_to(until)
