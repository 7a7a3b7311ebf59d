"""Lanes of persons: whoever changes runs locks them first, and records only then.

All that is under way for a person is in one lane.  A worker takes lanes without ever waiting for one, then writes records.  So
whoever changes runs and records waits for lanes with no record in its hands, and the two never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from crm.journal import LANES
from crm.tables.journal import lane
from db.sets import in_set
from db.work import Work

_LOCK: Final = select(lane.c.id).where(in_set(lane.c.id, "lanes")).order_by(lane.c.id).with_for_update()


def lock_lanes(work: Work, person_ids: Iterable[int]) -> None:
    """Lock the lanes of persons: no worker does anything with them until the end of this transaction.

    One statement; none on SQLite, which has one writer.  To be called before records are locked.
    """
    lanes = sorted({person_id % LANES for person_id in person_ids})
    if lanes and not work.is_sqlite:
        work.rows(_LOCK, {"lanes": lanes})
