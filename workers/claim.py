"""Claiming: what is due, taken under lock in the transaction that does the work.

On PostgreSQL a worker locks lanes with ``skip locked``: all events, runs and messages of a person are in one lane, so two workers
never touch one person at a time, and an event cannot race the wait it ends.  SQLite has one writer, so everything is its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select, union_all

from crm.actor import ActorKind, unpack
from crm.tables.journal import event, inbox, lane
from db.sets import in_set
from db.work import Work
from engine.event import KIND_BY_CODE, Event, Origin
from funnels.tables import run, subscription, token
from workers.walker import WAITING

MAX_ATTEMPTS = 3
"""What ended the process so often is not tried again by itself."""
LANES_AT_ONCE = 64
"""How many of the 256 lanes one batch may lock, so that several workers find some."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a batch will work on: events of different persons in journal order, and runs whose time has come.

    ``more`` says that there was more than fitted.
    """

    events: tuple[Event, ...]
    run_ids: tuple[int, ...]
    more: bool

    def __bool__(self) -> bool:
        return bool(self.events or self.run_ids)


def claim(work: Work, limit: int, *, only: Claim | None = None) -> Claim:
    """Take up to ``limit`` events and ``limit`` runs; ``only`` narrows to what another claim held.

    A fixed number of queries.  What has ended a process before is claimed alone, so that it is found.
    """
    lanes = None if work.is_sqlite else _lock_lanes(work, limit)
    if lanes is not None and not lanes:
        return Claim((), (), more=False)
    event_rows = work.rows(*_events(lanes, limit, only))
    run_rows = work.rows(*_due_runs(work, lanes, limit, only))
    more = len(event_rows) >= limit or len(run_rows) >= limit
    troubled = next((row for row in event_rows if row.attempts), None)
    if troubled is not None and len(event_rows) + len(run_rows) > 1:
        return Claim(tuple(_events_of([troubled])), (), more=True)
    broken = next((row for row in run_rows if row.attempts), None)
    if broken is not None and len(event_rows) + len(run_rows) > 1:
        return Claim((), (broken.id,), more=True)
    firsts: dict[int, Any] = {}
    for row in event_rows:
        firsts.setdefault(row.person_id, row)
    more = more or len(firsts) < len(event_rows)
    return Claim(tuple(_events_of(firsts.values())), tuple(row.id for row in run_rows), more)


def _lock_lanes(work: Work, limit: int) -> list[int]:
    """Lock some lanes in which something is due and return them, starting at a random one so that none starves."""
    first = random.randrange(256)
    due = (
        union_all(
            select(select(inbox.c.lane).where(_FRESH).order_by(inbox.c.event_id).limit(limit * 2).subquery().c.lane),
            select(
                select(token.c.lane)
                .where(token.c.due_at <= bindparam("now"))
                .order_by(token.c.due_at)
                .limit(limit * 2)
                .subquery()
                .c.lane
            ),
        )
    ).subquery()
    query = (
        select(lane.c.id)
        .where(lane.c.id.in_(select(due.c.lane)))
        .order_by((lane.c.id + bindparam("first")) % 256)
        .limit(LANES_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return [row.id for row in work.rows(query, {"now": work.now, "first": first})]


_ORIGINS: Mapping[ActorKind, Origin] = {
    ActorKind.SYSTEM: "system",
    ActorKind.USER: "hand",
    ActorKind.RUN: "robot",
    ActorKind.IMPORT: "import",
    ActorKind.API: "api",
}
_FRESH = inbox.c.attempts < MAX_ATTEMPTS
_EVENT = (
    inbox.c.attempts,
    event.c.id,
    event.c.kind,
    event.c.person_id,
    event.c.subject_id,
    event.c.caused_by,
    event.c.depth,
    event.c.occurred_at,
    event.c.data,
)


def _events(lanes: Sequence[int] | None, limit: int, only: Claim | None) -> tuple[Any, dict[str, Any]]:
    query = select(*_EVENT).join(event, event.c.id == inbox.c.event_id).where(_FRESH)
    parameters: dict[str, Any] = {}
    if lanes is not None:
        query = query.where(in_set(inbox.c.lane, "lanes"))
        parameters["lanes"] = lanes
    if only is not None:
        query = query.where(in_set(inbox.c.event_id, "events"))
        parameters["events"] = [one.id for one in only.events]
    return query.order_by(inbox.c.event_id).limit(limit), parameters


def _due_runs(work: Work, lanes: Sequence[int] | None, limit: int, only: Claim | None) -> tuple[Any, dict[str, Any]]:
    """Find runs with a token whose time has come.

    A token that also waits for events is left while an event of its person is still in the inbox: whichever was first must win.
    """
    pending = (
        select(event.c.id)
        .join(inbox, inbox.c.event_id == event.c.id)
        .where(event.c.person_id == token.c.person_id, _FRESH)
        .exists()
    )
    awaits = select(subscription.c.id).where(subscription.c.token_id == token.c.id).exists()
    query = (
        select(run.c.id, func.max(run.c.attempts).label("attempts"))
        .join(token, token.c.run_id == run.c.id)
        .where(
            token.c.due_at <= bindparam("now"),
            run.c.status == WAITING,
            run.c.attempts < MAX_ATTEMPTS,
            or_(~awaits, ~pending),
        )
    )
    parameters: dict[str, Any] = {"now": work.now}
    if lanes is not None:
        query = query.where(in_set(token.c.lane, "lanes"))
        parameters["lanes"] = lanes
    if only is not None:
        query = query.where(in_set(run.c.id, "runs"))
        parameters["runs"] = list(only.run_ids)
    return query.group_by(run.c.id).order_by(func.min(token.c.due_at), run.c.id).limit(limit), parameters


def _events_of(rows: Collection[Any]) -> list[Event]:
    found = []
    known: dict[str, Mapping[str, object]] = {}
    for _, id_, kind, person_id, subject_id, caused_by, depth, occurred_at, data in rows:
        values = known.get(data)
        if values is None:
            values = known[data] = json.loads(data)
        what = KIND_BY_CODE[kind]
        actor, _ = unpack(caused_by)
        found.append(
            Event(
                id_,
                what.name,
                person_id,
                what.subject,
                subject_id,
                values,
                occurred_at,
                depth,
                _ORIGINS[actor],
                str(caused_by // 16) if actor is ActorKind.RUN else None,
            )
        )
    return found
