"""Processes say that they live, leave in order, and are forgotten when they fall silent."""

from datetime import UTC, datetime, timedelta

import pytest

from db.database import Database, rollback
from db.processes import KEPT, Me, beat, forget_dead, leave, seen

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def clock():
    return [START]


@pytest.fixture
def database(database_url, clock):
    made = Database(database_url, clock=lambda: clock[0])
    yield made
    made.close()


def test_a_process_is_one_row_with_what_it_has_done(database, clock):
    me = Me("worker", "1.0")
    beat(database, me)
    database.counts.add("steps", 7)
    clock[0] += timedelta(seconds=5)
    beat(database, me)

    with database.reading() as work:
        [row] = seen(work)

    assert (row.kind, row.version, row.pid, row.started_at, row.seen_at) == (
        "worker", "1.0", me.pid, START, clock[0],
    )  # fmt: skip
    assert row.counts == {"steps": 7}


def test_who_leaves_is_gone_at_once(database):
    one, other = Me("web", "1.0"), Me("web", "1.0")
    beat(database, one)
    beat(database, other)

    leave(database, one)

    with database.reading() as work:
        assert [row.id for row in seen(work)] == [other.id]


def test_who_fell_silent_is_forgotten_after_a_while(database, clock):
    beat(database, Me("worker", "1.0"))
    clock[0] += KEPT

    with database.work() as work:
        assert forget_dead(work) == 0
    clock[0] += timedelta(seconds=1)
    with database.work() as work:
        assert forget_dead(work) == 1


def test_what_a_lost_transaction_did_is_not_counted(database):
    with database.work() as work:
        work.count("steps", 3)
    with database.engine.connect() as connection:
        lost = database.begin(connection)
        lost.count("steps", 5)
        rollback(connection)

    assert database.counts.now()["steps"] == 3
