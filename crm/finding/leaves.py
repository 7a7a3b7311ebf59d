"""Facets as parts of conditions, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from crm.conditions.fields import Custom, SubjectFields, Team
from crm.directory import Directory
from crm.errors import InvalidError
from crm.finding.days import is_stretch, stretch
from crm.finding.figures import NUMBERS, TIMES, day_of, distance, distance_text, figure, figure_text
from crm.finding.wanted import ME, NOW, Facet
from engine.condition import FieldKind
from engine.text import _l

Plain = dict[str, Any]

_DAY: Final = timedelta(days=1)
_AT_ONCE: Final[Plain] = {}
YES: Final = {"yes": True, "no": False}
_NOT: Final = {"in": "not_in", "contains": "not_contains"}


def leaf_of(facet: Facet, fields: SubjectFields, today: date, me: str | None) -> Plain:
    """Return a facet as a part of a condition.

    Args:
        facet: what is asked.
        fields: those of the kind of records.
        today: the day on which stretches of the calendar are fixed.
        me: the login of whoever looks; without it nobody can be meant by ``me``.

    Raises:
        InvalidError: there is no such field, or the values do not fit it.
    """
    kind = fields.kind(facet.field)
    if kind is None:
        raise InvalidError(_l("there is no field {field} to filter by: it may have been removed", field=facet.field))
    match facet.op:
        case "empty" | "not_empty":
            return {"op": facet.op, "field": facet.field}
        case "contains" | "not_contains" if kind in ("text", "choice") and len(facet.values) == 1 and facet.values[0]:
            return {"op": facet.op, "field": facet.field, "value": facet.values[0]}
        case "within_last" | "within_next" if kind in TIMES:
            span = distance(facet.values[0])
            if span is not None:
                value = {name: number for name, number in span.model_dump().items() if number}
                return {"op": facet.op, "field": facet.field, "value": value}
        case "during" if kind in TIMES and is_stretch(facet.values[0]):
            first, last = stretch(facet.values[0], today)
            return _between(facet.field, first, last)
        case "between" if kind in NUMBERS | TIMES and len(facet.values) == 2:
            found = _range(facet, kind, fields.settings)
            if found is not None:
                return found
        case "in" | "not_in" if facet.values:
            return _one_of(facet, kind, fields, me)
    raise _unfit(facet)


def facet_of(leaf: Plain, fields: SubjectFields) -> Facet | None:
    """Return the facet that says the same as a part of a condition; ``None`` where none does."""
    inner = leaf.get("of") if leaf.get("op") == "not" else None
    if isinstance(inner, dict) and inner.get("op") in ("has", "has_any"):
        facet = facet_of(inner, fields)
        return None if facet is None else facet._replace(op="not_in")
    field, op = leaf.get("field"), leaf.get("op")
    kind = fields.kind(field) if isinstance(field, str) else None
    if kind is None or not isinstance(field, str):
        return None
    settings = fields.settings
    match op:
        case "empty" | "not_empty":
            return Facet(field, op)
        case "contains" | "not_contains":
            return Facet(field, op, (str(leaf["value"]),))
        case "is" | "is_not" | "has" | "in" | "not_in" | "has_any":
            values = leaf["values"] if "values" in leaf else [leaf["value"]]
            texts = [_text(value, kind, field, fields) for value in values]
            if None in texts:
                return None
            return Facet(field, "not_in" if op in ("is_not", "not_in") else "in", tuple(map(str, texts)))
        case "within_last" | "within_next":
            text = distance_text(leaf["value"])
            return None if text is None else Facet(field, op, (text,))
        case "between":
            ends = [_end(leaf[name], kind, settings) for name in ("low", "high")]
            return None if None in ends else Facet(field, "between", tuple(map(str, ends)))
        case "greater_or_equal" | "less_or_equal":
            end = figure_text(leaf["value"], kind, settings)
            return None if end is None else _open(field, end, is_low=op == "greater_or_equal")
        case "after" | "before":
            return _half(field, leaf["value"], is_low=op == "after")
        case _:
            return None


def _range(facet: Facet, kind: FieldKind, settings: Directory) -> Plain | None:
    low, high = facet.values
    read: Callable[[str], Any] = day_of if kind in TIMES else lambda text: figure(text, kind, settings)
    if NOW in (low, high) and kind in TIMES:
        if low == NOW and not high:
            return {"op": "after", "field": facet.field, "value": _AT_ONCE}
        return {"op": "before", "field": facet.field, "value": _AT_ONCE} if not low else None
    ends: list[Any] = [read(end) if end else None for end in (low, high)]
    if any(end is None and text for end, text in zip(ends, facet.values, strict=True)) or ends == [None, None]:
        return None
    first, last = ends
    if first is not None and last is not None:
        if first > last:
            raise InvalidError(_l("of {field} the lower end comes first", field=facet.field))
        return _between(facet.field, first, last)
    if kind in TIMES:
        if first is not None:
            return {"op": "after", "field": facet.field, "value": (first - _DAY).isoformat()}
        assert last is not None
        return {"op": "before", "field": facet.field, "value": (last + _DAY).isoformat()}
    if first is not None:
        return {"op": "greater_or_equal", "field": facet.field, "value": first}
    return {"op": "less_or_equal", "field": facet.field, "value": last}


def _between(field: str, low: Any, high: Any) -> Plain:
    ends = [end.isoformat() if isinstance(end, date) else end for end in (low, high)]
    return {"op": "between", "field": field, "low": ends[0], "high": ends[1]}


def _one_of(facet: Facet, kind: FieldKind, fields: SubjectFields, me: str | None) -> Plain:
    values = [_value(text, facet, kind, fields, me) for text in facet.values]
    if kind == "tags":
        found = {"op": "has_any", "field": facet.field, "values": values}
        return found if facet.op == "in" else {"op": "not", "of": found}
    return {"op": facet.op, "field": facet.field, "values": values}


def is_of_people(path: str, fields: SubjectFields) -> bool:
    """True where the values of a field are users."""
    place = fields.place(path)
    if place is None:
        return False
    if isinstance(place.field, Custom):
        own = fields.settings.fields.get((place.record, path.split(".", 2)[-1]))
        return own is not None and own.type == "user"
    return isinstance(place.field, Team) or getattr(place.field, "keyed_by", None) == "user"


def _value(text: str, facet: Facet, kind: FieldKind, fields: SubjectFields, me: str | None) -> Any:
    of_people = is_of_people(facet.field, fields)
    if of_people and text == ME and ME not in fields.settings.logins:
        if me is None:
            raise InvalidError(_l("it is not known who is meant by “me” in {field}: name somebody", field=facet.field))
        text = me
    if kind == "reference":
        user = fields.settings.logins.get(text) if of_people else None
        if user is None and not text.isdecimal():
            return 0  # nobody has this id: as with any key that is not there
        return user.id if user is not None else int(text[:18])
    if kind == "bool":
        if text not in YES:
            raise _unfit(facet)
        return YES[text]
    if kind in NUMBERS:
        found = figure(text, kind, fields.settings)
        if found is None:
            raise _unfit(facet)
        return found
    if kind == "date" and day_of(text) is None:
        raise _unfit(facet)
    if kind == "datetime" or not text:
        raise _unfit(facet)
    return text


def _text(value: Any, kind: FieldKind, field: str, fields: SubjectFields) -> str | None:
    if kind == "bool":
        return next((text for text, truth in YES.items() if truth is value), None)
    if isinstance(value, bool):
        return None
    if kind == "reference" and isinstance(value, int):
        user = fields.settings.users.get(value) if is_of_people(field, fields) else None
        return user.login if user is not None else str(value)
    if kind in NUMBERS:
        return figure_text(value, kind, fields.settings) if isinstance(value, (int, float)) else None
    return value if isinstance(value, str) else None


def _end(value: Any, kind: FieldKind, settings: Directory) -> str | None:
    if kind in NUMBERS:
        return figure_text(value, kind, settings) if isinstance(value, (int, float)) else None
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text if day_of(text) is not None else None


def _half(field: str, value: Any, *, is_low: bool) -> Facet | None:
    if value == _AT_ONCE:
        return _open(field, NOW, is_low=is_low)
    day = day_of(str(value))
    if day is None:
        return None
    return _open(field, (day + _DAY if is_low else day - _DAY).isoformat(), is_low=is_low)


def _open(field: str, end: str, *, is_low: bool) -> Facet:
    return Facet(field, "between", (end, "") if is_low else ("", end))


def _unfit(facet: Facet) -> InvalidError:
    return InvalidError(
        _l("“{value}” cannot be asked of {field}", value="|".join(facet.values) or facet.op, field=facet.field)
    )
