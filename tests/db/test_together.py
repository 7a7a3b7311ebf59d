"""Few rows for several tables: written by one call, as they would be one table after the other."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.exc import IntegrityError

from db import together
from db.types import BigId
from tests.db.conftest import sample

part = Table(
    "part",
    sample.metadata,
    Column("id", BigId, primary_key=True),
    Column("sample_id", ForeignKey("sample.id", deferrable=False), nullable=False),
)
COLUMNS = ("id", "words", "values", "yes", "at")
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def tables(database):
    with database.engine.begin() as connection:
        sample.metadata.create_all(connection)
    return database


def put(work, samples, parts):
    work.insert(sample, COLUMNS, [(id_, "їжак", '{"a":1}', None, work.stored(MOMENT)) for id_ in samples])
    work.insert(part, ("sample_id",), [(id_,) for id_ in parts])


@pytest.mark.parametrize(("samples", "parts"), [((1,), (1,)), ((1, 2), (2, 1, 2)), (range(1, 60), (7,))])
def test_what_refers_to_another_table_is_written_with_it_in_order(tables, samples, parts):
    with tables.work() as work:
        put(work, samples, parts)

    with tables.reading() as work:
        found = work.rows(select(sample.c.id, sample.c.words, sample.c.yes, sample.c.at))
        assert {tuple(row) for row in found} == {(id_, "їжак", None, MOMENT) for id_ in samples}
        assert [row.sample_id for row in work.rows(select(part.c.sample_id).order_by(part.c.id))] == list(parts)


def test_one_call_is_enough_on_postgresql(tables):
    with tables.work() as work:
        parts = [(sample, ("id",), [(1,)]), (part, ("sample_id",), [(1,)] * together.FEW)]
        assert together.are_few(work.connection, parts) == (not work.is_sqlite)
        assert not together.are_few(work.connection, [*parts, (part, ("sample_id",), [(1,)] * (together.FEW + 1))])
        assert not together.are_few(work.connection, parts[:1])


def test_what_cannot_be_leaves_nothing(tables):
    with pytest.raises(IntegrityError), tables.work() as work:
        put(work, [1], [1, 2])

    with tables.reading() as work:
        assert work.rows(select(sample.c.id)) == []
