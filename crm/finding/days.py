"""Stretches of the calendar by name: today, this week, last month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from engine.text import LazyText, _l

Stretch = tuple[date, date]
"""The first and the last day."""

_DAY: Final = timedelta(days=1)


def _week(day: date) -> Stretch:
    first = day - timedelta(days=day.weekday())
    return first, first + 6 * _DAY


def _month(day: date) -> Stretch:
    first = day.replace(day=1)
    return first, (first + 31 * _DAY).replace(day=1) - _DAY


def _quarter(day: date) -> Stretch:
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return first, _month(first + 62 * _DAY)[1]


def _year(day: date) -> Stretch:
    return day.replace(month=1, day=1), day.replace(month=12, day=31)


_Part = Callable[[date], Stretch]


def _before(part: _Part) -> _Part:
    return lambda day: part(part(day)[0] - _DAY)


def _after(part: _Part) -> _Part:
    return lambda day: part(part(day)[1] + _DAY)


_STRETCHES: Final[Mapping[str, _Part]] = {
    "today": lambda day: (day, day),
    "yesterday": lambda day: (day - _DAY, day - _DAY),
    "tomorrow": lambda day: (day + _DAY, day + _DAY),
    "this-week": _week,
    "last-week": _before(_week),
    "next-week": _after(_week),
    "this-month": _month,
    "last-month": _before(_month),
    "next-month": _after(_month),
    "this-quarter": _quarter,
    "last-quarter": _before(_quarter),
    "this-year": _year,
    "last-year": _before(_year),
}

STRETCH_WORDS: Final[Mapping[str, LazyText]] = {
    "today": _l("today"),
    "yesterday": _l("yesterday"),
    "tomorrow": _l("tomorrow"),
    "this-week": _l("this week"),
    "last-week": _l("last week"),
    "next-week": _l("next week"),
    "this-month": _l("this month"),
    "last-month": _l("last month"),
    "next-month": _l("next month"),
    "this-quarter": _l("this quarter"),
    "last-quarter": _l("last quarter"),
    "this-year": _l("this year"),
    "last-year": _l("last year"),
}
"""The stretches in words, in the order in which forms show them."""


def is_stretch(name: str) -> bool:
    """True where there is a stretch of this name."""
    return name in _STRETCHES


def stretch(name: str, today: date) -> Stretch:
    """Return the first and the last day of a stretch.  Weeks begin on Monday."""
    return _STRETCHES[name](today)
