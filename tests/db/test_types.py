"""Columns mean the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Interval, select

from db.types import copy_type, from_microseconds, to_microseconds
from tests.db.conftest import sample

MOMENT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)


def kept(database, **values):
    with database.work() as work:
        work.execute(sample.insert().values(id=1, **values))
        [row] = work.rows(select(*(sample.c[name] for name in values)))
    return tuple(row)


def test_a_moment_comes_back_in_utc_to_the_microsecond(samples):
    there = MOMENT.astimezone(timezone(timedelta(hours=2)))

    assert kept(samples, at=there) == (MOMENT,)


def test_a_moment_without_a_zone_is_refused(samples):
    with pytest.raises(Exception, match="moments are aware"):
        kept(samples, at=datetime(2026, 3, 2))  # noqa: DTZ001  the point of it


def test_a_small_value_comes_back_as_it_was(samples):
    value = {"ключ": ["a", 1, None, True], "deep": {"er": 1.5}}

    assert kept(samples, values=value) == (value,)


def test_nothing_stays_nothing(samples):
    assert kept(samples, at=None, values=None, words=None) == (None, None, None)


@pytest.mark.parametrize("moment", [MOMENT, datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)])
def test_microseconds_are_exact(moment):
    assert from_microseconds(to_microseconds(moment)) == moment


def test_a_type_that_bulk_writes_do_not_know_is_refused():
    with pytest.raises(TypeError, match="no bulk type"):
        copy_type(Interval())
