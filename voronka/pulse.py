"""The pulse of a process: every few seconds it writes down that it lives and what it has done."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from db.processes import BEAT, Kind, Me, beat, leave
from voronka_error import VoronkaError

log = structlog.get_logger(__name__)


class Pulse:
    """A thread that beats while the process lives.  Troubles of the database never end it."""

    def __init__(self, database: Database, kind: Kind, version: str) -> None:
        self._database = database
        self._me = Me(kind, version)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin with a beat at once."""
        self._thread.start()

    def stop(self) -> None:
        """End, and say so."""
        self._stop.set()
        self._thread.join()
        self._quietly(lambda: leave(self._database, self._me))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._quietly(lambda: beat(self._database, self._me))
            self._stop.wait(BEAT.total_seconds())

    def _quietly(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (SQLAlchemyError, VoronkaError) as trouble:
            log.warning("beat_failed", error=f"{type(trouble).__name__}: {str(trouble).splitlines()[0]}")
