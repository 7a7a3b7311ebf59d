"""Working calendars: when a company or a person is at work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Annotated, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from engine.text import _l
from engine.wall_time import ZoneName, to_utc, to_wall, zone_of

_DAY = timedelta(days=1)
_REMEMBERED_DAYS = 4096
_LEAST_OPEN = timedelta(hours=1)
_STRICT = ConfigDict(extra="forbid")
_Answer = TypeVar("_Answer")


def _minute(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError(_l("a time of day has hours and minutes only, as 09:30"))
    return value


TimeOfDay = Annotated[time, AfterValidator(_minute)]
"""A time on the wall, to the minute."""


@dataclass(frozen=True, config=_STRICT)
class Hours:
    """One stretch of open time that begins on a day.

    One that closes at or before its opening passes midnight: 22:00-06:00 is a night shift of the day it begins on,
    09:00-00:00 lasts until midnight, and 00:00-00:00 is the whole day.
    """

    opens: Annotated[TimeOfDay, Field(title=_l("From"))]
    closes: Annotated[TimeOfDay, Field(title=_l("To"))]

    @property
    def days_later(self) -> int:
        """1 where it closes on the day after, else 0."""
        return int(self.closes <= self.opens)

    @property
    def length(self) -> timedelta:
        """How long it is on a day without a change of clocks."""
        return datetime.combine(date.min + self.days_later * _DAY, self.closes) - datetime.combine(date.min, self.opens)


ALL_DAY = Hours(time(), time())


def _in_order(day: tuple[Hours, ...]) -> tuple[Hours, ...]:
    ordered = tuple(sorted(day, key=lambda hours: hours.opens))
    for earlier, later in pairwise(ordered):
        if earlier.days_later or earlier.closes > later.opens:
            raise ValueError(_l("the hours of one day overlap at {time}", time=f"{later.opens:%H:%M}"))
    return ordered


DayHours = Annotated[tuple[Hours, ...], Field(max_length=24), AfterValidator(_in_order)]
"""The open hours of one day, in order; none is a day off."""


@dataclass(frozen=True, config=_STRICT)
class SpecialDay:
    """Hours of one date that hold whatever the weekday and the public holidays say; none is a day off."""

    day: date
    hours: DayHours = ()


@lru_cache(maxsize=4096)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the days off of a country, or of its part (``DE-BY``), in one year.

    Source: the ``holidays`` library.  It knows nothing beyond 2100: then the answer is empty.

    Raises:
        ValueError: the country or its part is not known.
    """
    import holidays  # a quarter of a second, needed only where there is a country

    code, _, part = country.partition("-")
    try:
        return frozenset(holidays.country_holidays(code, subdiv=part or None, years=year))
    except NotImplementedError:
        raise ValueError(
            _l(
                "public holidays of {country} are not known; write two letters as UA, or with a part as DE-BY",
                country=country,
            )
        ) from None


def _known_country(country: str) -> str:
    public_holidays(country, 2000)
    return country


Country = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Za-z0-9]{1,12})?$"), AfterValidator(_known_country)]
"""Two letters of a country whose public holidays are known, or a part of it: ``UA``, ``DE-BY``."""

Week = tuple[DayHours, DayHours, DayHours, DayHours, DayHours, DayHours, DayHours]
"""Open hours of the weekdays, Monday first."""

_NINE_TO_SIX = (Hours(time(9), time(18)),)
FIVE_DAYS: Week = (_NINE_TO_SIX, _NINE_TO_SIX, _NINE_TO_SIX, _NINE_TO_SIX, _NINE_TO_SIX, (), ())
_ORDINARY_YEAR = tuple(date(2025, 1, 1) + n * _DAY for n in range(365))
SEVEN_DAYS: Week = ((ALL_DAY,),) * 7

Stretch = tuple[datetime, datetime]
"""From a UTC moment to another one, which is no longer part of it."""


