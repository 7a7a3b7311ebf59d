"""One holds a lease; another takes over when it lets go, or its time has passed."""

from datetime import UTC, datetime, timedelta

import pytest

from db.database import Database
from db.lease import LASTING, hold, release

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def clock():
    return [START]


@pytest.fixture
def database(database_url, clock):
    made = Database(database_url, clock=lambda: clock[0])
    yield made
    made.close()


def test_the_first_has_it_and_may_renew(database):
    assert [hold(database, "tick", who) for who in ("a", "b", "a")] == [True, False, True]


def test_it_ends_after_its_time_and_not_before(database, clock):
    hold(database, "tick", "a")

    clock[0] = START + LASTING
    at_the_end = hold(database, "tick", "b")
    clock[0] += timedelta(microseconds=1)
    after = hold(database, "tick", "b")

    assert (at_the_end, after, hold(database, "tick", "a")) == (False, True, False)


def test_a_clock_that_is_set_back_leaves_nobody_with_it_for_hours(database, clock):
    hold(database, "tick", "a")

    clock[0] = START - timedelta(hours=3)

    assert [hold(database, "tick", who) for who in ("b", "a")] == [True, False]


def test_who_lets_go_is_followed_at_once(database):
    hold(database, "tick", "a")

    release(database, "tick", "b")
    before = hold(database, "tick", "b")
    release(database, "tick", "a")

    assert (before, hold(database, "tick", "b")) == (False, True)


def test_leases_of_other_names_are_apart(database):
    assert hold(database, "tick", "a")
    assert hold(database, "other", "b")
