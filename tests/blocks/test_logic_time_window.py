from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from blocks.logic_time_window import TimeWindow
from engine.calendar import SpecialDay, WorkingCalendar
from engine.outcome import Leave, TimedOut, Wait
from tests.blocks.asking import context

KYIV = WorkingCalendar(zone="Europe/Kyiv")
MORNINGS = {"hours": {"opens": "10:00", "closes": "12:00"}}


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


def asked(block, now, calendar=KYIV, signal=None):
    return block.run(context(now=now, calendar=calendar, signal=signal))


def test_within_working_hours_the_run_goes_on():
    assert asked(TimeWindow(), at(2026, 3, 2, 9)) == Leave()


def test_outside_it_waits_until_they_begin():
    assert asked(TimeWindow(), at(2026, 3, 6, 20)) == Wait(at(2026, 3, 9, 7)), "from Friday night to Monday at nine"


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(2026, 3, 2, 7, 59), at(2026, 3, 2, 8)),
        (at(2026, 3, 2, 8), None),
        (at(2026, 3, 2, 9, 59), None),
        (at(2026, 3, 2, 10), at(2026, 3, 3, 8)),
    ],
)
def test_a_window_of_its_own_is_open_from_its_first_minute_to_its_last(now, opens):
    assert asked(TimeWindow(window=MORNINGS), now) == (Leave() if opens is None else Wait(opens))


def test_ten_in_the_morning_stays_ten_when_clocks_change():
    block = TimeWindow(window=MORNINGS)

    assert asked(block, at(2026, 3, 28, 12)) == Wait(at(2026, 3, 29, 7)), "clocks go forward that night"
    assert asked(block, at(2026, 10, 24, 12)) == Wait(at(2026, 10, 25, 8)), "and back that night"


def test_a_window_in_an_hour_that_the_clocks_skip_is_that_of_the_next_day():
    block = TimeWindow(window={"hours": {"opens": "03:00", "closes": "04:00"}})

    assert asked(block, at(2026, 3, 28, 22)) == Wait(at(2026, 3, 30, 0))


def test_weekdays_and_a_zone_of_its_own():
    block = TimeWindow(window={**MORNINGS, "weekdays": ["sun"]}, time_zone="America/New_York")

    assert asked(block, at(2026, 3, 2, 9)) == Wait(at(2026, 3, 8, 14)), "clocks there changed that very night"


def test_days_off_are_closed_unless_they_do_not_matter():
    calendar = WorkingCalendar(zone="Europe/Kyiv", exceptions=(SpecialDay(date(2026, 3, 3)),))
    now = at(2026, 3, 3, 8, 30)

    assert asked(TimeWindow(window=MORNINGS), now, calendar) == Wait(at(2026, 3, 4, 8))
    assert asked(TimeWindow(window=MORNINGS, holidays=False), now, calendar) == Leave()


def test_whoever_wakes_late_waits_for_the_next_opening():
    assert asked(TimeWindow(), at(2026, 3, 2, 20), signal=TimedOut()) == Wait(at(2026, 3, 3, 7))
    assert asked(TimeWindow(), at(2026, 3, 2, 7), signal=TimedOut()) == Leave()


def test_it_may_send_runs_out_instead():
    block = TimeWindow(outside="leave")

    assert asked(block, at(2026, 3, 7, 9)) == Leave("outside")
    assert asked(block, at(2026, 3, 2, 9)) == Leave()
    assert block.ports() == ("next", "outside")
    assert TimeWindow().ports() == ("next",)


def test_runs_of_one_batch_share_the_answer():
    block, ctx = TimeWindow(), context(now=at(2026, 3, 7, 9), calendar=KYIV)

    assert block.run(ctx) == block.run(ctx) == Wait(at(2026, 3, 9, 7))
    assert len(ctx.memo) == 1


def test_a_month_off_is_waited_for():
    month = tuple(SpecialDay(date(2026, 3, 2) + timedelta(days=one)) for one in range(30))

    assert asked(TimeWindow(), at(2026, 3, 2, 9), WorkingCalendar(exceptions=month)) == Wait(at(2026, 4, 1, 9))


def test_a_window_of_minutes_is_refused():
    with pytest.raises(ValidationError, match="an hour a week"):
        TimeWindow(window={"hours": {"opens": "10:00", "closes": "10:30"}, "weekdays": ["mon"]})
