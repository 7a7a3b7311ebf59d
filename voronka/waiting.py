"""Wait until nothing is due: while a server works, or by doing the work."""

from __future__ import annotations

import os
import socket
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from db.errors import DatabaseBusyError
from engine.text import _l
from voronka.lock import sole_server
from voronka.progress import counting
from voronka.terminal import said

if TYPE_CHECKING:
    from db.database import Database
    from funnels.undoing import Undoing

_LOOK_EVERY = 0.2


def wait_until_idle(database: Database, *, seconds: float | None = None) -> bool:
    """Return true when nothing is due any more, false when ``seconds`` have passed before.

    An embedded database that no server holds has nobody to work for it, so the work is done here.
    """
    from funnels.runs import is_idle

    ends = None if seconds is None else time.monotonic() + seconds
    with counting(said(_l("Working"))):
        while True:
            with database.reading() as work:
                if is_idle(work):
                    return True
            left = None if ends is None else ends - time.monotonic()
            if left is not None and left <= 0:
                return False
            if database.path is None or not _work_here(database, left):
                time.sleep(_LOOK_EVERY)


def wait_until_undone(database: Database, job_id: int) -> Undoing:
    """Return how the undoing of an import ended.  It is done here, unless another process is at it, or serves the database."""
    from funnels.undoing import find_undoing

    with counting(said(_l("Working"))):
        while True:
            with database.reading() as work:
                undoing = find_undoing(work, job_id)
            assert undoing is not None
            if undoing.state != "undoing":
                return undoing
            if not _undo_here(database, job_id):
                time.sleep(_LOOK_EVERY)


def _undo_here(database: Database, job_id: int) -> bool:
    """Undo an import where no server holds the database; returns whether it was done here."""
    from workers.imports import do_undoing

    worker = f"command {socket.gethostname()} {os.getpid()}"
    try:
        with nullcontext() if database.path is None else sole_server(database.path):
            return do_undoing(database, job_id, worker=worker)
    except DatabaseBusyError:
        return False


def _work_here(database: Database, seconds: float | None) -> bool:
    """Do what is due where no server holds the database; returns whether it was done here."""
    from workers.drain import drain
    from workers.sweep import sweep

    assert database.path is not None
    try:
        with sole_server(database.path):
            sweep(database, at_start=True)
            drain(database, worker="status", seconds=seconds)
            return True
    except DatabaseBusyError:
        return False
