"""Durations, deadlines and conditions in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from crm.directory import Directory
from crm.leads.statuses import LEAD_STATUSES
from engine.condition import All, AnyOf, Condition, Not
from engine.condition_moments import Span
from engine.deadline import AfterEvent, DaysBefore, DaysInStage, FixedDate
from engine.duration import Duration
from engine.text import LazyText, _l
from funnels.words.names import amount_of, event_name, field_name, listed, thing, working_amount_of

_DEEPEST = 3


def duration(lasting: Duration) -> LazyText:
    """Return a length of time: ``2 working days, at 10:00``."""
    words = (amount_of if lasting.calendar == "none" else working_amount_of)(lasting.amount, lasting.unit)
    if lasting.at is not None:
        words = _l("{duration}, at {time}", duration=words, time=f"{lasting.at:%H:%M}")
    if lasting.window is not None:
        words = _l("{duration}, within certain hours", duration=words)
    return words


def deadline(due: DaysInStage | DaysBefore | FixedDate | AfterEvent, settings: Directory) -> LazyText:
    """Return when a task is due."""
    match due:
        case DaysInStage():
            words = _l("{days} after coming into the stage", days=_days(due.days, due.calendar))
        case DaysBefore():
            words = _l(
                "{days} before: {field}", days=_days(due.days, due.calendar), field=field_name(due.field, settings)
            )
        case FixedDate():
            words = _l("on {day}", day=due.day.isoformat())
        case _:
            words = _l("{duration} after: {event}", duration=duration(due.lasting), event=event_name(due.event))
    at = getattr(due, "at", None)
    return _l("{deadline}, at {time}", deadline=words, time=f"{at:%H:%M}") if at is not None else words


def _days(count: int, calendar: str) -> LazyText:
    return (amount_of if calendar == "none" else working_amount_of)(count, "days")


def condition(asked: Condition, settings: Directory, depth: int = 0) -> str:
    """Return a condition as a sentence; what is nested too deep is only counted."""
    match asked:
        case All() | AnyOf():
            if not asked.of:
                return _l("always") if isinstance(asked, All) else _l("never")
            if depth >= _DEEPEST:
                return _l("a group of {count} conditions", count=len(asked.of))
            parts = [_part(part, settings, depth) for part in asked.of]
            words = parts[0]
            for part in parts[1:]:
                pair = {"first": words, "second": part}
                words = (
                    _l("{first}, and {second}", **pair)
                    if isinstance(asked, All)
                    else _l("{first}, or {second}", **pair)
                )
            return words
        case Not():
            return _l("not so: {condition}", condition=_part(asked.of, settings, depth))
        case _:
            return _comparison(asked, settings)


def _part(part: Condition, settings: Directory, depth: int) -> str:
    """Return a part of a group; a group of several stands in brackets, so that nobody takes its and for another's or."""
    words = condition(part, settings, depth + 1)
    is_several = isinstance(part, All | AnyOf) and len(part.of) > 1 and depth + 1 < _DEEPEST
    return LazyText("({condition})", params={"condition": words}) if is_several else words


def _comparison(leaf: Any, settings: Directory) -> LazyText:
    if leaf.op == "visited":
        return _l("the run was at “{node}”", node=leaf.node)
    field = field_name(leaf.field, settings)
    values = [leaf.value] if hasattr(leaf, "value") else list(getattr(leaf, "values", ()))
    named = listed([_value(leaf.field, one, settings) for one in values], last="or") if values else ""
    low, high = (_value(leaf.field, getattr(leaf, one, ""), settings) for one in ("low", "high"))
    places = {"field": field, "value": named, "values": named, "low": low, "high": high}
    return LazyText(_SAID[leaf.op].msgid, params=places)


_PLACES: Final = dict.fromkeys(("field", "value", "values", "low", "high"), "")
_SAID: Final[Mapping[str, LazyText]] = {
    "is": _l("{field} is {value}", **_PLACES),
    "is_not": _l("{field} is not {value}", **_PLACES),
    "in": _l("{field} is {values}", **_PLACES),
    "not_in": _l("{field} is none of {values}", **_PLACES),
    "contains": _l("{field} has {values}", **_PLACES),
    "has": _l("{field} has {values}", **_PLACES),
    "has_any": _l("{field} has {values}", **_PLACES),
    "has_all": _l("{field} has all of {values}", **_PLACES),
    "not_contains": _l("{field} has no {values}", **_PLACES),
    "starts_with": _l("{field} begins with {value}", **_PLACES),
    "empty": _l("{field} is empty", **_PLACES),
    "not_empty": _l("{field} is filled", **_PLACES),
    "greater": _l("{field} is more than {value}", **_PLACES),
    "greater_or_equal": _l("{field} is {value} or more", **_PLACES),
    "less": _l("{field} is less than {value}", **_PLACES),
    "less_or_equal": _l("{field} is {value} or less", **_PLACES),
    "between": _l("{field} is from {low} to {high}", **_PLACES),
    "before": _l("{field} is before {value}", **_PLACES),
    "after": _l("{field} is after {value}", **_PLACES),
    "within_last": _l("{field} is in the last {value}", **_PLACES),
    "within_next": _l("{field} is in the next {value}", **_PLACES),
    "changed": _l("{field} changed", **_PLACES),
    "was": _l("{field} was {value}", **_PLACES),
}
"""What each comparison says; the places are filled later."""


def _value(path: str, value: object, settings: Directory) -> str:
    """Return a value as people know it: the name of a plan, a stage or a user for its key."""
    if isinstance(value, bool):
        return _l("yes") if value else _l("no")
    if isinstance(value, Span):
        return _span(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    match path.rpartition(".")[2]:
        case "plan":
            return thing("plan", text, settings)
        case "stage" | "from":
            return thing("stage", text, settings)
        case "owner":
            return thing("user", text, settings)
        case "status" if path == "lead.status" and text in LEAD_STATUSES:
            return _l("“{status}”", status=LEAD_STATUSES[text])
        case "amount" if isinstance(value, int):
            return str(value // 100) if value % 100 == 0 else f"{value / 100:.2f}"
        case _:
            return f"“{text}”" if isinstance(value, str) else text


def _span(span: Span) -> str:
    parts = [
        amount_of(abs(count), unit)
        for unit, count in (
            ("weeks", span.weeks),
            ("days", span.days),
            ("hours", span.hours),
            ("minutes", span.minutes),
        )
        if count
    ]
    length = listed(list(parts)) if parts else amount_of(0, "minutes")
    if span.length.total_seconds() < 0:
        return _l("{span} ago", span=length)
    return length
