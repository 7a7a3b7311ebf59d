from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.calendar import Hours, SpecialDay, WorkingCalendar
from engine.duration import WEEKDAYS, Duration, NeverOpenError, Window
from tests.engine.test_calendar import at, calendars, moments

KYIV = WorkingCalendar(zone="Europe/Kyiv", countries=("US",))
DAYTIME = Window(hours=Hours(time(9), time(20)))
MORNINGS = Window(hours=Hours(time(8), time(10)), weekdays=("mon", "wed"))


def lasting(amount, unit, **more):
    return Duration(amount=amount, unit=unit, **more)


@pytest.mark.parametrize(
    ("duration", "start", "end"),
    [
        (lasting(90, "seconds"), "2026-03-29 00:59:00", "2026-03-29 01:00:30"),
        (lasting(24, "hours"), "2026-03-28 10:00", "2026-03-29 10:00"),  # elapsed: 12:00 becomes 13:00 on the wall
        (lasting(1, "days"), "2026-03-28 10:00", "2026-03-29 09:00"),  # wall: 12:00 stays 12:00, 23 hours later
        (lasting(1, "weeks"), "2026-10-20 09:00", "2026-10-27 10:00"),  # 12:00 stays 12:00, 169 hours later
        (lasting(1, "days"), "2026-03-28 01:30", "2026-03-29 01:00"),  # 03:30 is skipped: 04:00 instead
        (lasting(1, "days", time_zone="America/New_York"), "2026-03-07 17:00", "2026-03-08 16:00"),  # 12:00 there
        (lasting(0, "days"), "2026-10-25 01:30", "2026-10-25 01:30"),  # also in the hour that comes twice
        (lasting(0, "days", at="18:00"), "2026-06-05 07:00", "2026-06-05 15:00"),  # today at 18:00
        (lasting(0, "days", at="08:00"), "2026-06-05 07:00", "2026-06-06 05:00"),  # it has passed: tomorrow
        (lasting(2, "days", at="08:00"), "2026-06-05 07:00", "2026-06-07 05:00"),
    ],
)
def test_without_a_calendar_days_are_wall_time_and_hours_are_elapsed(duration, start, end):
    assert duration.after(at(start), KYIV) == at(end)


@pytest.mark.parametrize(
    ("duration", "start", "end"),
    [
        (lasting(3, "hours", calendar="company"), "2026-06-05 13:00", "2026-06-08 07:00"),  # 2 h on Friday, 1 on Monday
        (lasting(1, "days", calendar="company"), "2026-06-05 13:00", "2026-06-08 13:00"),  # Friday 16:00, Monday 16:00
        (lasting(1, "days", calendar="company"), "2026-06-04 20:00", "2026-06-08 06:00"),  # Friday 23:00 is closed
        (lasting(1, "days", calendar="company"), "2026-07-02 09:00", "2026-07-06 09:00"),  # over 3 July, a holiday
        (lasting(1, "days", calendar="company", holidays=False), "2026-07-02 09:00", "2026-07-03 09:00"),
        (lasting(0, "days", calendar="company"), "2026-06-06 09:00", "2026-06-08 06:00"),  # Saturday: Monday's opening
        (lasting(0, "days", calendar="company", at="09:30"), "2026-06-05 13:00", "2026-06-08 06:30"),  # passed: Monday
        (lasting(1, "weeks", calendar="company"), "2026-06-26 09:00", "2026-07-06 06:00"),  # 3 July: on to Monday
        (lasting(2, "days", calendar="company", at="17:00"), "2026-06-04 08:00", "2026-06-08 14:00"),
    ],
)
def test_a_working_calendar_counts_open_hours_and_working_days(duration, start, end):
    assert duration.after(at(start), KYIV) == at(end)


