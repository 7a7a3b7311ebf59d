"""Hold a run until a date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from blocks.interrupts import INTERRUPTED, Interrupts, interrupts
from engine.block import Block, Context
from engine.calendar import TimeOfDay, WorkingCalendar
from engine.outcome import Awaited, Happened, Leave, Outcome, TimedOut, Wait
from engine.setting import FactPath
from engine.text import _l
from engine.wall_time import to_utc, to_wall

MORNING = time(9)
_DAYS: Final = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7}
CHANGES = {"lead": "lead.changed", "deal": "deal.changed", "contact": "contact.changed", "company": "company.changed"}
"""What happens when a field of a record changes."""


class WaitUntilDate(Block):
    """Hold the run until a fixed date, or until a date in a field, some days or minutes before or after it.

    Leaves through ``next`` when the moment has come; through ``empty`` where the field holds no date; through ``past`` where
    the moment was over before the wait began, or was moved into the past.  When the field changes, the wait moves with it.
    Leaves through ``interrupted`` where one of the events came first; the port exists only with ``interrupt_on``.
    """

    key: ClassVar = "wait.until_date"
    title: ClassVar = _l("Wait until a date")
    about: ClassVar = _l("Holds the run until a date, or until some time before or after a date in a field")
    group: ClassVar = "wait"
    more: ClassVar = ("empty", "past")

    day: date | None = Field(default=None, title=_l("Date"), description=_l("A fixed date; or give a field"))
    field: FactPath | None = Field(default=None, title=_l("Date field"), description=_l("As deal.field.delivery"))
    shift: Annotated[int, Field(ge=-600_000, le=600_000)] = Field(
        default=0, title=_l("Shift"), description=_l("Below zero is before the date")
    )
    unit: Literal["minutes", "hours", "days", "weeks"] = Field(default="days", title=_l("Unit of the shift"))
    at: TimeOfDay | None = Field(
        default=None, title=_l("At"), description=_l("The time of day; empty means the field's own, or 09:00")
    )
    follow: bool = Field(
        default=True, title=_l("Move with the field"), description=_l("Wait anew when the date changes")
    )
    interrupt_on: Interrupts = ()

    @model_validator(mode="after")
    def _has_one_base(self) -> Self:
        if (self.day is None) == (self.field is None):
            raise ValueError(_l("give a date or a date field, one of the two"))
        if self.unit in {"days", "weeks"} and abs(self.shift) > 3660:
            raise ValueError(_l("ten years is the longest shift"))
        return self

    def ports(self) -> tuple[str, ...]:
        return (*super().ports(), INTERRUPTED) if self.interrupt_on else super().ports()

    def awaits(self) -> frozenset[str]:
        return frozenset(awaited.kind for awaited in (*self._changes(), *interrupts(self.interrupt_on)))

    def keeps_hours(self) -> bool | None:
        return True if self.at is not None or self.day is not None else None

    def waits_days(self) -> float:
        return self.shift * _DAYS[self.unit]

    def run(self, ctx: Context) -> Outcome:
        if isinstance(ctx.signal, Happened) and ctx.signal.port == INTERRUPTED:
            return Leave(INTERRUPTED)
        base = self.day if self.field is None else ctx.facts.get(self.field)
        if not isinstance(base, date):
            return Leave("empty")
        moment = self._moment(base, ctx.calendar)
        if moment > ctx.now:
            return Wait(moment, (*self._changes(), *interrupts(self.interrupt_on)))
        return Leave("next" if isinstance(ctx.signal, TimedOut) else "past")

    def _moment(self, base: date, calendar: WorkingCalendar) -> datetime:
        """Return the UTC moment; days and weeks are steps on the wall, minutes and hours are elapsed time."""
        zone = calendar.zone_info
        if isinstance(base, datetime):
            wall = to_wall(base, zone)
            if self.at is not None:
                wall = datetime.combine(wall.date(), self.at)
        else:
            wall = datetime.combine(base, self.at or MORNING)
        if self.unit in {"days", "weeks"}:
            return to_utc(wall + timedelta(**{self.unit: self.shift}), zone)
        start = base.astimezone(UTC) if isinstance(base, datetime) and self.at is None else to_utc(wall, zone)
        return start + timedelta(**{self.unit: self.shift})

    def _changes(self) -> tuple[Awaited, ...]:
        record = self.field.partition(".")[0] if self.field is not None and self.follow else ""
        if record not in CHANGES:
            return ()
        return (Awaited(CHANGES[record], "next", about="deal" if record == "deal" else "person"),)
