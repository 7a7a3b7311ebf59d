"""Long work that writes batch after batch lets others write in between."""

from __future__ import annotations

import time
from typing import Final

from db.database import Database

STRETCH: Final = 0.3
"""So many seconds of writing, then a pause."""
PAUSE: Final = 0.11
"""Whoever waits for SQLite's one writer looks again after at most a tenth of a second: within this he finds it free."""


class GivingWay:
    """Pauses of one long piece of work; there are none on PostgreSQL, where writers do not wait for each other."""

    def __init__(self, database: Database) -> None:
        self._pauses = database.is_sqlite
        self._since = time.monotonic()

    def between_batches(self) -> None:
        """Pause, where it is time to; called with no transaction open."""
        if self._pauses and time.monotonic() - self._since >= STRETCH:
            time.sleep(PAUSE)
            self._since = time.monotonic()