@dataclass(frozen=True, config=_STRICT)
class WorkingCalendar:
    """When work is done: a zone, hours of each weekday, public holidays of countries, and exceptions.

    A moment is open from the opening up to, not including, the closing.  Hours are wall time: on the days when clocks
    change a stretch is an hour longer or shorter.  A day with any hours is a working day; a night shift belongs to the
    day it begins on.  Answers about days are remembered: make another calendar (``dataclasses.replace``) rather than
    change one.  Every search ends: special days are few, and public holidays are known up to 2100 only.

    Raises:
        pydantic.ValidationError: an unknown zone or country, overlapping hours, or a calendar that never opens.
    """

    zone: ZoneName = "UTC"
    week: Week = FIVE_DAYS
    countries: tuple[Country, ...] = ()
    exceptions: Annotated[tuple[SpecialDay, ...], Field(max_length=400)] = ()

    @model_validator(mode="after")
    def _opens_some_day(self) -> Self:
        if sum((hours.length for day in self.week for hours in day), timedelta()) < _LEAST_OPEN:
            raise ValueError(_l("a working calendar is open for an hour a week at least"))
        if not any(self.week[day.weekday()] and not self.is_holiday(day) for day in _ORDINARY_YEAR):
            raise ValueError(_l("this calendar never opens: all its working days are public holidays"))
        return self

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone itself."""
        return zone_of(self.zone)

    @cached_property
    def _special(self) -> dict[date, tuple[Hours, ...]]:
        return {exception.day: exception.hours for exception in self.exceptions}

    @cached_property
    def _hours_seen(self) -> dict[date, tuple[Hours, ...]]:
        return {}

    @cached_property
    def _stretches_seen(self) -> dict[date, tuple[Stretch, ...]]:
        return {}

    def hours(self, day: date) -> tuple[Hours, ...]:
        """Return the open hours that begin on a day, in order; none on a day off."""
        found = self._hours_seen.get(day)
        if found is None:
            found = self._special.get(day)
            if found is None:
                found = () if self.is_holiday(day) else self.week[day.weekday()]
            _remember(self._hours_seen, day, found)
        return found

    def is_holiday(self, day: date) -> bool:
        """Tell whether a day is a public holiday in any of the countries."""
        return any(day in public_holidays(country, day.year) for country in self.countries)

    def is_working_day(self, day: date) -> bool:
        """Tell whether there are open hours that begin on a day."""
        return bool(self.hours(day))

    def is_open(self, moment: datetime) -> bool:
        """Tell whether a moment falls into open hours."""
        return self.next_open(moment) == moment

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself where it is open, else the next opening."""
        return next(self._stretches_after(moment))[0]

    def add_open_time(self, moment: datetime, span: timedelta) -> datetime:
        """Return the moment after ``span`` of open time has passed; closed hours do not count.

        Where the span ends together with the open hours, the next opening is returned: the answer is always open.
        """
        left = span
        stretches = self._stretches_after(moment)
        opens, closes = next(stretches)
        while left >= closes - opens:
            left -= closes - opens
            opens, closes = next(stretches)
        return opens + left

    def add_working_days(self, day: date, count: int) -> date:
        """Return the working day that is ``count`` working days after ``day``, before it for a negative count.

        The day itself is never counted, so from Saturday and from Friday the first working day after is Monday.
        A count of 0 is the day itself, a working day or not.
        """
        step = _DAY if count >= 0 else -_DAY
        left = abs(count)
        while left:
            day += step
            if self.hours(day):
                left -= 1
        return day

    def closing(self, day: date) -> datetime:
        """Return the wall time at which work that began on a day ends; on a day off, the midnight that ends it."""
        last = (self.hours(day) or (ALL_DAY,))[-1]
        return datetime.combine(day + last.days_later * _DAY, last.closes)

    def _stretches_after(self, moment: datetime) -> Iterator[Stretch]:
        # What is open from the moment on, in order.  A special day may begin while the night shift before still lasts.
        day = to_wall(moment, self.zone_info).date() - _DAY
        closed = moment
        while True:
            for opens, closes in self._stretches(day):
                if max(opens, closed) < closes:  # hours that the clocks skip are no stretch
                    yield max(opens, closed), closes
                    closed = closes
            day += _DAY

    def _stretches(self, day: date) -> tuple[Stretch, ...]:
        found = self._stretches_seen.get(day)
        if found is None:
            zone = self.zone_info
            found = tuple(
                (
                    to_utc(datetime.combine(day, hours.opens), zone),
                    to_utc(datetime.combine(day + hours.days_later * _DAY, hours.closes), zone),
                )
                for hours in self.hours(day)
            )
            _remember(self._stretches_seen, day, found)
        return found


def _remember(memory: dict[date, _Answer], day: date, answer: _Answer) -> None:
    if len(memory) >= _REMEMBERED_DAYS:
        memory.clear()
    memory[day] = answer
