from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from engine.calendar import ALL_DAY, FIVE_DAYS, SEVEN_DAYS, Hours, SpecialDay, WorkingCalendar, public_holidays

OFF = ()
SHOP = Hours(time(9), time(18))
NIGHT = Hours(time(22), time(6))
KYIV = WorkingCalendar(zone="Europe/Kyiv")
NIGHTS = WorkingCalendar(zone="Europe/Kyiv", week=((NIGHT,),) * 5 + (OFF, OFF))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


hours = st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59)).map(
    lambda t: (Hours(time(t[0], t[1]), time(t[2], t[3])),)
)
weeks = st.lists(st.one_of(st.just(OFF), hours), min_size=6, max_size=6).map(lambda days: ((SHOP,), *days))
specials = st.lists(
    st.builds(SpecialDay, st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.one_of(st.just(OFF), hours)), max_size=5
).map(tuple)
calendars = st.builds(
    WorkingCalendar,
    zone=st.sampled_from(["UTC", "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe"]),
    week=weeks,
    countries=st.sampled_from([(), ("US",), ("DE-BY", "PL")]),
    exceptions=specials,
)
moments = st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda later: at("2026-01-01") + later)
spans = st.timedeltas(timedelta(0), timedelta(hours=60))
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-06-05 06:00", "2026-06-05 06:00"),  # Friday 09:00+03:00, the opening itself
        ("2026-06-05 05:59", "2026-06-05 06:00"),  # a minute before
        ("2026-06-05 14:59", "2026-06-05 14:59"),  # a minute before the closing
        ("2026-06-05 15:00", "2026-06-08 06:00"),  # the closing is closed: Monday
        ("2026-06-06 12:00", "2026-06-08 06:00"),  # Saturday: Monday
        ("2026-03-28 12:00", "2026-03-30 06:00"),  # over the change of clocks: 09:00 is 06:00 UTC now
        ("2026-10-24 12:00", "2026-10-26 07:00"),  # and back: 09:00 is 07:00 UTC again
    ],
)
def test_the_next_opening_of_a_five_day_week(moment, opening):
    assert KYIV.next_open(at(moment)) == at(opening)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-06-05 20:00", "2026-06-05 20:00"),  # Friday 23:00
        ("2026-06-06 02:59", "2026-06-06 02:59"),  # Saturday 05:59, still Friday's shift
        ("2026-06-06 03:00", "2026-06-08 19:00"),  # Saturday 06:00: until Monday 22:00
    ],
)
def test_a_night_shift_belongs_to_the_day_it_begins_on(moment, opening):
    assert NIGHTS.next_open(at(moment)) == at(opening)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-06-05 06:00", 0, "2026-06-05 06:00"),
        ("2026-06-05 06:00", 8, "2026-06-05 14:00"),  # 9 hours are open on Friday
        ("2026-06-05 06:00", 9, "2026-06-08 06:00"),  # to the closing, so the next opening
        ("2026-06-05 13:00", 3, "2026-06-08 07:00"),  # 2 on Friday, 1 on Monday
        ("2026-06-06 12:00", 10, "2026-06-09 07:00"),  # 9 on Monday, 1 on Tuesday
    ],
)
def test_open_time_counts_open_hours_only(start, hours, end):
    assert KYIV.add_open_time(at(start), timedelta(hours=hours)) == at(end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-27 20:00", "2026-03-28 03:00"),  # Friday 22:00 to 05:00: 7 hours
        ("2026-03-28 20:00", "2026-03-29 19:00"),  # Saturday 22:00 to 06:00 is 7 hours only: the next opening
        ("2026-10-24 19:00", "2026-10-25 02:00"),  # Saturday 22:00 to 04:00: an hour comes twice
    ],
)
def test_open_time_is_elapsed_time_when_clocks_change(start, end):
    nights = WorkingCalendar(zone="Europe/Kyiv", week=((NIGHT,),) * 7)

    assert nights.add_open_time(at(start), timedelta(hours=7)) == at(end)


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        ("2026-12-23", 1, "2026-12-24"),
        ("2026-12-24", 1, "2026-12-28"),  # over Christmas, a Friday, and the weekend
        ("2026-12-24", 5, "2027-01-04"),  # 28, 29, 30, 31, and no New Year's Day
        ("2026-12-26", 1, "2026-12-28"),  # Saturday
        ("2026-12-26", 0, "2026-12-26"),
        ("2026-12-28", -1, "2026-12-24"),
        ("2026-12-26", -1, "2026-12-24"),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(day, count, end):
    calendar = WorkingCalendar(countries=("US",))

    assert calendar.add_working_days(date.fromisoformat(day), count) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("country", "day", "is_off"),
    [
        ("US", "2026-07-03", True),  # the Fourth is a Saturday
        ("UA", "2021-08-24", True),
        ("UA", "2026-08-24", False),  # no days off under martial law
        ("DE", "2026-08-15", False),
        ("DE-BY", "2026-11-01", True),
        ("DE-BE", "2026-11-01", False),
        ("US", "2150-07-04", False),  # beyond what is known
    ],
)
def test_public_holidays_are_those_of_the_country(country, day, is_off):
    assert (date.fromisoformat(day) in public_holidays(country, int(day[:4]))) is is_off


