"""Suspicion: what was there when a process ended may have ended it, or may only have been there.

What was there once is taken in groups of 32; what was there twice, alone.  Each such group that a process survives doubles the
next one, so thousands that were only there are soon cleared.  A death in company says no more than that somebody of these did it;
a death alone speaks of one and of nothing else, and only such deaths are counted from then on.

But a process that is killed again and again in its first moments would meet the same few there each time.  So they are left
until a process has lived for some seconds, drawn by lot: whatever else ends processes hardly meets them once, and never again
and again.
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
"""What was there so often is claimed alone at first, and not before the process has settled; more often, always alone."""
TRUST = 32
"""So many times a group may have grown."""
SETTLING = (5.0, 15.0)
"""Between so many seconds after a process began to work it has settled."""


def reach(database: Database) -> int:
    """Return how often what this process takes was there when a process ended: fewer than so many times."""
    settles_at: float = database.cache.setdefault("settles_at", time.monotonic() + random.uniform(*SETTLING))
    return MAX_ATTEMPTS if time.monotonic() >= settles_at else ALONE


def group_size(database: Database, attempts: int) -> int:
    """Return how many of what was there ``attempts`` times are claimed together."""
    trust: int = database.cache.get("trust", 1)
    return 1 if attempts > ALONE else trust if attempts == ALONE else GROUP * trust


def survived(database: Database) -> None:
    """Note that a group of suspects was done: the next may be larger."""
    database.cache["trust"] = min(2 * database.cache.get("trust", 1), TRUST)


@contextmanager
def reaching(database: Database) -> Iterator[int]:
    """Give the same of this thread: of a process one at a time takes suspects, so that the next end blames few."""
    is_ours = database.suspects.acquire(blocking=False)
    try:
        yield reach(database) if is_ours else 1
    finally:
        if is_ours:
            database.suspects.release()
