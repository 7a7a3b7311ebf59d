"""Durations, deadlines and conditions in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from crm.directory import Directory
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
            parts = [condition(part, settings, depth + 1) for part in asked.of]
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
            return _l("not so: {condition}", condition=condition(asked.of, settings, depth + 1))
        case _:
            return _comparison(asked, settings)


def _comparison(leaf: Any, settings: Directory) -> LazyText:
    if leaf.op == "visited":
        return _l("the run was at “{node}”", node=leaf.node)
    field = field_name(leaf.field, settings)
    values = [leaf.value] if hasattr(leaf, "value") else list(getattr(leaf, "values", ()))
    named = listed([_value(leaf.field, one, settings) for one in values], last="or") if values else ""
    match leaf.op:
        case "is":
            return _l("{field} is {value}", field=field, value=named)
        case "is_not":
            return _l("{field} is not {value}", field=field, value=named)
        case "in":
            return _l("{field} is {values}", field=field, values=named)
        case "not_in":
            return _l("{field} is none of {values}", field=field, values=named)
        case "contains" | "has" | "has_any":
            return _l("{field} has {values}", field=field, values=named)
        case "has_all":
            return _l("{field} has all of {values}", field=field, values=named)
        case "not_contains":
            return _l("{field} has no {values}", field=field, values=named)
        case "starts_with":
            return _l("{field} begins with {value}", field=field, value=named)
        case "empty":
            return _l("{field} is empty", field=field)
        case "not_empty":
            return _l("{field} is filled", field=field)
        case "greater":
            return _l("{field} is more than {value}", field=field, value=named)
        case "greater_or_equal":
            return _l("{field} is {value} or more", field=field, value=named)
        case "less":
            return _l("{field} is less than {value}", field=field, value=named)
        case "less_or_equal":
            return _l("{field} is {value} or less", field=field, value=named)
        case "between":
            low, high = (_value(leaf.field, one, settings) for one in (leaf.low, leaf.high))
            return _l("{field} is from {low} to {high}", field=field, low=low, high=high)
        case "before":
            return _l("{field} is before {value}", field=field, value=named)
        case "after":
            return _l("{field} is after {value}", field=field, value=named)
        case "within_last":
            return _l("{field} is in the last {value}", field=field, value=named)
        case "within_next":
            return _l("{field} is in the next {value}", field=field, value=named)
        case "changed":
            return _l("{field} changed", field=field)
        case _:
            return _l("{field} was {value}", field=field, value=named)


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