def test_special_days_come_before_weekdays_and_holidays():
    calendar = WorkingCalendar(
        countries=("US",),
        exceptions=(SpecialDay(date(2026, 12, 25), (Hours(time(10), time(12)),)), SpecialDay(date(2026, 12, 28))),
    )

    assert calendar.is_open(at("2026-12-25 10:00"))
    assert not calendar.is_open(at("2026-12-28 10:00"))


def test_a_special_day_may_begin_before_the_night_shift_ended():
    calendar = replace(NIGHTS, zone="UTC", exceptions=(SpecialDay(date(2026, 6, 5), (Hours(time(2), time(8)),)),))

    assert calendar.add_open_time(at("2026-06-05 01:00"), timedelta(hours=6)) == at("2026-06-05 07:00")


def test_hours_may_be_given_in_any_order():
    afternoon, morning = Hours(time(13), time(17)), Hours(time(9), time(12))

    calendar = WorkingCalendar(week=((afternoon, morning), OFF, OFF, OFF, OFF, OFF, OFF))

    assert calendar.hours(date(2026, 6, 1)) == (morning, afternoon)


@pytest.mark.parametrize(
    ("day", "wall"),
    [
        ("2026-06-05", "2026-06-05 18:00"),
        ("2026-06-06", "2026-06-07 00:00"),  # a day off ends at midnight
    ],
)
def test_work_of_a_day_closes_with_its_last_hours(day, wall):
    assert KYIV.closing(date.fromisoformat(day)) == datetime.fromisoformat(wall)


def test_a_night_shift_closes_on_the_day_after():
    assert NIGHTS.closing(date(2026, 6, 5)) == datetime.fromisoformat("2026-06-06 06:00")


def test_the_hours_of_very_many_days_are_not_all_kept():
    calendar = WorkingCalendar(week=SEVEN_DAYS)

    assert calendar.add_working_days(date(2000, 1, 1), 10_000) == date(2027, 5, 19)  # 27 years of 365 + 7 leap + 138


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"week": [OFF] * 7}, "an hour a week at least"),
        ({"week": [[{"opens": "09:00", "closes": "09:30"}]] + [OFF] * 6}, "an hour a week at least"),
        ({"week": [[{"opens": "09:00", "closes": "13:00"}, {"opens": "12:00", "closes": "18:00"}]] * 7}, "at 12:00"),
        ({"week": [[{"opens": "22:00", "closes": "06:00"}, {"opens": "23:00", "closes": "23:30"}]] * 7}, "at 23:00"),
        ({"week": [[{"opens": "09:00:30", "closes": "13:00"}]] * 7}, "hours and minutes only"),
        ({"week": [OFF] * 6}, "week"),
        ({"countries": ["ZZ"]}, "public holidays of ZZ are not known"),
        ({"countries": ["DE-ZZ"]}, "public holidays of DE-ZZ are not known"),
        ({"countries": ["Ukraine"]}, "match pattern"),
        ({"colour": "red"}, "[Uu]nexpected"),
    ],
)
def test_a_calendar_that_cannot_work_is_refused(settings, complaint):
    with pytest.raises(ValidationError, match=complaint):
        TypeAdapter(WorkingCalendar).validate_python(settings)


def test_a_calendar_that_is_closed_by_holidays_for_ever_is_refused(monkeypatch):
    monkeypatch.setattr("engine.calendar.public_holidays", lambda *_: frozenset({MONDAY}))
    monkeypatch.setattr("engine.calendar._ORDINARY_YEAR", (MONDAY,))

    with pytest.raises(ValidationError, match="never opens"):
        WorkingCalendar(week=((SHOP,), OFF, OFF, OFF, OFF, OFF, OFF), countries=("US",))


MONDAY = date(2025, 1, 6)


@given(calendars)
def test_a_calendar_survives_json(calendar):
    adapter = TypeAdapter(WorkingCalendar)

    assert adapter.validate_json(adapter.dump_json(calendar)) == calendar


@given(calendars, moments)
def test_the_next_opening_is_open_and_not_before(calendar, moment):
    opening = calendar.next_open(moment)

    assert opening >= moment
    assert calendar.is_open(opening)


@given(calendars, moments, spans, spans)
def test_open_time_adds_up(calendar, moment, first, second):
    at_once = calendar.add_open_time(moment, first + second)

    assert calendar.add_open_time(calendar.add_open_time(moment, first), second) == at_once
    assert at_once >= moment + first + second
    assert calendar.is_open(at_once)


@given(calendars, days, st.integers(0, 40), st.integers(0, 40))
def test_working_days_add_up(calendar, day, first, second):
    at_once = calendar.add_working_days(day, first + second)

    assert calendar.add_working_days(calendar.add_working_days(day, first), second) == at_once
    assert at_once >= day + timedelta(days=first + second)


@given(calendars, days, st.integers(1, 40))
def test_working_days_back_and_forth_end_on_the_same_working_day(calendar, day, count):
    forth = calendar.add_working_days(day, count)

    assert calendar.is_working_day(forth)
    assert calendar.add_working_days(calendar.add_working_days(forth, count), -count) == forth


def test_the_usual_week_is_five_days_of_nine_hours():
    assert sum((hours.length for day in FIVE_DAYS for hours in day), timedelta()) == timedelta(hours=45)
    assert ALL_DAY.length == timedelta(days=1)


def test_hours_that_the_clocks_skip_are_not_open_that_day():
    calendar = WorkingCalendar(zone="Europe/Kyiv", week=((Hours(time(3), time(4)),),) * 7)

    assert calendar.next_open(at("2026-03-28T22:00")) == at("2026-03-30T00:00")
