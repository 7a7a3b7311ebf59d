"""A database: its address, connections, clock, and transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, InternalError, InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from db import bulk
from db.counts import Counts
from db.errors import DatabaseFullError, DatabaseUrlError
from db.frozen import APPLICATION
from db.ids import IdSource
from db.points import reached
from db.types import stored_moment
from db.work import Work

Clock = Callable[[], datetime]

TROUBLES = (OperationalError, InterfaceError, InternalError)
"""What is raised when the database is the trouble, and not what it was asked: gone, full, too slow, a session that it ended."""

SURE_FOR = 1.0
"""Seconds for which a connection to a server that was used is not asked whether it still is one."""
_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma busy_timeout = 30000",
    "pragma temp_store = memory",
    "pragma cache_size = -65536",
    "pragma wal_autocheckpoint = 16384",  # 64 MiB: index pages that every batch touches are written home once, not each time
)
_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR")
_TIME_LIMITS = "-c idle_in_transaction_session_timeout=60s -c statement_timeout=120s"


class Database:
    """Opens transactions on SQLite or PostgreSQL.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``; ``sqlite://`` is in memory, for one thread.
        clock: gives aware UTC instead of the computer's clock (SQLite) or the server's (PostgreSQL); for tests and rehearsals.
        shift: added to every reading of the clock; for tests over midnight, holidays and months.
        max_connections: how many threads may work at once.

    Raises:
        DatabaseUrlError: another kind of database, or an address that cannot be read.
    """

    def __init__(
        self, url: str, *, clock: Clock | None = None, shift: timedelta = timedelta(0), max_connections: int = 20
    ) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError:
            raise DatabaseUrlError(
                f"cannot read the database address {url!r}; use sqlite:///file or postgresql://…"
            ) from None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.is_sqlite and self.url.get_backend_name() != "postgresql":
            raise DatabaseUrlError(
                f"{self.url.get_backend_name()!r} is not supported; use sqlite:///file or postgresql://…"
            )
        self.engine = (
            _sqlite_engine(url, max_connections) if self.is_sqlite else _postgresql_engine(url, max_connections)
        )
        self.ids = IdSource(lease_aside=not self.is_sqlite)
        self.poke: Callable[[], None] = _nobody  # called after a commit that left something for the workers to do
        self.poke_delivery: Callable[[str], None] = (
            _nobody_there  # called after a commit that left messages of a channel
        )
        self.turn = threading.Lock()  # SQLite: threads that look for work and then write it take turns
        self.upheavals = 0  # SQLite: grows with what makes stale what a worker has looked at, before that is committed
        self.suspects = threading.Lock()  # whoever works on what was there when a process ended has it
        self.counts = Counts()
        self.cache: dict[str, Any] = {}  # what other packages remember per database: settings, programs
        self._clock = clock
        self._shift = shift

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def work(self, *, is_awaited: bool = True) -> Iterator[Work]:
        """Open a transaction that writes; it commits on a clean exit and leaves nothing behind otherwise.

        What need not be safe by itself, but only before what is committed after it, is not ``is_awaited``: the database answers
        before its disk has it.  A crash of the machine may take it, with all that came later and nothing that came before.

        Raises:
            DatabaseFullError: there was no room; nothing was written.
        """
        with self.engine.connect() as connection, self._awaiting(connection, is_awaited):
            try:
                work = self.begin(connection, is_awaited=is_awaited)
                yield work
                self.commit(work)
            except BaseException as failure:
                rollback(connection)
                if is_full(failure):
                    raise DatabaseFullError(
                        f"no room left for {self.url.database}: free some space and repeat; nothing was half-written"
                    ) from failure
                raise
        work.committed()

    @contextmanager
    def _awaiting(self, connection: Connection, is_awaited: bool) -> Iterator[None]:
        """Let SQLite, which is told before a transaction, wait for the disk or not."""
        if is_awaited or not self.is_sqlite:
            yield
            return
        connection.exec_driver_sql("pragma synchronous = normal")
        try:
            yield
        finally:
            connection.exec_driver_sql("pragma synchronous = full")

    def begin(self, connection: Connection, *, is_awaited: bool = True) -> Work:
        """Start a writing transaction on a connection that the caller holds (and rolls back on failure)."""
        if self.is_sqlite:
            connection.exec_driver_sql("begin immediate")
            return Work(self, connection, self.now(connection))
        moment: datetime = _first(connection, _BY_INDEX if is_awaited else _BY_INDEX_UNAWAITED)[-1]
        return Work(
            self, connection, moment.astimezone(UTC) + self._shift if self._clock is None else self.now(connection)
        )

    def commit(self, work: Work) -> None:
        """Write what is gathered and commit; the caller then calls ``work.committed()``."""
        work.finish()
        reached("before:commit")
        if self.is_sqlite:
            work.connection.exec_driver_sql("commit")
        else:
            work.connection.commit()
        reached("after:commit")
        self.ids.keep(work)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """Open a transaction that only reads: one consistent view, and no writer waits for it."""
        with self.engine.connect() as connection:
            try:
                yield Work(self, connection, self._begin_reading(connection))
            finally:
                rollback(connection)

    @contextmanager
    def only_reading(self) -> Iterator[Work]:
        """The same where the database itself refuses every write: for what must be seen to touch nothing."""
        with self.reading() as work:
            if not self.is_sqlite:  # each transaction that reads is one already
                yield work
                return
            work.connection.exec_driver_sql("pragma query_only = on")
            try:
                yield work
            finally:
                work.connection.exec_driver_sql("pragma query_only = off")

    def _begin_reading(self, connection: Connection) -> datetime:
        if self.is_sqlite:
            connection.exec_driver_sql("begin")
            return self.now(connection)
        moment: datetime = _first(connection, _READING)[-1]
        return moment.astimezone(UTC) + self._shift if self._clock is None else self.now(connection)

    @contextmanager
    def aside(self, work: Work) -> Iterator[Work]:
        """Open a short transaction of its own beside ``work``; on SQLite, with its one writer, it is ``work`` itself.

        It serves what ``work`` commits later, so its own commit is not awaited.
        """
        if self.is_sqlite:
            yield work
            return
        with self.engine.begin() as connection:
            bulk.run(connection, _UNAWAITED)
            side = Work(self, connection, work.now)
            yield side
            side.finish()
            work.statements += side.statements

    def now(self, connection: Connection) -> datetime:
        """Read the clock: the given one, else the server's, so that several machines agree."""
        if self._clock is not None:
            return self._clock() + self._shift
        if self.is_sqlite:
            return datetime.now(UTC) + self._shift
        moment: datetime = connection.execute(_NOW).scalar_one()
        return moment.astimezone(UTC) + self._shift

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _nobody() -> None:
    """Nobody is there to be woken; they look by themselves."""


