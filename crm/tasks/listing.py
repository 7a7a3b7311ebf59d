"""Lists of open tasks: those of a record, one's own, those of a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select

from crm.access.actor import Viewer
from crm.directory import Directory, User, directory
from crm.tables.records import deal, lead, task
from db.sets import in_set
from db.work import Work

OPEN = 0


@dataclass(frozen=True, slots=True)
class TaskShown:
    """A task as lists and cards show it.

    ``kind`` and ``record_id`` name the deal or lead that it hangs on, ``about`` is its title; ``made_by`` is ``funnel/node`` of
    the run that made it.  ``due_at`` is ``None`` without a deadline, also while it waits for an event (``waits``).
    """

    id: int
    title: str
    text: str | None
    type: str
    due_at: datetime | None
    waits: bool
    responsible: User | None
    supervisor: User | None
    kind: Literal["deal", "lead"]
    record_id: int | None
    about: str | None
    made_by: str | None
    run_id: int | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TaskLoad:
    """How much somebody has to do: open tasks, of these due before the day ends, of these late."""

    user: User | None
    open: int
    today: int
    late: int


def open_tasks_of(work: Work, kind: Literal["deal", "lead"], record_id: int) -> tuple[TaskShown, ...]:
    """Return the open tasks of a record that the caller may see, those due first in front; at most 100.  One query."""
    settings = directory(work)
    query = _OF_DEAL if kind == "deal" else _OF_LEAD
    return tuple(_shown(settings, row) for row in work.rows(query, {"record": record_id}))


def open_tasks_where(work: Work, which: ColumnElement[bool], parameters: Mapping[str, Any]) -> tuple[TaskShown, ...]:
    """Return the open tasks that a condition on ``task`` names, those due first in front; at most 100.  One query.

    The caller has seen to it that they may be seen.
    """
    settings = directory(work)
    return tuple(_shown(settings, row) for row in work.rows(_LIST.where(which).limit(100), parameters))


def open_tasks(
    work: Work,
    user_ids: Sequence[int],
    *,
    viewer: Viewer,
    limit: int = 200,
    also: ColumnElement[bool] | None = None,
) -> tuple[TaskShown, ...]:
    """Return the open tasks of people whom the viewer may see, those due first in front.  One query.

    ``also`` is any other condition on ``task``.
    """
    settings = directory(work)
    query = _OF_USERS if also is None else _OF_USERS.where(also)
    rows = work.rows(query.limit(limit), {"users": _seen(user_ids, viewer)})
    return tuple(_shown(settings, row) for row in rows)


def task_loads(work: Work, user_ids: Sequence[int], *, viewer: Viewer, day_ends: datetime) -> tuple[TaskLoad, ...]:
    """Return how much each of these people has to do, who is late most in front.  One query."""
    settings, users = directory(work), _seen(user_ids, viewer)
    rows = work.rows(_LOADS, {"users": users, "now": work.now, "day_ends": day_ends})
    found = {row.responsible_id: (int(row.open), int(row.today or 0), int(row.late or 0)) for row in rows}
    loads = [TaskLoad(settings.users[user], *found.get(user, (0, 0, 0))) for user in users if user in settings.users]
    return tuple(sorted(loads, key=lambda one: (-one.late, -one.today, -one.open, one.user.name if one.user else "")))


def _seen(user_ids: Sequence[int], viewer: Viewer) -> list[int]:
    return [one for one in user_ids if viewer.owner_ids is None or one in viewer.owner_ids]


def _shown(settings: Directory, row: Any) -> TaskShown:
    is_deal = row.deal_id is not None
    return TaskShown(
        row.id,
        row.title,
        row.body,
        row.type,
        row.due_at,
        row.awaits is not None,
        settings.users.get(row.responsible_id) if row.responsible_id is not None else None,
        settings.users.get(row.supervisor_id) if row.supervisor_id is not None else None,
        "deal" if is_deal else "lead",
        row.deal_id if is_deal else row.lead_id,
        row.deal_title if is_deal else row.lead_title,
        row.made_by,
        row.run_id,
        row.created_at,
        row.version,
    )


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join_from(task, deal, deal.c.id == task.c.deal_id, isouter=True).join(
        lead, and_(lead.c.id == task.c.lead_id, task.c.deal_id.is_(None)), isouter=True
    )


_LIST = (
    _joined(select(task, deal.c.title.label("deal_title"), lead.c.title.label("lead_title")))
    .where(task.c.status == OPEN)
    .order_by(case((task.c.due_at.is_(None), 1), else_=0), task.c.due_at, task.c.id)
)
_OF_DEAL = _LIST.where(task.c.deal_id == bindparam("record")).limit(100)
_OF_LEAD = _LIST.where(task.c.deal_id.is_(None), task.c.lead_id == bindparam("record")).limit(100)
_OF_USERS = _LIST.where(in_set(task.c.responsible_id, "users"))
_LOADS = (
    select(
        task.c.responsible_id,
        func.count().label("open"),
        func.sum(case((task.c.due_at < bindparam("day_ends", type_=task.c.due_at.type), 1), else_=0)).label("today"),
        func.sum(case((task.c.due_at < bindparam("now", type_=task.c.due_at.type), 1), else_=0)).label("late"),
    )
    .where(task.c.status == OPEN, in_set(task.c.responsible_id, "users"))
    .group_by(task.c.responsible_id)
)
