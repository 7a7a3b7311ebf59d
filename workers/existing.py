"""Robots that take the deals of their stage: each minute as many as an hour's share allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from db.database import Database
from funnels.existing import start_existing, takings

AT_ONCE: Final = 500
"""Deals of one transaction."""
_MINUTES: Final = 60


class Existing:
    """Lets them in; what is left of a robot's share is remembered from minute to minute."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._left: dict[str, float] = {}

    def minute(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Start what a minute allows; returns how many.  ``goes_on`` is asked before each transaction."""
        with self._database.reading() as work:
            found = takings(work)
        self._left = {one.key: self._left.get(one.key, 0.0) for one in found}
        started = 0
        for one in found:
            share = one.per_hour / _MINUTES
            left = min(self._left[one.key] + share, max(share, 1.0))
            while left >= 1 and goes_on():
                most = min(int(left), AT_ONCE)
                with self._database.work() as work:
                    count = start_existing(work, one, most)
                started, left = started + count, left - count
                if count < most:
                    break
            self._left[one.key] = left
        return started
