"""Suspicion: what was there when a process ended may have ended it, or may only have been there.

What was there once is taken in groups of 32; what was there more often, alone, so that from then on a death speaks of it and of
nothing else.  But a process that is killed again and again in its first moments would meet the same few there each time.  So they
are left until a process has lived for some seconds, drawn by lot: whatever else ends processes hardly meets them once, and never
again and again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from db.database import Database
from funnels.tables import MAX_ATTEMPTS

GROUP = 32
"""So many of what was there once when a process ended are claimed together."""
ALONE = 2
"""What was there so often, or more often, is claimed alone, and not before the process has settled."""
SETTLING = (5.0, 15.0)
"""Between so many seconds after a process began to work it has settled."""


def reach(database: Database) -> int:
    """Return how often what this process takes was there when a process ended: fewer than so many times."""
    settles_at: float = database.cache.setdefault("settles_at", time.monotonic() + random.uniform(*SETTLING))
    return MAX_ATTEMPTS if time.monotonic() >= settles_at else ALONE


@contextmanager
def reaching(database: Database) -> Iterator[int]:
    """Give the same of this thread: of a process one at a time takes suspects, so that the next end blames few."""
    is_ours = database.suspects.acquire(blocking=False)
    try:
        yield reach(database) if is_ours else 1
    finally:
        if is_ours:
            database.suspects.release()
