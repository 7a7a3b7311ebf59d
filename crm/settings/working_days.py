"""Working days as people write and read them: ``9:00-13:00, 14:00-18:00``, and what the next weeks look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from pydantic import ValidationError

from crm.errors import InvalidError
from engine.calendar import Hours, SpecialDay, WorkingCalendar
from engine.setting_errors import problem_of
from engine.text import _l

_STRETCH: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day of a preview.  ``hours`` are empty on a day off; ``holiday`` is its name; ``is_special`` where a date has its own."""

    day: date
    hours: tuple[Hours, ...]
    holiday: str
    is_special: bool


def read_hours(text: str) -> tuple[Hours, ...]:
    """Return the stretches that a text names, parted by commas; an empty text is a day off, 24:00 the midnight at the end.

    Raises:
        InvalidError: a part is no stretch of time.
    """
    found = []
    for part in (one.strip() for one in re.split(r"[,;]", text)):
        if not part:
            continue
        match = _STRETCH.fullmatch(part)
        if match is None:
            raise InvalidError(_l("“{text}” is no stretch of time: write it as 9:00-18:00", text=part))
        from_hour, from_minute, to_hour, to_minute = (int(one or 0) for one in match.groups())
        found.append(
            Hours(
                _time(from_hour, from_minute, part), _time(to_hour % 24 if to_minute == 0 else to_hour, to_minute, part)
            )
        )
    return tuple(found)


def hours_text(hours: Sequence[Hours]) -> str:
    """Return stretches as ``read_hours`` reads them."""
    return ", ".join(f"{one.opens:%H:%M}-{one.closes:%H:%M}" for one in hours)


def made_calendar(
    zone: str, week: Sequence[Sequence[Hours]], countries: Sequence[str], special: Sequence[SpecialDay]
) -> WorkingCalendar:
    """Return the calendar of these parts.

    Raises:
        InvalidError: hours overlap, a country is not known, or it never opens.
    """
    try:
        return WorkingCalendar(
            zone=zone,
            week=tuple(tuple(day) for day in week),  # type: ignore[arg-type]  # pydantic counts them
            countries=tuple(dict.fromkeys(countries)),
            exceptions=tuple(sorted(special, key=lambda one: one.day)),
        )
    except ValidationError as error:
        raise InvalidError(problem_of(error.errors(include_url=False)[0])[1]) from error


def shown_days(calendar: WorkingCalendar, first: date, count: int, *, language: str) -> tuple[ShownDay, ...]:
    """Return how work goes on the days from ``first`` on; holidays have names, in ``language`` where they are known in it."""
    days = [first + timedelta(days=n) for n in range(count)]
    names = _holiday_names(calendar.countries, {day.year for day in days}, language)
    special = {one.day for one in calendar.exceptions}
    return tuple(ShownDay(day, calendar.hours(day), names.get(day, ""), day in special) for day in days)


def _time(hour: int, minute: int, text: str) -> time:
    if hour > 23 or minute > 59:
        raise InvalidError(_l("“{text}” is no stretch of time: write it as 9:00-18:00", text=text))
    return time(hour, minute)


def _holiday_names(countries: Sequence[str], years: set[int], language: str) -> dict[date, str]:
    import holidays  # a quarter of a second, needed only where there is a country

    names: dict[date, str] = {}
    for country in countries:
        code, _, part = country.partition("-")
        spoken = holidays.country_holidays(code).supported_languages
        wanted = next((one for one in (language, "en_US") if one in spoken), None)
        known = holidays.country_holidays(code, subdiv=part or None, years=years, language=wanted)
        for day, name in known.items():
            names.setdefault(day, f"{name} ({country})" if len(countries) > 1 else name)
    return names
