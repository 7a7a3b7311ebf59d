"""Pressure: how many events wait, and whether so many do that whoever sends more in bulk is asked to come later."""

from __future__ import annotations

import threading
import time
from typing import Final

from sqlalchemy import func, select

from crm.tables.journal import inbox
from db.database import Database
from db.work import Work

MOST_WAITING: Final = 100_000
"""So many events may wait before bulk senders are asked to come later; workers do as many in a minute or a few."""
_KEPT: Final = 1.0
_lock = threading.Lock()


def waiting(work: Work, most: int) -> int:
    """Return how many events wait, counted up to ``most``.  One walk along an index."""
    some = select(inbox.c.event_id).limit(most).subquery()
    return int(work.scalar(select(func.count()).select_from(some)) or 0)


def is_pressed(database: Database, *, most: int = MOST_WAITING) -> bool:
    """Tell whether ``most`` events wait or more; looked up once a second, however often it is asked."""
    with _lock:
        known: tuple[float, bool] | None = database.cache.get("pressure")
        if known is None or time.monotonic() - known[0] > _KEPT:
            with database.reading() as work:
                known = database.cache["pressure"] = (time.monotonic(), waiting(work, most) >= most)
        return known[1]
