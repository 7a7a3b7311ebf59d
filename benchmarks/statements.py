"""Count SQL statements where the drivers are called, whoever calls them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import psycopg


@dataclass(slots=True)
class Counter:
    """Calls of execute, executemany and copy so far."""

    calls: int = 0


@contextlib.contextmanager
def counted() -> Iterator[Counter]:
    """Count the statements of sqlite3 and psycopg in this process while the block runs.

    sqlite3 counts on connections opened inside the block, psycopg on all of them.  An executemany or a copy is one
    statement, whatever its number of rows.
    """
    counter = Counter()
    with contextlib.ExitStack() as stack:
        for name in ("execute", "executemany", "copy"):
            stack.enter_context(mock.patch.object(psycopg.Cursor, name, _counting(psycopg.Cursor, name, counter)))
        connect = _sqlite_connect(counter)
        for module in (sqlite3, sqlite3.dbapi2):
            stack.enter_context(mock.patch.object(module, "connect", connect))
        yield counter


def _counting(owner: type, name: str, counter: Counter) -> Callable[..., Any]:
    plain = getattr(owner, name)

    def call(self: object, *args: Any, **kwargs: Any) -> Any:
        counter.calls += 1
        return plain(self, *args, **kwargs)

    return call


def _sqlite_connect(counter: Counter) -> Callable[..., sqlite3.Connection]:
    """Return `sqlite3.connect` for connections whose cursors count, and whose shortcuts go through such cursors."""
    methods = ("execute", "executemany", "executescript")
    cursor_type = type("Cursor", (sqlite3.Cursor,), {n: _counting(sqlite3.Cursor, n, counter) for n in methods})

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = cursor_type) -> Any:
            return super().cursor(factory)

        def execute(self, *args: Any) -> Any:
            return self.cursor().execute(*args)

        def executemany(self, *args: Any) -> Any:
            return self.cursor().executemany(*args)

        def executescript(self, *args: Any) -> Any:
            return self.cursor().executescript(*args)

    plain = sqlite3.connect

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        kwargs.setdefault("factory", Connection)
        opened: sqlite3.Connection = plain(*args, **kwargs)
        return opened

    return connect
