"""The numbers beside the navigation: what waits for a user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from crm.access.actor import Viewer
from crm.directory import directory
from crm.tables.accounts import notification
from crm.tables.records import lead, task
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
    """Return what waits for a user: three look-ups by index."""
    zone = ZoneInfo(str(directory(work).organization["zone"]))
    today = work.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tasks = select(task.c.id).where(
        task.c.responsible_id == viewer.user_id, task.c.status == 0, task.c.due_at < today + timedelta(days=1)
    )
    leads = select(lead.c.id).where(lead.c.owner_id == viewer.user_id, lead.c.status == "not_processed")
    notes = select(notification.c.id).where(notification.c.user_id == viewer.user_id, notification.c.read_at.is_(None))
    found = (
        work.scalar(select(func.count()).select_from(query.limit(MOST + 1).subquery()))
        for query in (tasks, leads, notes)
    )
    return Counters(*(int(one or 0) for one in found))
