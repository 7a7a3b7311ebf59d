"""Ids are leased ahead: without gaps in a call, and never given twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from db.database import Database
from db.ids import BLOCK, IdSource


def take(database, count, name="deal"):
    with database.work() as work:
        return work.ids(name, count)


def test_ids_follow_each_other_and_begin_at_one(database):
    assert [list(take(database, 3)), list(take(database, 2))] == [[1, 2, 3], [4, 5]]


def test_each_table_counts_for_itself(database):
    assert (take(database, 2).start, take(database, 1, "task").start) == (1, 1)


def test_more_than_a_block_is_one_range(database):
    take(database, 1)

    many = take(database, 3 * BLOCK)

    assert len(many) == 3 * BLOCK
    assert many.start > 1


def test_a_block_costs_one_statement_for_a_thousand(database):
    with database.work() as work:
        work.ids("deal", 1)
        asked = work.statements
        for _ in range(BLOCK - 1):
            work.ids("deal", 1)

        assert work.statements == asked


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_ids_of_a_lost_transaction_are_never_used_again(database):
    with suppress(LookupError), database.work() as work:
        lost = work.ids("deal", 2)
        raise LookupError

    assert (lost, take(database, 1)) == (range(1, 3), range(3, 4))


def test_two_processes_never_give_the_same(database, database_url):
    other = Database(database_url)

    given = [one for _ in range(3) for source in (database, other) for one in take(source, BLOCK // 2 + 1)]

    assert len(set(given)) == len(given)
    other.close()


def test_threads_never_give_the_same(database):
    with ThreadPoolExecutor(4) as threads:
        given = [one for ids in threads.map(lambda _: take(database, 70), range(60)) for one in ids]

    assert len(set(given)) == len(given) == 60 * 70


def test_a_lease_within_the_transaction_is_lost_with_it(sqlite_url):
    database = Database(sqlite_url)
    database.ids = IdSource(lease_aside=False)
    with database.engine.connect() as connection:
        work = database.begin(connection)
        work.ids("deal", 5)
        connection.exec_driver_sql("rollback")

    assert take(database, 1) == range(1, 2)
    database.close()
