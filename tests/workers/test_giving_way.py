"""Whoever writes for long lets others write."""

from types import SimpleNamespace

import pytest

from workers import giving_way
from workers.giving_way import PAUSE, GivingWay


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still but for the pauses, which it writes down."""
    told = SimpleNamespace(now=0.0, pauses=[])

    def sleep(seconds):
        told.now += seconds
        told.pauses.append(seconds)

    monkeypatch.setattr(giving_way, "time", SimpleNamespace(monotonic=lambda: told.now, sleep=sleep))
    return told


@pytest.mark.parametrize(("is_sqlite", "pauses"), [(True, 3), (False, 0)])
def test_after_every_stretch_of_batches_there_is_a_pause(clock, is_sqlite, pauses):
    way = GivingWay(SimpleNamespace(is_sqlite=is_sqlite))

    for _ in range(10):
        clock.now += 0.125
        way.between_batches()

    assert clock.pauses == [PAUSE] * pauses


def test_the_pause_is_longer_than_a_waiting_writer_sleeps():
    longest_sleep_of_sqlite = 0.1

    assert longest_sleep_of_sqlite < PAUSE
