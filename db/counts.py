"""Counts of what a process has done since it started: for those who watch it, never for decisions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Counts:
    """Numbers by name, counted up by any thread.  ``name:label`` tells kinds of one thing apart."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, number: int = 1) -> None:
        """Count up."""
        with self._lock:
            self._numbers[name] += number

    def add_all(self, numbers: Mapping[str, int]) -> None:
        """Count several up at once."""
        with self._lock:
            self._numbers.update(numbers)

    def now(self) -> dict[str, int]:
        """Return all numbers as they are now."""
        with self._lock:
            return dict(self._numbers)
