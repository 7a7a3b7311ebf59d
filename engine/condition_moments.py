"""Moments in conditions: days, moments and distances from now, and the stretch of time a comparison accepts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.text import _l
from engine.wall_time import to_utc, to_wall

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_DAY_LENGTH = len("2026-12-31")


def _read(value: object) -> object:
    # A text of a day is a date, a longer one a moment: pydantic alone would take either for the other.
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == _DAY_LENGTH else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(_l("write a day as 2026-12-31, a moment as 2026-12-31T09:00:00+02:00")) from None
    if isinstance(value, date) and not 1900 <= value.year <= 2200:
        raise ValueError(_l("a year is between 1900 and 2200"))
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(_l("a moment needs its distance from UTC, as 2026-12-31T09:00:00+02:00"))
        return value.astimezone(UTC)
    return value


_Strict = Field(strict=True)
Absolute = Annotated[
    Annotated[datetime, _Strict] | Annotated[date, _Strict], Field(union_mode="left_to_right"), BeforeValidator(_read)
]
"""A day, or a moment in UTC."""


class Span(BaseModel):
    """A distance in time, of elapsed hours and days of 24 hours; negative for the past: ``{"days": -3}``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weeks: int = Field(default=0, ge=-5000, le=5000)
    days: int = Field(default=0, ge=-36_500, le=36_500)
    hours: int = Field(default=0, ge=-900_000, le=900_000)
    minutes: int = Field(default=0, ge=-50_000_000, le=50_000_000)

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if abs(self.length) > 36_500 * _DAY:
            raise ValueError(_l("a hundred years is the longest distance"))
        return self

    @property
    def length(self) -> timedelta:
        """The distance itself."""
        return timedelta(weeks=self.weeks, days=self.days, hours=self.hours, minutes=self.minutes)

    def __neg__(self) -> Span:
        return Span(weeks=-self.weeks, days=-self.days, hours=-self.hours, minutes=-self.minutes)

    def __str__(self) -> str:
        parts = ((self.weeks, "w"), (self.days, "d"), (self.hours, "h"), (self.minutes, "min"))
        return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"


Moment = Annotated[
    Annotated[datetime, _Strict] | Annotated[date, _Strict] | Span,
    Field(union_mode="left_to_right"),
    BeforeValidator(_read),
]
"""A day, a moment in UTC, or a distance from now."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a comparison accepts: moments ``since <= m < until``, and days ``first <= d <= last``; ``None`` is no bound.

    A field of moments is compared with the first two, a field of days with the last two.
    """

    since: datetime | None = None
    until: datetime | None = None
    first: date | None = None
    last: date | None = None

    def accept(self, seen: object) -> bool:
        """Tell whether a value lies inside; what is neither a day nor a moment does not."""
        if isinstance(seen, datetime):
            return (self.since is None or self.since <= seen) and (self.until is None or seen < self.until)
        if isinstance(seen, date):
            return (self.first is None or self.first <= seen) and (self.last is None or seen <= self.last)
        return False


def before(value: date | datetime | Span, now: datetime, zone: ZoneInfo) -> Bounds:
    """Return what is before: a day, from its first moment in ``zone``; or a moment."""
    if isinstance(value, Span):
        return Bounds(until=now + value.length, last=(to_wall(now, zone) + value.length).date() - _DAY)
    if isinstance(value, datetime):
        return Bounds(until=value, last=to_wall(value, zone).date() - _DAY)
    return Bounds(until=_begin(value, zone), last=value - _DAY)


def after(value: date | datetime | Span, now: datetime, zone: ZoneInfo) -> Bounds:
    """Return what is after: a day, to its last moment in ``zone``; or a moment."""
    if isinstance(value, Span):
        return Bounds(since=now + value.length + _TICK, first=(to_wall(now, zone) + value.length).date() + _DAY)
    if isinstance(value, datetime):
        return Bounds(since=value + _TICK, first=to_wall(value, zone).date() + _DAY)
    return Bounds(since=_begin(value + _DAY, zone), first=value + _DAY)


def between(low: date | datetime, high: date | datetime, zone: ZoneInfo) -> Bounds:
    """Return what is between two days or two moments, both included."""
    if isinstance(low, datetime) and isinstance(high, datetime):
        return Bounds(low, high + _TICK, to_wall(low, zone).date(), to_wall(high, zone).date())
    return Bounds(_begin(low, zone), _begin(high + _DAY, zone), low, high)


def within(span: Span, now: datetime, zone: ZoneInfo) -> Bounds:
    """Return what is between now and the distance from it, both included; a negative one is the past."""
    there = now + span.length
    wall = to_wall(now, zone)
    days = sorted((wall.date(), (wall + span.length).date()))
    return Bounds(min(now, there), max(now, there) + _TICK, days[0], days[1])


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return to_utc(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001  # wall time
