"""A robot that takes the deals of its stage starts each of them once, little by little."""

import pytest

from tests.workers.test_robots import LATER, put_robots, tags
from workers import existing
from workers.existing import Existing

RATE = {"per_hour": 120}


def deals(house, number, stage="offer"):
    found = [house.deal() for _ in range(number)]
    for deal_id in found:
        house.move(deal_id, stage)
    house.drain()
    house.clock.forward(minutes=1)
    return found


def runs(house):
    return [row.subject_id for row in house.runs()]


@pytest.mark.parametrize("at_once", [1, 500])
def test_those_in_the_stage_start_by_and_by_and_once(house, monkeypatch, at_once):
    monkeypatch.setattr(existing, "AT_ONCE", at_once)
    there = deals(house, 5)
    elsewhere = deals(house, 1, "talks")
    put_robots(house, tags("seen", existing=RATE))
    letting_in = Existing(house.database)

    counts = []
    for _ in range(5):
        counts.append((letting_in.minute(), letting_in.minute(lambda: False)))
        house.drain()
        house.clock.forward(minutes=1)

    assert [count for count, _ in counts] == [2, 2, 1, 0, 0]
    assert sorted(runs(house)) == there
    assert house.tags() == ["seen"] * 5
    house.move(elsewhere[0], "offer")
    house.drain()
    assert (letting_in.minute(), len(runs(house))) == (0, 6), "who comes later is the trigger's"


def test_who_has_been_through_is_passed_over_by_the_next_version(house):
    there = deals(house, 2)
    put_robots(house, tags("seen", existing=RATE))
    Existing(house.database).minute()
    house.drain()
    house.clock.forward(minutes=1)

    put_robots(house, tags("again", existing=RATE) | {"id": "seen"})

    assert Existing(house.database).minute() == 0
    assert sorted(runs(house)) == there


def test_what_is_asked_for_and_not_begun_is_not_asked_for_twice(house):
    deals(house, 2)
    put_robots(house, tags("seen", existing=RATE))

    assert (Existing(house.database).minute(), Existing(house.database).minute()) == (2, 0)
    house.drain()
    assert len(runs(house)) == 2


def test_the_wait_counts_from_the_entry_and_who_left_is_passed_over(house):
    stays, leaves = deals(house, 2)
    put_robots(house, tags("seen", when=LATER, existing=RATE))
    Existing(house.database).minute()
    house.drain()
    house.move(leaves, "talks")
    house.drain()
    house.clock.forward(minutes=59)
    house.drain()

    assert house.tags() == ["seen"]
    assert sorted(runs(house)) == [stays, leaves]


def test_a_slow_robot_saves_its_share_up_and_a_paused_one_waits(house):
    deals(house, 2)
    put_robots(house, tags("seen", existing={"per_hour": 20}))
    letting_in = Existing(house.database)

    assert [letting_in.minute() for _ in range(6)] == [0, 0, 1, 0, 0, 1]
