"""Opening a database, its clock, its transactions, and what it says when there is no room."""

import errno
import sqlite3
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from db.database import Database, is_full, rollback
from db.errors import DatabaseFullError, DatabaseUrlError
from db.ids import id_block
from tests.db.conftest import sample

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COUNT = select(func.count()).select_from(sample)
PROCESS = text("select pg_backend_pid()")


@pytest.mark.parametrize("url", ["mysql://me@here/x", "nonsense", ""])
def test_another_kind_of_address_is_refused(url):
    with pytest.raises(DatabaseUrlError, match="use sqlite:///file or postgresql"):
        Database(url)


def test_the_file_is_known_of_sqlite_only(database):
    assert (database.path is not None) == database.is_sqlite


def test_the_clock_that_is_given_is_read_once_per_transaction(database_url):
    moments = iter([NOON, NOON + timedelta(hours=1)])
    database = Database(database_url, clock=lambda: next(moments), shift=timedelta(days=1))

    with database.work() as work:
        first = work.now
    with database.reading() as work:
        second = work.now

    assert (first, second) == (NOON + timedelta(days=1), NOON + timedelta(days=1, hours=1))
    database.close()


def test_a_clock_of_its_own_moves_on(database):
    with database.reading() as work:
        first = work.now
    with database.reading() as work:
        assert work.now > first


def test_a_reader_sees_one_moment(samples):
    with samples.reading() as reader:
        before = reader.scalar(COUNT)
        with samples.work() as work:
            work.insert(sample, ("id",), [(1,)])

        assert (before, reader.scalar(COUNT)) == (0, 0)
    with samples.reading() as reader:
        assert reader.scalar(COUNT) == 1


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_reader_cannot_write(database):
    with pytest.raises(Exception, match="read-only transaction"), database.reading() as work:
        work.execute(id_block.insert().values(name="x", next=1))


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_work_aside_stays_when_the_work_is_lost(database):
    with suppress(LookupError), database.work() as work:
        with database.aside(work) as side:
            side.execute(id_block.insert().values(name="aside", next=1))
        work.execute(id_block.insert().values(name="lost", next=1))
        raise LookupError

    with database.reading() as work:
        assert [row.name for row in work.rows(select(id_block.c.name))] == ["aside"]


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_only_what_serves_a_later_commit_is_not_awaited(database):
    asked = text("show synchronous_commit")
    with database.work() as work:
        work.execute(text(f'alter database "{database.url.database}" set synchronous_commit = on'))
    database.engine.dispose()  # new connections know it
    with database.work(is_awaited=False) as early:
        found = [early.scalar(asked)]
    with database.work() as work:
        with database.aside(work) as side:
            found.append(side.scalar(asked))
        found.append(work.scalar(asked))

    assert found == ["off", "off", "on"]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_sqlite_waits_again_after_what_need_not_be_awaited(database):
    asked = text("pragma synchronous")
    with database.work(is_awaited=False) as early:
        found = [early.scalar(asked)]
    with suppress(LookupError), database.work(is_awaited=False):
        raise LookupError
    with database.work() as work:
        found.append(work.scalar(asked))

    assert found == [1, 2]  # normal, full


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_aside_is_the_work_itself_where_there_is_one_writer(database):
    with database.work() as work, database.aside(work) as side:
        assert side is work


def test_a_transaction_that_the_server_has_ended_is_given_up_quietly(database):
    with database.engine.connect() as connection:
        database.begin(connection)
        if not database.is_sqlite:
            process = connection.execute(text("select pg_backend_pid()")).scalar_one()
            with database.engine.connect() as other:
                other.execute(text("select pg_terminate_backend(:one, 5000)"), {"one": process})
            with pytest.raises(OperationalError):
                connection.execute(text("select 1"))

        rollback(connection)

    with database.work() as work:
        assert work.scalar(text("select 1")) == 1


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_connections_that_the_server_closed_while_nobody_used_them_are_opened_anew(database, database_url):
    with database.reading() as one, database.reading() as other:
        closed = [work.scalar(PROCESS) for work in (one, other)]
    outsider = Database(database_url)
    with outsider.reading() as work:
        assert [work.scalar(text(f"select pg_terminate_backend({one}, 60000)")) for one in closed] == [True, True]
    outsider.close()

    with database.work() as work, database.reading() as beside:
        work.insert(id_block, ("name", "next"), [("x", 1)])
        opened = [each.scalar(PROCESS) for each in (work, beside)]

    assert not {*closed} & {*opened}
    with database.reading() as work:
        assert work.scalar(select(func.count()).select_from(id_block).where(id_block.c.name == "x")) == 1


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_no_room_is_said_and_nothing_is_half_written(database):
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar_one()
        connection.exec_driver_sql(f"pragma max_page_count = {pages}")

    with pytest.raises(DatabaseFullError, match="free some space and repeat"), database.work() as work:
        work.insert(id_block, ("name", "next"), [(f"{one:0500}", 1) for one in range(5000)])

    with database.reading() as work:
        assert work.scalar(select(func.count()).select_from(id_block)) == 0


@pytest.mark.parametrize(
    ("failure", "full"),
    [
        (sqlite3.OperationalError("database or disk is full"), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OperationalError("insert", None, Exception('could not extend file "base/1": No space left')), True),
        (sqlite3.OperationalError("database is locked"), False),
        (ValueError("the disk is full"), False),
    ],
)
def test_a_full_disk_is_told_from_other_troubles(failure, full):
    assert is_full(failure) is full


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_who_has_the_turn_lets_others_wait(database):
    order = []

    def other():
        with database.turn, database.work():
            order.append("other")

    thread = threading.Thread(target=other)
    with database.turn, database.work():
        thread.start()
        order.append("first")
    thread.join()

    assert order == ["first", "other"]
