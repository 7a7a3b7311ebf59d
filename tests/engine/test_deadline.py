from datetime import UTC, date, datetime, time

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.calendar import WorkingCalendar
from engine.deadline import Deadline, Due
from tests.engine.test_calendar import at

KYIV = WorkingCalendar(zone="Europe/Kyiv")
NOW = at("2026-06-05 13:00")  # Friday 16:00 in Kyiv
deadlines = TypeAdapter(Deadline)


def due(settings, values=None, entered=None):
    deadline = deadlines.validate_python(settings)
    found = deadline.due(NOW, entered, (values or {}).get, KYIV)
    return found and (f"{found.wall:%Y-%m-%d %H:%M}", f"{found.due_at:%Y-%m-%d %H:%M}")


@pytest.mark.parametrize(
    ("settings", "wall", "utc"),
    [
        ({"days": 1}, "2026-06-08 16:00", "2026-06-08 13:00"),  # the next working day, the same time
        ({"days": 1, "calendar": "none"}, "2026-06-06 16:00", "2026-06-06 13:00"),
        ({"days": 1, "at": "12:00"}, "2026-06-08 12:00", "2026-06-08 09:00"),
        ({"days": 1, "days_field": "deal.field.tempo"}, "2026-06-10 16:00", "2026-06-10 13:00"),  # 3 from the deal
        ({"days": 1, "days_field": "deal.field.missing"}, "2026-06-08 16:00", "2026-06-08 13:00"),
        ({"days": 1, "days_field": "deal.field.negative"}, "2026-06-05 16:00", "2026-06-05 13:00"),
    ],
)
def test_days_in_stage_count_from_the_entry(settings, wall, utc):
    values = {"deal.field.tempo": 3, "deal.field.negative": -2}

    assert due({"kind": "days_in_stage", **settings}, values) == (wall, utc)


def test_days_in_stage_count_from_the_entry_and_not_from_now():
    entered = at("2026-06-02 07:00")

    assert due({"kind": "days_in_stage", "days": 2}, entered=entered) == ("2026-06-04 10:00", "2026-06-04 07:00")


@pytest.mark.parametrize(
    ("settings", "value", "wall"),
    [
        ({"days": 2}, date(2026, 6, 16), "2026-06-12 18:00"),  # Monday 15, Friday 12, at the closing
        ({"days": 2, "calendar": "none"}, date(2026, 6, 16), "2026-06-15 00:00"),  # Sunday 14 ends
        ({"days": 2, "at": "10:00"}, date(2026, 6, 16), "2026-06-12 10:00"),
        ({"days": 2}, at("2026-06-16 08:30"), "2026-06-12 11:30"),  # the time of the field, in Kyiv
        ({"days": 2, "at": "10:00"}, at("2026-06-16 22:30"), "2026-06-15 10:00"),  # the 17th in Kyiv
        ({"days": 0, "days_field": "deal.days"}, date(2026, 6, 16), "2026-06-15 18:00"),  # 1 from the deal
    ],
)
def test_days_before_count_back_from_a_date_field(settings, value, wall):
    values = {"deal.meeting_on": value, "deal.days": 1}

    assert due({"kind": "days_before", "field": "deal.meeting_on", **settings}, values)[0] == wall


@pytest.mark.parametrize("value", [None, "soon", 7])
def test_days_before_a_field_without_a_date_is_not_due(value):
    assert due({"kind": "days_before", "field": "deal.meeting_on", "days": 1}, {"deal.meeting_on": value}) is None


@pytest.mark.parametrize(
    ("settings", "wall", "utc"),
    [
        ({"day": "2026-12-01"}, "2026-12-01 18:00", "2026-12-01 16:00"),
        ({"day": "2026-12-01", "at": "09:15"}, "2026-12-01 09:15", "2026-12-01 07:15"),
        ({"day": "2026-12-05"}, "2026-12-06 00:00", "2026-12-05 22:00"),  # Saturday ends
    ],
)
def test_a_fixed_date_is_wall_time(settings, wall, utc):
    assert due({"kind": "fixed_date", **settings}) == (wall, utc)


def test_a_deadline_after_an_event_counts_from_it():
    settings = {"kind": "after_event", "event": "payment.received", "lasting": {"amount": 2, "unit": "hours"}}
    values = {"event.payment.received": at("2026-06-01 07:00")}

    assert due(settings, values) == ("2026-06-01 12:00", "2026-06-01 09:00")


def test_a_deadline_after_an_event_is_shown_in_the_zone_of_its_duration():
    lasting = {"amount": 1, "unit": "days", "time_zone": "America/New_York"}
    values = {"event.form.sent": at("2026-06-01 07:00")}

    assert due({"kind": "after_event", "event": "form.sent", "lasting": lasting}, values)[0] == "2026-06-02 03:00"


def test_a_deadline_after_an_event_that_has_not_happened_is_not_due():
    settings = {"kind": "after_event", "event": "payment.received", "lasting": {"amount": 2, "unit": "hours"}}

    assert due(settings) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "days_in_stage", "days": -1},
        {"kind": "days_in_stage", "days": 3661},
        {"kind": "days_before", "days": 1},
        {"kind": "sometime"},
        {"days": 1},
    ],
)
def test_a_deadline_that_means_nothing_is_refused(settings):
    with pytest.raises(ValidationError):
        deadlines.validate_python(settings)


def test_a_deadline_survives_json():
    deadline = deadlines.validate_python({"kind": "fixed_date", "day": "2026-12-01", "at": "09:15"})

    assert deadlines.validate_json(deadlines.dump_json(deadline)) == deadline


def test_due_keeps_the_wall_the_zone_and_the_moment_together():
    assert Due.at_wall(datetime.fromisoformat("2026-12-01 09:15"), "Europe/Kyiv") == Due.at_moment(
        datetime(2026, 12, 1, 7, 15, tzinfo=UTC), "Europe/Kyiv"
    )
    assert Due.at_wall(datetime.combine(date(2026, 12, 1), time(9)), "UTC").zone == "UTC"
