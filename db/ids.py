"""Ids leased ahead: blocks of numbers from one table, so that links between new rows are known before they are written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Table, Text, text

from db.metadata import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db.work import Work

BLOCK, LARGEST_BLOCK = 1000, 20_000
"""How many are leased at once: few at first, for what a process does not use is left out for good; then what it has used."""

id_block = Table(
    "id_block", metadata, Column("name", Text, primary_key=True), Column("next", BigInteger, nullable=False)
)

_LEASE = text(
    "insert into id_block (name, next) values (:name, 1 + :count)"
    " on conflict (name) do update set next = id_block.next + :count returning next"
)


class IdSource:
    """Hands out ids; safe for many threads.

    On PostgreSQL a block is leased by a short transaction of its own, so that two workers never wait for each other's
    batches.  On SQLite, which has one writer, the lease is part of the work's transaction and is lost with it.
    """

    def __init__(self, lease_aside: bool) -> None:
        self._lock = threading.Lock()
        self._free: dict[str, tuple[int, int]] = {}
        self._used: dict[str, int] = {}
        self._aside = lease_aside

    def take(self, work: Work, name: str, count: int) -> range:
        """Return ``count`` new ids, ascending and without a gap between them."""
        with self._lock:
            start, end = (work.leased if not self._aside and name in work.leased else self._free).get(name, (0, 0))
            if end - start < count:
                wanted = max(BLOCK, count, min(self._used.get(name, 0), LARGEST_BLOCK))
                start = self._lease(work, name, wanted)
                end = start + wanted
            rest = (start + count, end)
            self._used[name] = self._used.get(name, 0) + count
            if self._aside:
                self._free[name] = rest
            else:
                work.leased[name] = rest
                self._free.pop(name, None)
        return range(start, start + count)

    def keep(self, work: Work) -> None:
        """After SQLite's commit: what is left of the leased blocks serves the next transactions."""
        if work.leased:
            with self._lock:
                self._free.update(work.leased)

    def _lease(self, work: Work, name: str, count: int) -> int:
        if self._aside:
            with work.database.engine.begin() as connection:
                return _lease(connection, name, count)
        work.statements += 1
        return _lease(work.connection, name, count)


def _lease(connection: Connection, name: str, count: int) -> int:
    after = connection.execute(_LEASE, {"name": name, "count": count}).scalar_one()
    return int(after) - count
