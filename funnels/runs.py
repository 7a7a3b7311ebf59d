"""Where runs are: how many are inside each funnel, what is due, and which are parked and why.  For the command line and pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from crm.tables.journal import inbox
from db.work import Work
from engine.event import SUBJECT_KINDS
from funnels.standing_still import stands_still
from funnels.stored_error import error_words
from funnels.tables import MAX_ATTEMPTS, funnel, node_total, run, token

_WAITING = 1
_MOST_PARKED = 100


@dataclass(frozen=True, slots=True)
class FunnelCount:
    """A funnel: how many runs ever entered it, how many left, how many are inside, and how many of these are parked."""

    key: str
    name: str
    entered: int
    left: int
    inside: int
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedRun:
    """A run that stands still until a person sets it going.  ``node`` is the node's id where it is known."""

    id: int
    funnel: str
    subject: str
    subject_id: int
    node: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """The state of all runs, or of one funnel's.

    ``events`` wait to be looked at, ``due`` runs to be woken; ``set_aside`` events ended the process again and again;
    ``next_due`` is the next timer, ``None`` where nothing waits for a time.
    """

    at: datetime
    events: int
    due: int
    set_aside: int
    next_due: datetime | None
    funnels: tuple[FunnelCount, ...]
    parked: tuple[ParkedRun, ...]

    @property
    def is_idle(self) -> bool:
        """True while nothing is left to do now."""
        return self.events == 0 and self.due == 0


def report(work: Work, *, funnel_key: str | None = None) -> RunReport:
    """Return where runs are.  A fixed number of queries; of parked runs at most 100, the oldest first."""
    fresh = work.scalar(select(func.count()).select_from(inbox).where(inbox.c.attempts < MAX_ATTEMPTS))
    aside = work.scalar(select(func.count()).select_from(inbox).where(inbox.c.attempts >= MAX_ATTEMPTS))
    due = work.scalar(_DUE, {"now": work.now})
    rows = work.rows(select(funnel.c.id, funnel.c.key, funnel.c.name, funnel.c.numbers).order_by(funnel.c.key))
    shown = [row for row in rows if funnel_key is None or row.key == funnel_key]
    return RunReport(
        work.now,
        int(fresh or 0),
        int(due or 0),
        int(aside or 0),
        work.scalar(_NEXT, {"now": work.now}),
        _counts(work, shown),
        _parked(work, shown),
    )


def is_idle(work: Work) -> bool:
    """Tell whether nothing is left to do now.  Two look-ups by index."""
    if work.rows(select(inbox.c.event_id).where(inbox.c.attempts < MAX_ATTEMPTS).limit(1)):
        return False
    return not work.scalar(_DUE, {"now": work.now})


def parked_ids(work: Work, *, funnel_key: str | None = None) -> list[int]:
    """Return the ids of all parked runs, or of one funnel's, the oldest first."""
    query = select(run.c.id).where(stands_still()).order_by(run.c.id)
    if funnel_key is not None:
        query = query.join(funnel, funnel.c.id == run.c.funnel_id).where(funnel.c.key == funnel_key)
    return [row.id for row in work.rows(query)]


_TIMED = (
    select(token.c.run_id)
    .join(run, run.c.id == token.c.run_id)
    .where(run.c.status == _WAITING, run.c.attempts < MAX_ATTEMPTS)
)
_DUE = _TIMED.with_only_columns(func.count(token.c.run_id.distinct())).where(token.c.due_at <= bindparam("now"))
_NEXT = (
    _TIMED.with_only_columns(token.c.due_at).where(token.c.due_at > bindparam("now")).order_by(token.c.due_at).limit(1)
)


def _counts(work: Work, rows: Sequence[Any]) -> tuple[FunnelCount, ...]:
    totals = {
        row.funnel_id: row
        for row in work.rows(
            select(
                node_total.c.funnel_id,
                func.sum(node_total.c.entered).label("entered"),
                func.sum(node_total.c.left).label("gone"),
            )
            .where(node_total.c.node == 0)
            .group_by(node_total.c.funnel_id)
        )
    }
    parked = {
        row.funnel_id: row.runs
        for row in work.rows(
            select(run.c.funnel_id, func.count().label("runs")).where(stands_still()).group_by(run.c.funnel_id)
        )
    }
    found = []
    for row in rows:
        total = totals.get(row.id)
        entered, left = (int(total.entered), int(total.gone)) if total is not None else (0, 0)
        found.append(FunnelCount(row.key, row.name, entered, left, entered - left, parked.get(row.id, 0)))
    return tuple(found)


def _parked(work: Work, rows: Sequence[Any]) -> tuple[ParkedRun, ...]:
    keys = {row.id: row.key for row in rows}
    query = (
        select(run.c.id, run.c.funnel_id, run.c.subject_kind, run.c.subject_id, run.c.error)
        .where(stands_still(), run.c.funnel_id.in_(list(keys)))
        .order_by(run.c.id)
        .limit(_MOST_PARKED)
    )
    found = []
    for row in work.rows(query):
        error = json.loads(row.error) if row.error else {}
        found.append(
            ParkedRun(
                row.id,
                keys[row.funnel_id],
                SUBJECT_KINDS[row.subject_kind],
                row.subject_id,
                str(error.get("node") or ""),
                str(error.get("code") or ""),
                error_words(error),
            )
        )
    return tuple(found)
