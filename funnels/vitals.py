"""Vital signs: what waits, how late it is, who works, in numbers.  For metrics, the health page and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, select

from crm.tables.journal import event, inbox
from db.lease import lease
from db.processes import SILENT, seen
from db.work import Work
from funnels.standing_still import stands_still
from funnels.tables import MAX_ATTEMPTS, batch, funnel, node_total, outbox, run, token

SCHEDULER_LEASE: Final = "scheduler"
"""The name of the lease that the leading scheduler holds."""
_WAITING = 1
_NOTHING: Final = timedelta(0)
_FRESH: Final = inbox.c.attempts < MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Alive:
    """A process that has said that it lives.  ``silent`` is how long ago; ``counts`` what it has done since it started."""

    kind: str
    host: str
    pid: int
    version: str
    started_at: datetime
    silent: timedelta
    counts: Mapping[str, int]

    @property
    def is_alive(self) -> bool:
        """It has said so lately."""
        return self.silent <= SILENT


@dataclass(frozen=True, slots=True)
class FunnelRuns:
    """The runs of a funnel: how many ever entered and ended, how many are inside, and of these how many are parked."""

    key: str
    entered: int
    ended: int
    parked: int

    @property
    def waiting(self) -> int:
        """Runs inside that are not parked."""
        return self.entered - self.ended - self.parked


@dataclass(frozen=True, slots=True)
class Queue:
    """Messages of one channel and state: how many, and how long the oldest of those that are due has waited."""

    channel: str
    state: str
    messages: int
    late: timedelta


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at the whole.

    ``events`` are in the inbox, the oldest ``events_late``, beside those ``set_aside``; the run that should have woken first is
    ``timers_late``, zero where none is late.  ``leader`` holds the scheduler's lease, or held it: ``led_ago`` is how long that
    is over, zero while it holds, ``None`` where none has led or the last has ended in order.  ``batch_age`` is that of the
    oldest batch under way.
    """

    at: datetime
    events: int
    set_aside: int
    events_late: timedelta
    timers_late: timedelta
    batch_age: timedelta
    leader: str | None
    led_ago: timedelta | None
    processes: tuple[Alive, ...]
    funnels: tuple[FunnelRuns, ...]
    outbox: tuple[Queue, ...]

    def alive(self, kind: str) -> int:
        """Return how many processes of a kind live."""
        return sum(one.is_alive for one in self.processes if one.kind == kind)

    def leads(self, one: Alive) -> bool:
        """Tell whether a process holds the scheduler's lease now."""
        return not self.led_ago and self.leader is not None and self.leader.startswith(f"{one.host}:{one.pid}:")


def vitals(work: Work) -> Vitals:
    """Take one look.  A fixed number of queries; each goes by an index and reads only what is under way, or sums."""
    now = work.now
    leader, led_ago = _leader(work)
    return Vitals(
        now,
        int(work.scalar(select(func.count()).where(_FRESH)) or 0),
        int(work.scalar(select(func.count()).where(~_FRESH)) or 0),
        _since(now, work.scalar(_OLDEST_EVENT)),
        _since(now, work.scalar(_FIRST_TIMER)),
        _since(now, work.scalar(select(func.min(batch.c.started_at)))),
        leader,
        led_ago,
        tuple(
            Alive(one.kind, one.host, one.pid, one.version, one.started_at, _since(now, one.seen_at), one.counts)
            for one in seen(work)
        ),
        _funnels(work),
        tuple(
            Queue(one.channel, one.state, one.messages, _since(now, one.oldest) if one.state == "queued" else _NOTHING)
            for one in work.rows(_OUTBOX)
        ),
    )


def _since(now: datetime, then: datetime | None) -> timedelta:
    return _NOTHING if then is None else max(now - then, _NOTHING)


def _leader(work: Work) -> tuple[str | None, timedelta | None]:
    rows = work.rows(select(lease.c.holder, lease.c.until).where(lease.c.name == SCHEDULER_LEASE))
    return (rows[0].holder, _since(work.now, rows[0].until)) if rows else (None, None)


def _funnels(work: Work) -> tuple[FunnelRuns, ...]:
    totals = (
        select(
            node_total.c.funnel_id,
            func.sum(node_total.c.entered).label("entered"),
            func.sum(node_total.c.left).label("ended"),
        )
        .where(node_total.c.node == 0)
        .group_by(node_total.c.funnel_id)
        .subquery()
    )
    parked = (
        select(run.c.funnel_id, func.count().label("runs")).where(stands_still()).group_by(run.c.funnel_id).subquery()
    )
    query = (
        select(
            funnel.c.key,
            func.coalesce(totals.c.entered, 0).label("entered"),
            func.coalesce(totals.c.ended, 0).label("ended"),
            func.coalesce(parked.c.runs, 0).label("parked"),
        )
        .outerjoin(totals, totals.c.funnel_id == funnel.c.id)
        .outerjoin(parked, parked.c.funnel_id == funnel.c.id)
        .order_by(funnel.c.key)
    )
    return tuple(FunnelRuns(row.key, int(row.entered), int(row.ended), int(row.parked)) for row in work.rows(query))


_OLDEST_EVENT = (
    select(event.c.recorded_at)
    .join(inbox, inbox.c.event_id == event.c.id)
    .where(_FRESH)
    .order_by(inbox.c.event_id)
    .limit(1)
)
_FIRST_TIMER = (
    select(token.c.due_at)
    .join(run, and_(run.c.id == token.c.run_id, run.c.status == _WAITING))
    .where(token.c.due_at.is_not(None))
    .order_by(token.c.due_at)
    .limit(1)
)
_OUTBOX = (
    select(outbox.c.channel, outbox.c.state, func.count().label("messages"), func.min(outbox.c.due_at).label("oldest"))
    .where(outbox.c.state.in_(("queued", "sending", "unknown", "failed")))
    .group_by(outbox.c.channel, outbox.c.state)
    .order_by(outbox.c.channel, outbox.c.state)
)
