"""What a test needs to ask one block."""

from datetime import UTC, datetime

from engine.block import Context
from engine.calendar import WorkingCalendar
from engine.event import EVENT_KINDS, Event
from engine.facts import Facts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""


def context(records=None, *, now=NOW, signal=None, visit=1, calendar=None):
    return Context(now, Facts(records or {}), calendar or WorkingCalendar(), 1, "n", visit, signal)


def event(kind, *, origin="hand", **data):
    data = {name.rstrip("_"): value for name, value in data.items()}
    return Event(1, kind, 7, EVENT_KINDS[kind].subject, 5, data, NOW, origin=origin)
