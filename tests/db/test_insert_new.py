"""What is not there is inserted, also beside others."""

import pytest
from sqlalchemy import select

from db.database import Database
from db.insert_new import insert_new
from tests.db.conftest import sample


def ids(database):
    with database.reading() as work:
        return [row.id for row in work.rows(select(sample.c.id).order_by(sample.c.id))]


def test_new_rows_are_inserted(samples):
    with samples.work() as work:
        assert insert_new(work, sample, ("id", "words"), [(1, "a"), (2, None)])
        assert insert_new(work, sample, ("id", "words"), [])

    assert ids(samples) == [1, 2]


@pytest.mark.parametrize("module_database_url", ["postgresql"], indirect=True)
def test_who_comes_second_is_told_and_loses_nothing_else(samples):
    other = Database(samples.url.render_as_string(hide_password=False))
    with samples.work() as work, other.engine.connect() as connection:
        theirs = other.begin(connection)
        insert_new(theirs, sample, ("id",), [(2,)])
        other.commit(theirs)

        assert not insert_new(work, sample, ("id",), [(1,), (2,)])
    other.close()

    assert ids(samples) == [1, 2]
