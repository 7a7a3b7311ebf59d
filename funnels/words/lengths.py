"""A length of time in full: how much, by whose clock, within which hours and days."""

from __future__ import annotations

from collections.abc import Sequence

from crm.directory import Directory
from engine.calendar import Hours
from engine.duration import WEEKDAYS, Duration, Weekday
from engine.text import LazyText, _l
from funnels.words.choices import choice_word
from funnels.words.names import amount_of, listed, working_amount_of


def in_full(lasting: Duration, settings: Directory) -> str:
    """Return a length of time with all that bounds it: ``2 working days, Kyiv time, 09:00-18:00, Mon-Fri``."""
    works = lasting.calendar != "none"
    parts: list[str] = [(working_amount_of if works else amount_of)(lasting.amount, lasting.unit)]
    if lasting.at is not None:
        parts.append(_l("at {time}", time=f"{lasting.at:%H:%M}"))
    if works or lasting.window is not None or lasting.at is not None or lasting.time_zone is not None:
        parts.append(_l("{city} time", city=_city(lasting.time_zone or settings.calendar.zone)))
    if lasting.window is not None:
        parts += _bounds([lasting.window.hours], lasting.window.weekdays)
    elif works:
        week = settings.calendar.week
        open_days = [day for day, hours in zip(WEEKDAYS, week, strict=True) if hours]
        parts += _bounds(sorted({hours for day in week for hours in day}, key=lambda one: one.opens), open_days)
    if not lasting.holidays:
        parts.append(_l("holidays too"))
    return listed(parts[:5])


def _bounds(hours: Sequence[Hours], days: Sequence[Weekday]) -> list[str]:
    found: list[str] = []
    if len(hours) <= 2 and not all(one.opens == one.closes for one in hours):
        found.append(" ".join(f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in hours))
    if len(days) < len(WEEKDAYS):
        found.append(_days(days))
    return found


def _days(days: Sequence[Weekday]) -> str:
    """Return days of the week: a run of three or more as its ends."""
    places = [WEEKDAYS.index(day) for day in days]
    if len(places) > 2 and places == list(range(places[0], places[-1] + 1)):
        first, last = choice_word("weekdays", days[0]), choice_word("weekdays", days[-1])
        return LazyText("{first}–{last}", params={"first": first, "last": last})
    return listed([choice_word("weekdays", day) for day in days])


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")
