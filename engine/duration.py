"""Durations: how long to wait, by the clock or by a working calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.calendar import ALL_DAY, Hours, SpecialDay, TimeOfDay, WorkingCalendar
from engine.text import _l
from engine.wall_time import ZoneName, to_utc, to_wall
from voronka_error import VoronkaError

Unit = Literal["seconds", "minutes", "hours", "days", "weeks"]
CalendarKind = Literal["none", "company", "responsible", "client"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SECONDS: dict[Unit, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_LONGEST = timedelta(days=3660)
_MOST_TRIES = 1000


class NeverOpenError(VoronkaError):
    """A window and a working calendar that are never open together."""

    code = "never_open"


class Window(BaseModel):
    """The hours of the weekdays outside which nothing may happen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Hours = Field(default=ALL_DAY, title=_l("Hours of the day"))
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = Field(
        default=WEEKDAYS, title=_l("Weekdays")
    )

    @model_validator(mode="after")
    def _is_wide_enough(self) -> Self:
        if self.hours.length * len(set(self.weekdays)) < timedelta(hours=1):
            raise ValueError(_l("a window is an hour a week at least"))
        return self


class Duration(BaseModel):
    """A length of time, and the days and hours it may end at.

    - *Without a calendar* seconds, minutes and hours are elapsed time; days and weeks are steps on the wall calendar of
      the zone, so that 10:00 stays 10:00 when clocks change.
    - *With one* seconds, minutes and hours count open time only, and days are working days.  Weeks still are seven
      days.  The end is moved on to the next open moment.
    - A ``window`` moves the end on to the next moment inside it.  With ``holidays`` it is closed on public holidays and
      special days off too, and without ``holidays`` a working calendar works on public holidays.
    - ``at`` is a time of day for days and weeks: the end is at that time of its day, of the next day where that has
      passed.

    The end is never before the start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: int = Field(ge=0, title=_l("How many"))
    unit: Unit = Field(title=_l("Unit"))
    calendar: CalendarKind = Field(default="none", title=_l("Working calendar"))
    time_zone: ZoneName | None = Field(default=None, title=_l("Time zone"))
    window: Window | None = Field(default=None, title=_l("Only within"))
    holidays: bool = Field(default=True, title=_l("Respect holidays"))
    at: TimeOfDay | None = Field(default=None, title=_l("At"))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.amount > _LONGEST.total_seconds() // _SECONDS[self.unit]:
            raise ValueError(_l("ten years is the longest duration"))
        if self.calendar != "none" and self.unit not in {"days", "weeks"} and self.length > _LONGEST / 10:
            raise ValueError(_l("a year is the longest duration in working hours"))
        if self.at is not None and self.unit not in {"days", "weeks"}:
            raise ValueError(_l("a time of day goes with days and weeks only"))
        return self

    @property
    def length(self) -> timedelta:
        """The length by the clock, days taken as 24 hours."""
        return timedelta(seconds=self.amount * _SECONDS[self.unit])

    @property
    def keeps_hours(self) -> bool:
        """True where the end is at a time of day that was chosen, or within certain hours."""
        return self.calendar != "none" or self.window is not None or self.at is not None

    def after(self, start: datetime, calendar: WorkingCalendar) -> datetime:
        """Return the UTC moment at which a wait that began at ``start`` (aware) ends.

        Args:
            start: aware.
            calendar: the one that ``self.calendar`` names; its zone holds where none is set, also for plain days.

        Raises:
            NeverOpenError: the window and the calendar are never open together.
        """
        start = start.astimezone(UTC)
        zone = self.time_zone or calendar.zone
        own = calendar if zone == calendar.zone else _in_zone(calendar, zone)
        if self.calendar != "none" and not self.holidays:
            own = _without_holidays(own)
        end = self._counted(start, own)
        if self.calendar != "none":
            end = own.next_open(end)
        if self.window is None:
            return end
        window = _window_calendar(self.window, own, holidays=self.holidays)
        for _ in range(_MOST_TRIES):
            end = window.next_open(end)
            if self.calendar == "none" or own.is_open(end):
                return end
            end = own.next_open(end)
        raise NeverOpenError(_l("the window is never open while the working calendar of {zone} is", zone=calendar.zone))

    def _counted(self, start: datetime, calendar: WorkingCalendar) -> datetime:
        works = self.calendar != "none"
        if self.unit not in {"days", "weeks"}:
            return calendar.add_open_time(start, self.length) if works else start + self.length
        wall = to_wall(start, calendar.zone_info)
        counts_work = works and self.unit == "days"
        day = calendar.add_working_days(wall.date(), self.amount) if counts_work else wall.date() + self.length
        if self.amount == 0 and self.at is None:
            return start
        end = to_utc(datetime.combine(day, self.at or wall.time()), calendar.zone_info)
        if end >= start:
            return end
        day = calendar.add_working_days(day, 1) if works else day + timedelta(days=1)
        return to_utc(datetime.combine(day, self.at or wall.time()), calendar.zone_info)


@lru_cache(maxsize=256)
def _in_zone(calendar: WorkingCalendar, zone: str) -> WorkingCalendar:
    return replace(calendar, zone=zone)


@lru_cache(maxsize=256)
def _without_holidays(calendar: WorkingCalendar) -> WorkingCalendar:
    return replace(calendar, countries=())


@lru_cache(maxsize=256)
def _window_calendar(window: Window, calendar: WorkingCalendar, *, holidays: bool) -> WorkingCalendar:
    days = tuple((window.hours,) if day in window.weekdays else () for day in WEEKDAYS)
    return WorkingCalendar(
        zone=calendar.zone,
        week=days,  # type: ignore[arg-type]  # one for each of the seven weekdays
        countries=calendar.countries if holidays else (),
        exceptions=tuple(SpecialDay(special.day) for special in calendar.exceptions if holidays and not special.hours),
    )
