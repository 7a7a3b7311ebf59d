"""Claiming: what is due, taken under lock in the transaction that does the work.

On PostgreSQL a worker locks lanes with ``skip locked``: all events, runs and messages of a person are in one lane, so two workers
never touch one person at a time, and an event cannot race the wait it ends.  SQLite has one writer, so everything is its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, or_, select, union_all

from crm.access.actor import ActorKind
from crm.journal import IN_NUMBERS, LANES, SINGLY
from crm.tables.journal import event, inbox, lane
from db.sets import in_set
from db.work import Work
from engine.event import KIND_BY_CODE, Event, Origin
from funnels.tables import MAX_ATTEMPTS, run, subscription, token
from workers.suspicion import group_size
from workers.walker import WAITING

LANES_AT_LEAST = 64
"""How many of the 256 lanes one batch locks at least; more where these would not fill it."""
BESIDE = 32
"""How much of what came in numbers, and how many timers, a batch takes beside events that came singly: nobody starves."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a batch will work on: events of different persons in journal order, and runs whose time has come.

    ``more`` says that there was more than fitted; ``is_urgent`` that some of it came singly, or is tried again in small groups;
    ``is_aside`` that its event is one that was set aside.
    """

    events: tuple[Event, ...]
    run_ids: tuple[int, ...]
    more: bool
    is_urgent: bool = False
    is_aside: bool = False
    is_suspect: bool = False

    def __bool__(self) -> bool:
        return bool(self.events or self.run_ids)


def claim(work: Work, limit: int, *, only: Claim | None = None, below: int = MAX_ATTEMPTS) -> Claim:
    """Take up to ``limit`` events and ``limit`` runs; ``only`` narrows to what another claim held.

    Events that came singly are taken first, and little beside them, so that a lead of now does not wait for those of an import.

    A fixed number of queries.  What was there when a process ended is claimed in a small group, then alone, so that the one that
    ends it is found; what was there least often comes first: the innocent are done before a process ends again.  What was there
    ``below`` so many times is taken, the rest is left for somebody else, or for later.
    """
    lanes = None if work.is_sqlite else _lock_lanes(work, limit) if only is None else _lock_lanes_of(work, only)
    if lanes is not None and not lanes:
        return Claim((), (), more=False)
    narrowed: dict[str, Any] = {"limit": limit, "now": work.now, "below": MAX_ATTEMPTS}
    if lanes is not None:
        narrowed["lanes"] = lanes
    if only is not None:
        narrowed |= {"events": [one.id for one in only.events], "runs": list(only.run_ids)}
    is_aside = only is not None and only.is_aside
    statements = _statements(by_lane=lanes is not None, is_narrowed=only is not None, is_aside=is_aside)
    event_rows = work.tuples(statements[0], narrowed)
    more = len(event_rows) >= limit
    narrowed["below"] = below
    if more and not _firsts(event_rows, below):
        event_rows = work.tuples(statements[0], narrowed)  # what is left lies before all others
        left = set(work.tuples(_LEFT, narrowed | {"persons": sorted({row[_PERSON] for row in event_rows})}))
        event_rows = [row for row in event_rows if (row[_PERSON],) not in left]
    is_urgent = False
    if only is None:
        fetched = len(event_rows)
        event_rows, is_urgent = _first_of(work, event_rows, limit)
        more = more or len(event_rows) < fetched
        if is_urgent:
            narrowed["limit"] = min(limit, BESIDE)
    run_rows = work.tuples(statements[1], narrowed)
    more = more or len(run_rows) >= narrowed["limit"]
    firsts = _firsts(event_rows, below)
    if below > 1 and len(event_rows) + len(run_rows) > 1:
        if few := _suspects(work, firsts, _ATTEMPTS):
            return Claim(tuple(_events_of(work, few)), (), more=True, is_urgent=True, is_suspect=True)
        if few := _suspects(work, run_rows, 1):
            return Claim((), tuple(row[0] for row in few), more=True, is_urgent=True, is_suspect=True)
    more = more or len(firsts) < len(event_rows)
    return Claim(tuple(_events_of(work, firsts)), tuple(row[0] for row in run_rows), more, is_urgent)


def _firsts(rows: Iterable[tuple[Any, ...]], below: int) -> list[tuple[Any, ...]]:
    """Return each person's first event, except those that were tried ``below`` so many times or more often."""
    firsts: dict[int, tuple[Any, ...]] = {}
    for row in rows:
        firsts.setdefault(row[_PERSON], row)
    return [row for row in firsts.values() if row[_ATTEMPTS] < below or row[_ATTEMPTS] > MAX_ATTEMPTS]


