from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from engine.wall_time import ZoneName, to_utc, to_wall, zone_of

walls = st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2060-01-01"))
zones = st.sampled_from(
    ["Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
).map(zone_of)


@pytest.mark.parametrize(
    ("zone", "wall", "moment"),
    [
        ("Europe/Kyiv", "2026-01-15 10:00", "2026-01-15 08:00"),  # UTC+2
        ("Europe/Kyiv", "2026-07-15 10:00", "2026-07-15 07:00"),  # UTC+3
        ("Europe/Kyiv", "2026-03-29 03:30", "2026-03-29 01:00"),  # 03:00-04:00 is skipped: 04:00+03:00
        ("Europe/Kyiv", "2026-10-25 03:30", "2026-10-25 00:30"),  # shown twice: the first, still +03:00
        ("Europe/Kyiv", "2026-10-25 04:00", "2026-10-25 02:00"),  # shown once, at +02:00
        ("America/New_York", "2026-03-08 02:15", "2026-03-08 07:00"),  # 02:00-03:00 is skipped: 03:00-04:00
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),  # shown twice: the first, still -04:00
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),  # the whole day was skipped: 31st 00:00+14:00
    ],
)
def test_a_wall_time_means_one_utc_moment(zone, wall, moment):
    assert to_utc(datetime.fromisoformat(wall), zone_of(zone)) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@given(walls, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2)), zones)
def test_later_on_the_wall_is_never_earlier_in_utc(wall, later, zone):
    assert to_utc(wall, zone) <= to_utc(wall + later, zone)


@given(walls, zones)
def test_a_wall_time_that_is_shown_comes_back(wall, zone):
    shown = to_wall(wall.replace(tzinfo=UTC), zone)

    assert to_wall(to_utc(shown, zone), zone) == shown


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "a\0b"])
def test_an_unknown_zone_is_refused_with_an_example(name):
    with pytest.raises(ValidationError, match="Europe/Kyiv"):
        TypeAdapter(ZoneName).validate_python(name)
