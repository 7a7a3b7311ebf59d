"""The lookout: each process that works looks at the database by itself every second, whatever becomes of the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from crm.tables.journal import inbox
from db.database import Database
from funnels.tables import run, token
from voronka_error import VoronkaError
from workers.suspicion import reach
from workers.sweep import sweep
from workers.walker import WAITING

log = structlog.get_logger(__name__)

EVERY = 1.0
SOON = 0.01
SWEEP_EVERY = 5.0


class Lookout:
    """A thread that calls ``work`` when something is due: at the very second of the next timer, and within a second of all else.

    Troubles of the database are logged and tried again; they never end the thread.  ``work`` says whether it did something: what
    others have meanwhile is due too, and looked for less and less often.  ``due`` tells how long until something is; ``sweeps``
    cleans up after dead batches besides.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[], bool],
        *,
        due: Callable[[Database], timedelta] | None = None,
        sweeps: bool = True,
        name: str = "lookout",
    ) -> None:
        self._database = database
        self._work = work
        self._due = due or due_in
        self._sweeps = sweeps
        self._pause = SOON
        self._stop = threading.Event()
        self._bell = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_stopping(self) -> bool:
        """Somebody waits for the thread to end."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin; dead batches of an earlier process are cleaned up first."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done is done."""
        self._stop.set()
        self._bell.set()
        self._thread.join()

    def poke(self) -> None:
        """Look now."""
        self._bell.set()

    def _run(self) -> None:
        if self._sweeps:
            self._quietly(lambda: sweep(self._database, at_start=True))
        swept = time.monotonic()
        while not self._stop.is_set():
            pause = self._quietly(self._look) or EVERY
            if self._sweeps and time.monotonic() - swept > SWEEP_EVERY:
                self._quietly(lambda: sweep(self._database))
                swept = time.monotonic()
            self._bell.wait(min(pause, EVERY))
            self._bell.clear()

    def _look(self) -> float:
        """Call ``work`` where something is due; returns how many seconds later to look again."""
        wait = self._due(self._database)
        is_vain = False
        if wait <= timedelta(0):
            is_vain = not self._work()
            wait = self._due(self._database)
        self._pause = min(self._pause * 2, EVERY) if is_vain and wait <= timedelta(0) else SOON
        return max(wait.total_seconds(), self._pause, SOON if self._sweeps else 0.5)

    def _quietly(self, act: Callable[[], float | int]) -> float:
        try:
            return act()
        except (SQLAlchemyError, VoronkaError) as trouble:
            log.warning("look_failed", error=f"{type(trouble).__name__}: {str(trouble).splitlines()[0]}")
            return EVERY


def due_in(database: Database) -> timedelta:
    """Return how long until something is due: nothing or less now, an hour where nothing waits.  Two look-ups by index."""
    with database.reading() as work:
        within = {"below": reach(database)}
        if work.rows(_INBOX, within):
            return timedelta(0)
        first = work.scalar(_FIRST, within)
        return timedelta(hours=1) if first is None else first - work.now


_BELOW = bindparam("below", type_=Integer)
_INBOX = select(inbox.c.event_id).where(inbox.c.attempts < _BELOW).limit(1)
_FIRST = (
    select(token.c.due_at)
    .join(run, run.c.id == token.c.run_id)
    .where(token.c.due_at.is_not(None), run.c.status == WAITING, run.c.attempts < _BELOW)
    .order_by(token.c.due_at)
    .limit(1)
)
