"""Those who are released to a new version: each minute as many as an hour's share allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from db.database import Database
from funnels.publication.releasing import release_some, releases

AT_ONCE: Final = 500
"""Runs of one transaction."""
_MINUTES: Final = 60


class Releases:
    """Lets them go; what is left of a share is remembered from minute to minute."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._left: dict[tuple[int, int], float] = {}

    def minute(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Release what a minute allows; returns how many.  ``goes_on`` is asked before each transaction."""
        with self._database.reading() as work:
            found = releases(work)
        left = {(one.publication_id, one.node): 0.0 for one in found}
        self._left = {**left, **{place: had for place, had in self._left.items() if place in left}}
        released = 0
        for one in found:
            place, share = (one.publication_id, one.node), one.per_hour / _MINUTES
            room = min(self._left[place] + share, max(share, 1.0))
            while room >= 1 and goes_on():
                most = min(int(room), AT_ONCE)
                with self._database.work() as work:
                    count = release_some(work, one, most)
                released, room = released + count, room - count
                if count < most:
                    break
            self._left[place] = room
        return released
