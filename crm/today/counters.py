"""The numbers beside the navigation: what waits for a user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, ScalarSelect, Select, bindparam, func, select

from crm.access.actor import Viewer
from crm.directory import directory
from crm.tables.accounts import notification
from crm.tables.records import lead, task
from db.types import Utc
from db.work import Work

MOST = 99
"""More are not counted: nobody reads a larger number, and counting stays cheap."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Open tasks that are due today or late, leads nobody has looked at, notes not read; each at most ``MOST`` + 1."""

    due_tasks: int
    new_leads: int
    unread: int


def counters(work: Work, *, viewer: Viewer) -> Counters:
    """Return what waits for a user: one statement of three look-ups by index."""
    zone = ZoneInfo(str(directory(work).organization["zone"]))
    today = work.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    [found] = work.tuples(_COUNTS, {"user": viewer.user_id, "tomorrow": today + timedelta(days=1)})
    return Counters(*found)


def _count(query: Select[Any]) -> ScalarSelect[Any]:
    return select(func.count()).select_from(query.limit(MOST + 1).subquery()).scalar_subquery()


_USER = bindparam("user", type_=Integer)
_COUNTS = select(
    _count(
        select(task.c.id).where(
            task.c.responsible_id == _USER, task.c.status == 0, task.c.due_at < bindparam("tomorrow", type_=Utc())
        )
    ),
    _count(
        select(lead.c.id).where(
            lead.c.owner_id == _USER, lead.c.status == "not_processed", lead.c.archived_at.is_(None)
        )
    ),
    _count(select(notification.c.id).where(notification.c.user_id == _USER, notification.c.read_at.is_(None))),
)
