"""Wall time: what a clock on the wall of a zone shows, and the UTC moment it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from engine.text import _l

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone of this name.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            _l("there is no time zone {zone}; write it as Europe/Kyiv or America/New_York", zone=repr(name))
        ) from None


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone), Field(json_schema_extra={"x-zone": True})]
"""The name of an IANA time zone, checked: ``Europe/Kyiv``."""


def to_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the wall clock of ``zone`` shows at an aware moment, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC moment at which the wall clock of ``zone`` shows ``wall``.

    Of a time shown twice (clocks go back) the first is taken.  A time never shown (clocks go forward) means the first
    moment after the gap, so that later on the wall is never earlier in UTC.
    """
    first = wall.replace(tzinfo=zone, fold=0)
    moment = first.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    # The clocks jump once between the two moments; offsets change on whole seconds.
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + high * _SECOND
