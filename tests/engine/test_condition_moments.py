from datetime import date, timedelta

import pytest

from engine.condition import Span, compile
from engine.facts import Facts
from tests.engine.conditions import NOW, TREE
from tests.engine.test_condition import field, holds


@pytest.mark.parametrize(
    ("name", "low", "high", "answer"),
    [
        ("born", "2026-06-05", "2026-06-05", True),
        ("born", "2026-06-06", "2026-06-07", False),
        ("called", "2026-06-05", "2026-06-05", True),
        ("called", "2026-06-05T13:00:00Z", "2026-06-05T13:00:00Z", True),
        ("called", "2026-06-05T13:00:01Z", "2026-06-05T14:00:00Z", False),
        ("born", "2026-06-05T13:00:00Z", "2026-06-05T14:00:00Z", True),
        ("amount", "2026-06-05", "2026-06-05", False),
    ],
)
def test_days_and_moments_lie_between_two(name, low, high, answer):
    assert holds({"op": "between", "field": f"lead.{name}", "low": low, "high": high}) is answer


@pytest.mark.parametrize(
    ("leaf", "zone", "answer"),
    [
        (field("called", "before", "2026-06-05T13:00:00Z"), "UTC", False),
        (field("called", "before", "2026-06-05T13:00:01Z"), "UTC", True),
        (field("called", "after", "2026-06-05T13:00:00Z"), "UTC", False),
        (field("called", "after", "2026-06-05T12:59:59Z"), "UTC", True),
        (field("called", "before", "2026-06-06"), "UTC", True),
        (field("called", "after", "2026-06-05"), "UTC", False),
        (field("called", "after", "2026-06-05"), "Pacific/Auckland", True),  # 01:00 of the 6th there
        (field("born", "before", "2026-06-06"), "UTC", True),
        (field("born", "before", "2026-06-05"), "UTC", False),
        (field("born", "after", "2026-06-04"), "UTC", True),
        (field("born", "before", "2026-06-06T08:00:00Z"), "UTC", True),
        (field("born", "after", "2026-06-04T22:00:00Z"), "Europe/Kyiv", False),  # the 5th there already
        (field("called", "before", {"hours": 1}), "UTC", True),
        (field("called", "after", {"days": -3}), "UTC", True),
        (field("called", "after", {}), "UTC", False),
        (field("born", "before", {"days": 1}), "UTC", True),
        (field("born", "after", {"days": -1}), "UTC", True),
        (field("born", "before", {}), "Pacific/Auckland", True),  # today is the 6th there
        (field("source", "before", {}), "UTC", False),
    ],
)
def test_days_and_moments_are_before_or_after(leaf, zone, answer):
    assert holds(leaf, zone) is answer


@pytest.mark.parametrize(
    ("op", "shift", "answer"),
    [
        ("within_last", {"days": 0}, True),
        ("within_last", {"days": -3}, True),
        ("within_last", {"days": -3, "microseconds": -1}, False),
        ("within_last", {"microseconds": 1}, False),
        ("within_next", {"days": 0}, True),
        ("within_next", {"days": 3}, True),
        ("within_next", {"days": 3, "microseconds": 1}, False),
        ("within_next", {"microseconds": -1}, False),
    ],
)
def test_a_moment_lies_within_a_distance_from_now(op, shift, answer):
    condition = compile(TREE.validate_python({"op": op, "field": "lead.at", "value": {"days": 3}}))

    assert condition.test(Facts({"lead": {"at": NOW + timedelta(**shift)}}), NOW) is answer


@pytest.mark.parametrize(
    ("op", "day", "answer"),
    [
        ("within_last", "2026-06-02", True),
        ("within_last", "2026-06-01", False),
        ("within_last", "2026-06-06", False),
        ("within_next", "2026-06-08", True),
        ("within_next", "2026-06-09", False),
    ],
)
def test_a_day_lies_within_a_distance_from_today(op, day, answer):
    condition = compile(TREE.validate_python({"op": op, "field": "lead.day", "value": {"days": 3}}))

    assert condition.test(Facts({"lead": {"day": date.fromisoformat(day)}}), NOW) is answer


def test_a_distance_turned_round_points_the_other_way():
    assert -Span(weeks=1, days=-2) == Span(weeks=-1, days=2)