@pytest.mark.parametrize(
    ("duration", "start", "end"),
    [
        (lasting(1, "hours", window=DAYTIME), "2026-06-05 10:00", "2026-06-05 11:00"),  # 14:00 is inside
        (lasting(1, "hours", window=DAYTIME), "2026-06-05 16:30", "2026-06-06 06:00"),  # 20:30: tomorrow at 09:00
        (lasting(1, "days", window=DAYTIME), "2026-07-02 10:00", "2026-07-05 06:00"),  # 3 and 4 July are off
        (lasting(1, "days", window=DAYTIME, holidays=False), "2026-07-02 10:00", "2026-07-03 10:00"),
        (lasting(0, "days", window=MORNINGS), "2026-06-04 10:00", "2026-06-08 05:00"),  # Monday at 08:00
        (lasting(0, "days", window=MORNINGS, calendar="company"), "2026-06-04 10:00", "2026-06-08 06:00"),  # at 09:00
    ],
)
def test_a_window_moves_the_end_on(duration, start, end):
    assert duration.after(at(start), KYIV) == at(end)


def test_a_window_is_closed_on_the_special_days_off():
    calendar = WorkingCalendar(exceptions=(SpecialDay(date(2026, 6, 6)), SpecialDay(date(2026, 6, 7), KYIV.week[0])))

    assert lasting(1, "days", window=DAYTIME).after(at("2026-06-05 10:00"), calendar) == at("2026-06-07 09:00")


def test_a_window_that_work_never_meets_is_an_error():
    late = Window(hours=Hours(time(20), time(22)))

    with pytest.raises(NeverOpenError, match="Europe/Kyiv"):
        lasting(1, "days", calendar="company", window=late).after(at("2026-06-05 10:00"), KYIV)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"amount": -1, "unit": "days"}, "greater than or equal to 0"),
        ({"amount": 3661, "unit": "days"}, "ten years"),
        ({"amount": 10**30, "unit": "seconds"}, "ten years"),
        ({"amount": 8785, "unit": "hours", "calendar": "company"}, "a year is the longest"),
        ({"amount": 1, "unit": "months"}, "unit"),
        ({"amount": 1, "unit": "hours", "at": "10:00"}, "days and weeks only"),
        ({"amount": 1, "unit": "days", "time_zone": "Kyiv"}, "no time zone"),
        ({"amount": 1, "unit": "days", "window": {"weekdays": []}}, "weekdays"),
        ({"amount": 1, "unit": "days", "window": {"hours": {"opens": "09:00", "closes": "09:01"}}}, "an hour a week"),
    ],
)
def test_a_duration_that_means_nothing_is_refused(settings, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Duration.model_validate(settings)


durations = st.builds(
    Duration,
    amount=st.integers(0, 50),
    unit=st.sampled_from(["seconds", "minutes", "hours", "days", "weeks"]),
    calendar=st.sampled_from(["none", "company"]),
    time_zone=st.sampled_from([None, "Europe/Kyiv", "America/New_York"]),
    window=st.sampled_from([None, Window(), Window(weekdays=WEEKDAYS[:5])]),
    holidays=st.booleans(),
)


@given(durations, moments, calendars)
def test_a_duration_never_goes_backwards(duration, start, calendar):
    assert duration.after(start, calendar) >= start


@given(st.integers(0, 30), st.times().map(lambda t: t.replace(second=0, microsecond=0)), moments, calendars)
def test_a_time_of_day_never_goes_backwards(days, time_of_day, start, calendar):
    duration = Duration(amount=days, unit="days", calendar="company", at=time_of_day)

    end = duration.after(start, calendar)

    assert end >= start
    assert calendar.is_open(end)


@given(st.integers(0, 10**6), moments)
def test_plain_seconds_are_elapsed_seconds(amount, start):
    assert lasting(amount, "seconds").after(start, KYIV) - start == timedelta(seconds=amount)


@given(durations)
def test_a_duration_survives_json(duration):
    assert Duration.model_validate_json(duration.model_dump_json()) == duration


def test_the_answer_is_in_utc():
    start = datetime.fromisoformat("2026-06-05T10:00:00+03:00")

    assert lasting(0, "days").after(start, KYIV).tzinfo is UTC
