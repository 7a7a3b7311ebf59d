"""One server per embedded database: a lock file beside it, held while the process lives, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.errors import DatabaseBusyError
from engine.text import _l


@contextmanager
def sole_server(database: Path) -> Iterator[None]:
    """Hold the lock of a database file.  The file stays behind: removing it could let two in.

    Raises:
        DatabaseBusyError: another process holds it; says which.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_name(f"{database.name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DatabaseBusyError(
                _l(
                    "process {pid} serves {database} already: stop it (kill {pid}), or use PostgreSQL for several",
                    pid=file.read().strip() or "?",
                    database=database,
                )
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)
