"""Bulk writes: every type, both drivers, errors as from any other statement."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from db import bulk
from tests.db.conftest import sample

MOMENT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
COLUMNS = ("id", "big", "middle", "small", "words", "values", "yes", "day", "share", "at")
FULL = (1, 2**62, 2**31 - 1, 2**15 - 1, "їжак \t\\N\n", '{"a":1}', True, date(2026, 3, 2), 0.1, MOMENT)
EMPTY = (2, *[None] * 9)


def put(database, rows, columns=COLUMNS):
    with database.work() as work:
        work.insert(sample, columns, [[work.stored(v) if isinstance(v, datetime) else v for v in row] for row in rows])


def found(database, *columns):
    with database.reading() as work:
        return [tuple(row) for row in work.rows(select(*(sample.c[name] for name in columns)).order_by(sample.c.id))]


def test_every_type_is_inserted_and_may_be_missing(samples):
    put(samples, [FULL, EMPTY])

    assert found(samples, *COLUMNS) == [(*FULL[:5], {"a": 1}, *FULL[6:]), EMPTY]


def test_every_type_is_updated_and_may_be_removed(samples):
    put(samples, [EMPTY, FULL])

    with samples.work() as work:
        new = [work.stored(value) if isinstance(value, datetime) else value for value in FULL[1:]]
        count = work.update(sample, ("id",), COLUMNS[1:], [(2, *new), (1, *[None] * 9), (3, *new)])

    assert count == 2
    assert found(samples, *COLUMNS) == [(1, *[None] * 9), (2, *FULL[1:5], {"a": 1}, *FULL[6:])]


def test_rows_are_found_by_several_keys(samples):
    put(samples, [(1, "a", 1), (2, "a", 2), (3, "b", 1)], ("id", "words", "middle"))

    with samples.work() as work:
        updated = work.update(sample, ("words", "middle"), ("big",), [("a", 2, 7), ("b", 2, 8)])
        deleted = work.delete(sample, ("words", "middle"), [("a", 1), ("b", 3)])

    assert (updated, deleted) == (1, 1)
    assert found(samples, "id", "big") == [(2, 7), (3, None)]


def test_no_rows_are_no_statement(samples):
    with samples.work() as work:
        work.insert(sample, ("id",), [])
        work.flush()

        assert (work.update(sample, ("id",), ("big",), []), work.delete(sample, ("id",), [])) == (0, 0)
        assert work.statements == 0


def test_a_key_that_is_taken_is_an_integrity_error_and_leaves_nothing(samples):
    with pytest.raises(IntegrityError):
        put(samples, [(1,), (2,), (1,)], ("id",))

    assert found(samples, "id") == []


@pytest.mark.parametrize("act", [bulk.update, bulk.delete])
def test_errors_of_the_driver_become_those_of_every_statement(samples, act):
    rest = (("id",), ("big",), [(1, 1)]) if act is bulk.update else (("id",), [(1,)])
    with samples.engine.begin() as connection:
        connection.exec_driver_sql("alter table sample rename to hidden")
    try:
        with (
            samples.engine.connect() as connection,
            pytest.raises((OperationalError, ProgrammingError), match="sample") as caught,
        ):
            act(connection, sample, *rest)
    finally:
        with samples.engine.begin() as connection:
            connection.exec_driver_sql("alter table hidden rename to sample")

    assert isinstance(caught.value.orig, samples.engine.dialect.loaded_dbapi.Error)


def test_tuples_are_rows_as_the_driver_gives_them(samples):
    put(samples, [FULL])

    with samples.reading() as work:
        [(id_, values, at)] = work.tuples(select(sample.c.id, sample.c["values"], sample.c.at), {})

        assert (id_, values, work.moment(at)) == (1, '{"a":1}', MOMENT)
