"""Conditions as SQL: the same answer as ``engine.condition`` gives in Python, on both databases."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, and_, exists, false, not_, or_, true

from crm.condition_fields import TABLES, Custom, Place, Stored, SubjectFields, Tags
from crm.errors import InvalidError
from crm.tables.records import field_value, record_tag
from engine import condition_moments as moments
from engine.condition import (
    All,
    AnyOf,
    Between,
    Changed,
    Compared,
    Equals,
    FieldKind,
    Has,
    HasMany,
    Node,
    Not,
    OneOf,
    Order,
    Presence,
    RecordCondition,
    TextMatch,
    Visited,
    Was,
    Within,
)
from engine.condition_compile import NEGATIVE, predicate_of
from engine.event import SUBJECT_CODES
from engine.wall_time import zone_of

Clause = ColumnElement[bool]
_Leaf = Equals | OneOf | TextMatch | Presence | Order | Between | Has | HasMany | Compared | Within
_LEAST, _MOST = -(2**63), 2**63 - 1


def where(condition: RecordCondition, fields: SubjectFields, *, now: datetime, zone: str) -> Clause:
    """Return the clause that is true for the rows of the subject's table for which the condition holds.

    Never null, so that ``not`` is the complement.  Linked records are looked up by ``exists``.

    Args:
        condition: of record scope.
        fields: those of the kind of record that is selected.
        now: aware UTC.
        zone: the IANA zone in which days begin and end; the same as was given to ``engine.condition.compile``.

    Raises:
        InvalidError: a field that the records do not have; ``engine.condition.check`` finds them all.
    """
    return _Writer(fields, now, zone_of(zone)).node(condition)


class _Writer:
    def __init__(self, fields: SubjectFields, now: datetime, zone: ZoneInfo) -> None:
        self.fields = fields
        self.now = now
        self.zone = zone

    def node(self, condition: Node) -> Clause:
        match condition:
            case All():
                return and_(true(), *(self.node(part) for part in condition.of))
            case AnyOf():
                return or_(false(), *(self.node(part) for part in condition.of))
            case Not():
                return not_(self.node(condition.of))
            case Changed() | Was() | Visited():
                raise InvalidError(f"{condition.op} is known only while a funnel runs; it cannot be a filter")
            case _:
                return self.leaf(condition)

    def leaf(self, leaf: _Leaf) -> Clause:
        place = self.fields.place(leaf.field)
        if place is None:
            raise InvalidError(f"{self.fields.subject} records have no field {leaf.field}")
        if isinstance(leaf, Presence):
            some = self.some(place, _filled)
            return some if leaf.op == "not_empty" else not_(some)
        clause = self.positive(place, leaf)
        return not_(clause) if leaf.op in NEGATIVE else clause

    def positive(self, place: Place, leaf: _Leaf) -> Clause:
        field = place.field
        if isinstance(leaf, (Has, HasMany)):
            return self.has(place, leaf)
        if isinstance(field, Stored) and field.keyed_by is not None:
            fits = predicate_of(leaf, self.zone)
            ids = [id_ for id_, key in self.fields.keys(field.keyed_by).items() if fits(key, self.now)]
            return self.some(place, lambda _, column: _known(column, column.in_(ids)) if ids else false())
        if field.kind == "tags":
            return false()
        return self.some(place, lambda kind, column: self.compared(kind, column, leaf))

    def some(self, place: Place, clause: Callable[[FieldKind, Column[Any]], Clause]) -> Clause:
        """Return that there is a value of the field for which the clause holds."""
        field, link = place.field, place.link
        match field:
            case Stored():
                found = clause(field.kind, field.column)
                if place.record == self.fields.subject:
                    return found
                other = TABLES[place.record].c.id  # type: ignore[index]  # a person has no stored fields
                return exists().where(other == link, found)
            case Custom():
                values = field_value.c
                column = _COLUMNS[field.kind]
                found = clause(field.kind, values[column])
                return exists().where(values.record_id == link, values.field_id == field.field_id, found)
            case Tags():
                tags = record_tag.c
                found = clause("tags", tags.tag_id)
                return exists().where(tags.record_kind == SUBJECT_CODES[place.record], tags.record_id == link, found)

    def has(self, place: Place, leaf: Has | HasMany) -> Clause:
        if place.field.kind != "tags":
            return false()
        wanted = (leaf.value,) if isinstance(leaf, Has) else leaf.values
        folded = sorted({value.casefold() for value in wanted if isinstance(value, str)})
        every = leaf.op == "has_all"
        if every and any(not isinstance(value, str) for value in wanted):
            return false()
        each = [self.some(place, lambda _, column, text=text: self.is_tag(place, column, text)) for text in folded]  # type: ignore[misc]  # a default binds the text
        return and_(true(), *each) if every else or_(false(), *each)

    def is_tag(self, place: Place, column: Column[Any], text: str) -> Clause:
        if isinstance(place.field, Tags):
            known = self.fields.settings.tag_keys.get(text)
            return false() if known is None else column == known
        return column == text

    def compared(self, kind: FieldKind, column: Column[Any], leaf: _Leaf) -> Clause:
        match kind:
            case "text" | "choice":
                return _text(column, leaf)
            case "number" | "money" | "reference":
                return _number(column, leaf, whole=column.table is not field_value or kind == "reference")
            case "bool":
                return _truth(column, leaf)
            case "date":
                return self.day(column, leaf)
            case "datetime":
                bounds = self.bounds(leaf)
                return false() if bounds is None else _within(column, bounds.since, bounds.until)
            case "tags":
                return false()

    def day(self, column: Column[Any], leaf: _Leaf) -> Clause:
        if isinstance(leaf, (Equals, OneOf)):
            days = [day for value in _values(leaf) if (day := _as_day(value)) is not None]
            return or_(false(), *(_within(column, _midnight(day), _midnight(day + _DAY)) for day in days))
        bounds = self.bounds(leaf)
        if bounds is None:
            return false()
        last = None if bounds.last is None else _midnight(bounds.last + _DAY)
        return _within(column, None if bounds.first is None else _midnight(bounds.first), last)

    def bounds(self, leaf: _Leaf) -> moments.Bounds | None:
        match leaf:
            case Compared():
                bounds_of = moments.before if leaf.op == "before" else moments.after
                return bounds_of(leaf.value, self.now, self.zone)
            case Within():
                span = leaf.value if leaf.op == "within_next" else -leaf.value
                return moments.within(span, self.now, self.zone)
            case Between(low=date() as low, high=date() as high):
                return moments.between(low, high, self.zone)
            case _:
                return None


_DAY = timedelta(days=1)
_COLUMNS: dict[FieldKind, str] = {
    "text": "text_key",
    "choice": "text_key",
    "tags": "text_key",
    "number": "number",
    "money": "number",
    "bool": "number",
    "date": "at",
    "datetime": "at",
    "reference": "reference",
}


def _known(column: Column[Any], clause: Clause) -> Clause:
    # Without the first half a missing value would make the clause null, and its complement null too.
    return and_(column.is_not(None), clause) if column.nullable else clause


def _filled(kind: FieldKind, column: Column[Any]) -> Clause:
    is_text = kind in {"text", "choice"} and str(column.type) == "TEXT"
    return _known(column, column != "") if is_text else column.is_not(None)


def _values(leaf: Equals | OneOf) -> Collection[object]:
    return (leaf.value,) if isinstance(leaf, Equals) else leaf.values


def _text(column: Column[Any], leaf: _Leaf) -> Clause:
    match leaf:
        case Equals() | OneOf():
            folded = sorted({value.casefold() for value in _values(leaf) if isinstance(value, str)})
            return _known(column, column.in_(folded)) if folded else false()
        case TextMatch(op="starts_with"):
            return _known(column, column.startswith(leaf.value.casefold(), autoescape=True))
        case TextMatch():
            return _known(column, column.contains(leaf.value.casefold(), autoescape=True))
        case _:
            return false()


def _number(column: Column[Any], leaf: _Leaf, *, whole: bool) -> Clause:
    match leaf:
        case Equals() | OneOf():
            numbers = [
                value for value in _values(leaf) if isinstance(value, (int, float)) and not isinstance(value, bool)
            ]
            return or_(false(), *(_range(column, value, value, whole=whole) for value in numbers))
        case Order(op="greater"):
            return _range(column, leaf.value, None, whole=whole, beyond=True)
        case Order(op="greater_or_equal"):
            return _range(column, leaf.value, None, whole=whole)
        case Order(op="less"):
            return _range(column, None, leaf.value, whole=whole, beyond=True)
        case Order():
            return _range(column, None, leaf.value, whole=whole)
        case Between(low=int() | float() as low, high=int() | float() as high):
            return _range(column, low, high, whole=whole)
        case _:
            return false()


def _range(column: Column[Any], low: float | None, high: float | None, *, whole: bool, beyond: bool = False) -> Clause:
    """Return that the number lies between the ends, themselves included unless ``beyond``.

    Whole numbers are compared with whole numbers: a database would round large ones to compare them with a real one.
    """
    if not whole:
        clauses: list[Clause] = []
        if low is not None:
            clauses.append(column > float(low) if beyond else column >= float(low))
        if high is not None:
            clauses.append(column < float(high) if beyond else column <= float(high))
        return _known(column, and_(true(), *clauses))
    least = _LEAST if low is None else math.floor(low) + 1 if beyond else math.ceil(low)
    most = _MOST if high is None else math.ceil(high) - 1 if beyond else math.floor(high)
    if least > most or least > _MOST or most < _LEAST:
        return false()
    return _known(column, column.between(max(least, _LEAST), min(most, _MOST)))


def _truth(column: Column[Any], leaf: _Leaf) -> Clause:
    if not isinstance(leaf, (Equals, OneOf)):
        return false()
    numbers = sorted({float(value) for value in _values(leaf) if isinstance(value, bool)})
    return _known(column, column.in_(numbers)) if numbers else false()


def _within(column: Column[Any], since: datetime | None, until: datetime | None) -> Clause:
    clauses: list[Clause] = []
    if since is not None:
        clauses.append(column >= since)
    if until is not None:
        clauses.append(column < until)
    return _known(column, and_(true(), *clauses))


def _as_day(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return day if day is not None and day.isoformat() == value else None


def _midnight(day: date) -> datetime:
    # Days are kept as the UTC midnight they begin with, whatever the zone.
    return datetime.combine(day, time(), tzinfo=UTC)