def _first_of(work: Work, rows: list[tuple[Any, ...]], limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """Return what of the claimed rows is worked on now, in journal order, and whether some of it came singly.

    Whose earlier events came in numbers waits for these.
    """
    single = [row for row in rows if row[_RANK] == SINGLY]
    numerous = rows[len(single) :]
    if not single:
        return rows, False
    if numerous or len(rows) >= limit:
        first = dict(work.tuples(_EARLIER, {"persons": sorted({row[_PERSON] for row in single})}))
        single = [row for row in single if row[_PERSON] not in first or row[_ID] < first[row[_PERSON]]]
    found = [*single, *numerous[: BESIDE if single else limit]]
    found.sort(key=itemgetter(_ID))
    return found, bool(single)


def _suspects(work: Work, rows: Iterable[tuple[Any, ...]], attempts: int) -> list[tuple[Any, ...]]:
    """Return the next of those that were there when a process ended, nobody where there are none; a column says how often."""
    tried = [row for row in rows if row[attempts]]
    fewest = min((row[attempts] for row in tried), default=0)
    return [row for row in tried if row[attempts] == fewest][: group_size(work.database, fewest)]


def _lock_lanes(work: Work, limit: int) -> list[int]:
    """Lock some lanes in which something is due and return them: those of events that came singly, then others at random."""
    parameters = {"now": work.now, "first": random.randrange(LANES), "limit": limit}
    return [row[0] for row in work.tuples(_lanes(), parameters)]


def _lock_lanes_of(work: Work, only: Claim) -> list[int]:
    """Lock the lanes of what another claim held, as far as nobody else has them now."""
    lanes = sorted({event.person_id % LANES for event in only.events})
    return [row[0] for row in work.tuples(_LANES_OF, {"lanes": lanes, "runs": list(only.run_ids)})]


@cache
def _lanes() -> Select[Any]:
    """Return the statement that locks as many lanes as fill a batch, so that several workers find some while much is due."""
    limit = bindparam("limit", type_=Integer)
    reach = limit * (LANES // LANES_AT_LEAST)
    arrived = select(inbox.c.lane, inbox.c.rank).where(_FRESH).order_by(*_ORDER).limit(reach).cte("arrived")
    timed = (
        select(token.c.lane).where(token.c.due_at <= bindparam("now")).order_by(token.c.due_at).limit(reach).subquery()
    )
    due = union_all(select(arrived.c.lane), select(timed.c.lane)).cte("due")
    is_urgent = lane.c.id.in_(select(arrived.c.lane).where(arrived.c.rank == SINGLY))
    share = select(func.greatest(LANES_AT_LEAST, LANES * limit / func.greatest(func.count(), 1))).select_from(due)
    return (
        select(lane.c.id)
        .where(lane.c.id.in_(select(due.c.lane)))
        .order_by(is_urgent.desc(), (lane.c.id + bindparam("first", type_=Integer)) % LANES)
        .limit(share.scalar_subquery())
        .with_for_update(skip_locked=True, of=lane)
    )


_LANES_OF = (
    select(lane.c.id)
    .where(
        or_(
            in_set(lane.c.id, "lanes"),
            lane.c.id.in_(select(token.c.lane).where(in_set(token.c.run_id, "runs"))),
        )
    )
    .order_by(lane.c.id)
    .with_for_update(skip_locked=True)
)
_ORIGINS: Mapping[int, Origin] = {
    ActorKind.SYSTEM: "system",
    ActorKind.USER: "hand",
    ActorKind.RUN: "robot",
    ActorKind.IMPORT: "import",
    ActorKind.API: "api",
    ActorKind.FORM: "form",
    ActorKind.WEBHOOK: "webhook",
}
_FRESH = inbox.c.attempts < MAX_ATTEMPTS
_ORDER = (inbox.c.rank, inbox.c.event_id)
_EVENT = (
    inbox.c.attempts,
    inbox.c.rank,
    event.c.id,
    event.c.kind,
    event.c.person_id,
    event.c.subject_id,
    event.c.caused_by,
    event.c.depth,
    event.c.occurred_at,
    event.c.data,
)


_ATTEMPTS, _RANK, _ID, _PERSON = 0, 1, 2, 4
_EARLIER = (
    select(event.c.person_id, func.min(event.c.id))
    .join(inbox, inbox.c.event_id == event.c.id)
    .where(in_set(event.c.person_id, "persons"), inbox.c.rank == IN_NUMBERS, _FRESH)
    .group_by(event.c.person_id)
)
_LEFT = (
    select(event.c.person_id)
    .join(inbox, inbox.c.event_id == event.c.id)
    .where(in_set(event.c.person_id, "persons"), inbox.c.attempts >= bindparam("below", type_=Integer), _FRESH)
)


@cache
def _statements(*, by_lane: bool, is_narrowed: bool, is_aside: bool) -> tuple[Select[Any], Select[Any]]:
    """Return the statements that find events, and runs with a token whose time has come.

    A token that also waits for events is left while an event of its person is still in the inbox: whichever was first must win.
    """
    below = bindparam("below", type_=Integer)
    wanted = inbox.c.attempts > MAX_ATTEMPTS if is_aside else inbox.c.attempts < below
    events = select(*_EVENT).join(event, event.c.id == inbox.c.event_id).where(wanted)
    pending = (
        select(event.c.id)
        .join(inbox, inbox.c.event_id == event.c.id)
        .where(event.c.person_id == token.c.person_id, _FRESH)
        .exists()
    )
    awaits = select(subscription.c.id).where(subscription.c.token_id == token.c.id).exists()
    runs = (
        select(run.c.id, func.max(run.c.attempts))
        .join(token, token.c.run_id == run.c.id)
        .where(
            token.c.due_at <= bindparam("now"),
            run.c.status == WAITING,
            run.c.attempts < below,
            or_(~awaits, ~pending),
        )
        .group_by(run.c.id)
        .order_by(func.min(token.c.due_at), run.c.id)
    )
    if by_lane:
        events = events.where(in_set(inbox.c.lane, "lanes"))
        runs = runs.where(in_set(token.c.lane, "lanes"))
    if is_narrowed:
        events = events.where(in_set(inbox.c.event_id, "events"))
        runs = runs.where(in_set(run.c.id, "runs"))
    limit = bindparam("limit", type_=Integer)
    return events.order_by(*_ORDER).limit(limit), runs.limit(limit)


def _events_of(work: Work, rows: Iterable[tuple[Any, ...]]) -> list[Event]:
    found = []
    known: dict[str, Mapping[str, object]] = {}
    for _, _, id_, kind, person_id, subject_id, caused_by, depth, occurred_at, data in rows:
        values = known.get(data)
        if values is None:
            values = known[data] = json.loads(data)
        what = KIND_BY_CODE[kind]
        actor = caused_by % 16
        found.append(
            Event(
                id_,
                what.name,
                person_id,
                what.subject,
                subject_id,
                values,
                work.moment(occurred_at),
                depth,
                "recall" if values.get("recall") else _ORIGINS[actor],
                str(caused_by // 16) if actor == ActorKind.RUN else None,
            )
        )
    return found
