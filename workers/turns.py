"""Turns: while little is due one thread of a process works, and what comes meanwhile is its next batch; while much is, all do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE = 0.25
"""Seconds after which one who works on a batch is not waited for."""
LONGEST_REST = 0.03
"""Seconds that one rests at most between two small batches."""


class Turns:
    """Says who of a process's threads works.  A batch of ten costs little more than one of a single lead."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._is_called_again = False
        self._is_much = False
        self._moved_at = 0.0
        self._took = 0.0

    def enter(self) -> bool:
        """True where the caller is to work; otherwise who works already looks again before he ends."""
        with self._lock:
            if self._inside and not self._is_much and self._clock() - self._moved_at < PATIENCE:
                self._is_called_again = True
                return False
            if not self._inside:
                self._is_much = False
            self._inside += 1
            self._moved_at = self._clock()
            return True

    def move(self, *, is_more: bool) -> None:
        """Note that a batch is done, and whether more was due than it took."""
        with self._lock:
            now = self._clock()
            self._took, self._moved_at = now - self._moved_at, now
            self._is_much = is_more

    def rest(self) -> float:
        """Return for how many seconds the caller rests before he looks again, as he must.

        Who was called while he worked on little rests as long as that took: leads that come one by one, without a pause between
        them, are his next batch together.  Who was not called rests not at all.
        """
        with self._lock:
            if self._is_much or not self._is_called_again:
                return 0.0
            self._is_called_again = False
            return min(self._took, LONGEST_REST)

    def leave(self) -> bool:
        """End the caller's work; false where somebody called meanwhile, and the caller is to look again."""
        with self._lock:
            if self._is_called_again:
                self._is_called_again = False
                return False
            self._inside -= 1
            return True

    def break_off(self) -> None:
        """End the caller's work, whoever has called: the lookout finds what is left."""
        with self._lock:
            self._is_called_again = False
            self._inside -= 1
