"""Stretches of days: named ones, counted from today, and chosen ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from engine.text import LazyText, _l

CHOSEN: Final = "chosen"

PERIODS: Final[Mapping[str, LazyText]] = MappingProxyType(
    {
        "all": _l("All time"),
        "today": _l("Today"),
        "this-week": _l("This week"),
        "this-month": _l("This month"),
        "last-month": _l("Last month"),
        "this-quarter": _l("This quarter"),
        "last-quarter": _l("Last quarter"),
        "this-year": _l("This year"),
        "last-year": _l("Last year"),
        "last-30d": _l("Last 30 days"),
        "last-90d": _l("Last 90 days"),
        "last-365d": _l("Last 365 days"),
        CHOSEN: _l("From … to …"),
    }
)
"""Words for each period."""


class Days(NamedTuple):
    """Days in the company's zone, both included; ``None`` is no bound."""

    first: date | None = None
    last: date | None = None

    @property
    def is_all(self) -> bool:
        """True where nothing is left out."""
        return self.first is None and self.last is None

    def __str__(self) -> str:
        """Return the stretch as addresses have it: ``2026-01-01..2026-01-31``."""
        return f"{self.first or ''}..{self.last or ''}"


def days_of(period: str, today: date, since: date | None = None, until: date | None = None) -> Days:
    """Return the days of a period; ``since`` and ``until`` are those of a chosen one."""
    if period == CHOSEN:
        return Days(since, until)
    month = today.replace(day=1)
    quarter = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    match period:
        case "today":
            return Days(today, today)
        case "this-week":
            monday = today - timedelta(days=today.weekday())
            return Days(monday, monday + timedelta(days=6))
        case "this-month":
            return Days(month, _later(month, 1) - _DAY)
        case "last-month":
            return Days(_later(month, -1), month - _DAY)
        case "this-quarter":
            return Days(quarter, _later(quarter, 3) - _DAY)
        case "last-quarter":
            return Days(_later(quarter, -3), quarter - _DAY)
        case "this-year":
            return Days(date(today.year, 1, 1), date(today.year, 12, 31))
        case "last-year":
            return Days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
        case "last-30d" | "last-90d" | "last-365d":
            return Days(today - timedelta(days=int(period[5:-1]) - 1), today)
        case _:
            return Days()


def months_between(first: date, last: date) -> list[tuple[date, date]]:
    """Return the months from one day to another, first and last day of each, in order; of too many the last ``MOST_MONTHS``."""
    found: list[tuple[date, date]] = []
    month = last.replace(day=1)
    while month >= first.replace(day=1) and len(found) < MOST_MONTHS:
        found.append((month, _later(month, 1) - _DAY))
        month = _later(month, -1)
    return found[::-1]


MOST_MONTHS: Final = 240
_DAY = timedelta(days=1)


def _later(month: date, months: int) -> date:
    """Return the first day of a month that comes so many months later."""
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
