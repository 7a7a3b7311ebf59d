from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import create_engine, text

from benchmarks import memory
from benchmarks.statements import counted
from tests.databases import Databases


@pytest.fixture
def empty_postgres(databases: Databases) -> Iterator[str]:
    with databases.bare("postgresql") as url:
        yield url.replace("+psycopg", "")


def test_statements_of_sqlite_count_once_each_whatever_their_rows() -> None:
    with counted() as counter, closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t(n int)")
        connection.executemany("insert into t values (?)", [(n,) for n in range(100)])
        cursor = connection.cursor()
        cursor.execute("select n from t")

    assert counter.calls == 3


def test_statements_through_sqlalchemy_are_seen_too() -> None:
    with counted() as counter:
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            before = counter.calls
            connection.execute(text("select 1"))
            statements = counter.calls - before
        engine.dispose()

    assert statements == 1


def test_statements_of_psycopg_count_copies(empty_postgres: str) -> None:
    with psycopg.connect(empty_postgres) as connection, counted() as counter:
        connection.execute("create table t(n int)")
        with connection.cursor() as cursor:
            cursor.executemany("insert into t values (%s)", [(1,), (2,)])
            with cursor.copy("copy t from stdin") as copy:
                copy.write_row((3,))

    assert counter.calls == 3


def test_nothing_is_counted_outside_of_the_block() -> None:
    with counted() as counter:
        pass

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("select 1")

    assert counter.calls == 0


def test_memory_of_a_process_holds_what_its_children_use() -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])".format(
        child="data = bytearray(64 << 20); print('ready', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"

        peak = memory.peak_mib(process.pid)
        resident = memory.resident_mib(process.pid)
        proportional = memory.proportional_mib(process.pid)
        family = memory.family(process.pid)
        process.communicate(b"\n")

    assert len(family) == 2
    assert 64 < proportional <= resident <= peak < 200
    assert memory.peak_mib(os.getpid()) > 0
