"""Draining: batch after batch until nothing is due."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.database import Database
from workers.batch import Done, run_batch

BATCH = 500
"""How much a batch takes where nothing else is said."""
LARGEST = 2000
"""How much one takes at most on PostgreSQL, while what came in numbers keeps filling them: each costs 50 statements."""
QUIET = 10.0
"""Seconds without anybody who came singly, in this process, after which batches may grow."""
_lock = threading.Lock()
_inside = 0


def drain(
    database: Database,
    *,
    limit: int | None = None,
    worker: str = "worker",
    until: Callable[[], bool] | None = None,
    seconds: float | None = None,
    progress: Callable[[Done], None] | None = None,
) -> Done:
    """Do what is due until nothing is, ``until`` says so, or ``seconds`` have passed; returns the sums.

    ``more`` is true where something was left.  Without a ``limit`` batches are of ``BATCH``, and grow while they are full of what
    came in numbers and nobody comes singly, who would wait for a long one.
    """
    size = limit or BATCH
    deadline = None if seconds is None else time.monotonic() + seconds
    total = Done()
    while True:
        with quiet_memory():
            done = run_batch(database, limit=size, worker=worker)
        if limit is None:
            size = _next_size(database, size, done)
        total = Done(
            total.events + done.events,
            total.runs + done.runs,
            total.supersteps + done.supersteps,
            total.statements + done.statements,
            done.more,
        )
        if progress is not None:
            progress(done)
        if not done:
            return total
        if (until is not None and until()) or (deadline is not None and time.monotonic() > deadline):
            return Done(total.events, total.runs, total.supersteps, total.statements, more=True)


def _next_size(database: Database, size: int, done: Done) -> int:
    """Return how much the batch after this one takes; what one thread has seen holds for all of the process."""
    if database.is_sqlite:  # all writers wait for a batch
        return BATCH
    now = time.monotonic()
    if done.is_urgent:
        database.cache["urgent_at"] = now
    is_quiet = now - database.cache.get("urgent_at", -QUIET) >= QUIET
    return min(2 * size, LARGEST) if done.more and is_quiet and not done.is_urgent else BATCH


@contextmanager
def quiet_memory() -> Iterator[None]:
    """Hold back the cycle collector for the length of a batch.

    A batch makes hundreds of thousands of objects that live until its end; the collector would look through them again and
    again and find nothing.
    """
    global _inside  # noqa: PLW0603  the collector is one per process too
    with _lock:
        _inside += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                gc.enable()
