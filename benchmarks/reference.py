"""The fixed reference: the bare bulk write of a lead's eight rows, the fastest way each driver has.

No reading, no thinking, nothing claimed or updated; rows are prepared outside of the clock.  What an engine reaches of
it is the part of the machine that it does not spend on itself.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import rows
from benchmarks.frame import Measured


def write_sqlite(path: Path, leads: int) -> Measured:
    """Write the rows of `leads` leads into the new file `path` by executemany, durable: WAL, synchronous FULL."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(f"pragma journal_mode=wal; pragma synchronous=full; {rows.SQLITE_SCHEMA}")
        batches = list(rows.batches(leads, now=rows.utc_now(), seconds=True))
        inserts = [f"insert into {t.name} values ({','.join('?' * len(t.columns))})" for t in rows.TABLES]
        _settle_memory()
        started = time.perf_counter()
        for batch in batches:
            connection.execute("begin immediate")
            for insert, fresh in zip(inserts, batch, strict=True):
                connection.executemany(insert, fresh)
            connection.execute("commit")
        return Measured(leads, time.perf_counter() - started)


def write_postgres(conninfo: str, leads: int) -> Measured:
    """Write the rows of `leads` leads into the empty database `conninfo` by COPY BINARY."""
    create_postgres(conninfo)
    return copy_postgres(conninfo, leads)


def create_postgres(conninfo: str) -> None:
    """Make the tables of the reference in the empty database `conninfo`."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(rows.POSTGRES_SCHEMA)


def copy_postgres(conninfo: str, leads: int, *, first: int = 1, begin: Callable[[], None] | None = None) -> Measured:
    """Write the rows of `leads` leads from number `first` on; `begin` returns when the clock may start."""
    with psycopg.connect(conninfo, autocommit=True) as connection, connection.cursor() as cursor:
        batches = list(rows.batches(leads, now=rows.utc_now(), seconds=False, first=first))
        copies = [_copy_statement(table) for table in rows.TABLES]
        cursor.execute("checkpoint")
        connection.autocommit = False
        _settle_memory()
        if begin is not None:
            begin()
        started = time.perf_counter()
        for batch in batches:
            for table, statement, fresh in zip(rows.TABLES, copies, batch, strict=True):
                with cursor.copy(statement) as copy:
                    copy.set_types(table.types)
                    for row in fresh:
                        copy.write_row(row)
            connection.commit()
        return Measured(leads, time.perf_counter() - started)


def _copy_statement(table: rows.Table) -> sql.Composed:
    columns = sql.SQL(",").join(map(sql.Identifier, table.columns))
    return sql.SQL("copy {} ({}) from stdin (format binary)").format(sql.Identifier(table.name), columns)


def _settle_memory() -> None:
    """Keep the collector from walking the prepared rows while the clock runs."""
    gc.collect()
    gc.freeze()