def _nobody_there(_channel: str) -> None:
    """The same for those who send messages."""


# Work goes by keys, in sets whose size the planner does not know: a plan made while a table was small must not read it
# whole when it has grown.
_SETTINGS = "set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
_BY_INDEX = f"select {_SETTINGS}, clock_timestamp()"
_BY_INDEX_UNAWAITED = f"select {_SETTINGS}, set_config('synchronous_commit', 'off', true), clock_timestamp()"
# What a page asks is over before anything compiled for it would pay.
_READING = (
    "set transaction isolation level repeatable read read only;"
    " select set_config('jit', 'off', true), clock_timestamp()"
)
_UNAWAITED = "select set_config('synchronous_commit', 'off', true)"
_NOW = text("select clock_timestamp()")


def _first(connection: Connection, words: str) -> Any:
    """Run the first statement of a transaction on PostgreSQL and return its row; where the server went and came, on a new one.

    By the driver itself, for every transaction has one.
    """
    if not connection.in_transaction():
        connection.begin()
    try:
        return bulk.run(connection, words)
    except TROUBLES:
        driver: Any = connection.connection.driver_connection
        if not driver.closed:
            raise
    connection.invalidate()
    connection.engine.dispose()  # all that lie there were lost with it
    connection.rollback()
    connection.begin()
    return bulk.run(connection, words)


def rollback(connection: Connection) -> None:
    """Give up the transaction, whatever state it is in."""
    if connection.invalidated:  # the server has ended it already
        connection.rollback()
        return
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        if driver.in_transaction:
            driver.rollback()
    else:
        connection.rollback()


def is_full(failure: BaseException) -> bool:
    """True where a failure means that disk or file have no room left."""
    words = str(failure).lower()
    return isinstance(failure, (OperationalError, InternalError, sqlite3.OperationalError, OSError)) and (
        "disk is full" in words or "no space left" in words or "could not extend file" in words
    )


def is_away(failure: OperationalError) -> bool:
    """True where the database did not answer, or not in time; false where it was asked what it cannot do."""
    driver = failure.orig
    if isinstance(driver, sqlite3.Error):  # which calls a column that is not there an operational error too
        return getattr(driver, "sqlite_errorname", "").startswith(_AWAY)
    return True


def _sqlite_engine(url: str, max_connections: int) -> Engine:
    sqlite3.register_adapter(datetime, stored_moment)  # for bulk writes; elsewhere the column's type does it
    in_memory = make_url(url).database in (None, "", ":memory:")  # each connection would be a database of its own
    pool: dict[str, Any] = (
        {"poolclass": StaticPool}
        if in_memory
        else {"poolclass": QueuePool, "pool_size": max_connections, "max_overflow": 10}
    )
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # transactions are begun by hand: immediate for writing
        connect_args={"timeout": 30, "check_same_thread": False},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def _prepare(driver: sqlite3.Connection, _record: object) -> None:
        driver.isolation_level = None
        for pragma in _PRAGMAS:
            driver.execute(pragma)

    return engine


def _postgresql_engine(url: str, max_connections: int) -> Engine:
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        pool_size=max_connections,
        max_overflow=10,
        connect_args={
            "options": f"-c timezone=UTC {_TIME_LIMITS}",
            "connect_timeout": 10,
            "application_name": APPLICATION,
        },
    )

    @event.listens_for(engine, "connect")
    @event.listens_for(engine, "checkin")
    def _note(_driver: object, record: ConnectionPoolEntry) -> None:
        record.info["seen_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(driver: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """Ask a connection that has lain there whether it still is one; others learn it by their first statement."""
        if time.monotonic() - record.info["seen_at"] < SURE_FOR:
            return
        try:
            driver.execute("select 1")
            driver.rollback()
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return engine
