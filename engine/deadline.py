"""Deadlines of tasks: the four kinds, and the moment each of them means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from engine.calendar import TimeOfDay, WorkingCalendar
from engine.duration import CalendarKind, Duration
from engine.text import _l
from engine.wall_time import to_utc, to_wall, zone_of

Values = Callable[[str], object]
"""Gives the value at a path of the record; ``None`` where there is none."""

_MOST_DAYS = 3660
Days = Annotated[int, Field(ge=0, le=_MOST_DAYS)]


@dataclass(frozen=True, slots=True)
class Due:
    """A moment of business: what the clock on the wall shows, in which zone, and the UTC moment that means."""

    wall: datetime
    zone: str
    due_at: datetime

    @classmethod
    def at_wall(cls, wall: datetime, zone: str) -> Self:
        """Return the moment when the wall clock of the zone shows ``wall`` (without a zone)."""
        return cls(wall, zone, to_utc(wall, zone_of(zone)))

    @classmethod
    def at_moment(cls, moment: datetime, zone: str) -> Self:
        """Return an aware moment as the zone's wall clock shows it."""
        return cls(to_wall(moment, zone_of(zone)), zone, moment.astimezone(UTC))


class _Deadline(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DaysInStage(_Deadline):
    """A number of days after the deal came into the stage; at the same time of day unless ``at`` says another.

    ``days_field`` is the path of a number that replaces ``days`` where it is filled, so that each deal may have a tempo
    of its own.  With a working calendar, working days are counted, and a moment outside the hours moves on to the next
    opening.
    """

    kind: Literal["days_in_stage"]
    days: Days = Field(title=_l("Days"))
    days_field: str | None = Field(default=None, title=_l("Days from this field"))
    calendar: CalendarKind = Field(default="company", title=_l("Working calendar"))
    at: TimeOfDay | None = Field(default=None, title=_l("At"))

    def due(
        self, now: datetime, stage_entered_at: datetime | None, values: Values, calendar: WorkingCalendar
    ) -> Due | None:
        """Return when it is due, counted from ``now`` where no stage was entered."""
        days = _days(self.days, self.days_field, values)
        lasting = _lasting(days, self.calendar, self.at)
        return Due.at_moment(lasting.after(stage_entered_at or now, calendar), calendar.zone)


class DaysBefore(_Deadline):
    """A number of days before the date in a field; not due while the field is empty.

    Due at ``at``, else at the time of day of the field, else when that day's work ends.  With a working calendar the
    days before are working days.
    """

    kind: Literal["days_before"]
    field: str = Field(min_length=1, title=_l("Date field"))
    days: Days = Field(title=_l("Days"))
    days_field: str | None = Field(default=None, title=_l("Days from this field"))
    calendar: CalendarKind = Field(default="company", title=_l("Working calendar"))
    at: TimeOfDay | None = Field(default=None, title=_l("At"))

    def due(
        self, now: datetime, stage_entered_at: datetime | None, values: Values, calendar: WorkingCalendar
    ) -> Due | None:
        """Return when it is due, ``None`` where the field holds no date."""
        target = values(self.field)
        at = self.at
        if isinstance(target, datetime):
            wall = to_wall(target, calendar.zone_info)
            target, at = wall.date(), at or wall.time()
        if not isinstance(target, date):
            return None
        days = _days(self.days, self.days_field, values)
        works = self.calendar != "none"
        day = calendar.add_working_days(target, -days) if works else target - timedelta(days=days)
        return _on(day, at, calendar)


class FixedDate(_Deadline):
    """A certain date; at ``at``, else when that day's work ends."""

    kind: Literal["fixed_date"]
    day: date = Field(title=_l("Date"))
    at: TimeOfDay | None = Field(default=None, title=_l("At"))

    def due(
        self, now: datetime, stage_entered_at: datetime | None, values: Values, calendar: WorkingCalendar
    ) -> Due | None:
        """Return when it is due."""
        return _on(self.day, self.at, calendar)


class AfterEvent(_Deadline):
    """Some time after an event; not due until it happened.

    ``values`` answers the path ``event.<kind>`` with the aware moment of the latest event of that kind.
    """

    kind: Literal["after_event"]
    event: str = Field(min_length=1, title=_l("Event"))
    lasting: Duration = Field(title=_l("How long after"))

    def due(
        self, now: datetime, stage_entered_at: datetime | None, values: Values, calendar: WorkingCalendar
    ) -> Due | None:
        """Return when it is due, ``None`` where the event has not happened."""
        happened = values(f"event.{self.event}")
        if not isinstance(happened, datetime):
            return None
        return Due.at_moment(self.lasting.after(happened, calendar), self.lasting.time_zone or calendar.zone)


Deadline = Annotated[DaysInStage | DaysBefore | FixedDate | AfterEvent, Field(discriminator="kind")]
"""When a task is due.  All kinds answer ``due(now, stage_entered_at, values, calendar)``."""


@lru_cache(maxsize=1024)
def _lasting(days: int, calendar: CalendarKind, at: time | None) -> Duration:
    return Duration(amount=days, unit="days", calendar=calendar, at=at)


def _days(days: int, field: str | None, values: Values) -> int:
    own = values(field) if field is not None else None
    return min(max(own, 0), _MOST_DAYS) if isinstance(own, int) else days


def _on(day: date, at: time | None, calendar: WorkingCalendar) -> Due:
    wall = calendar.closing(day) if at is None else datetime.combine(day, at)
    return Due.at_wall(wall, calendar.zone)
