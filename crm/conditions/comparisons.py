"""Single comparisons of conditions as SQL, for columns of each type.  Never null, so that ``not`` is the complement."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, ScalarSelect, Text, and_, false, literal, true

from engine.condition import (
    Between,
    Compared,
    Equals,
    FieldKind,
    Has,
    HasMany,
    OneOf,
    Order,
    Presence,
    TextMatch,
    Within,
)

Clause = ColumnElement[bool]
RecordLeaf = Equals | OneOf | TextMatch | Presence | Order | Between | Has | HasMany | Compared | Within

_LEAST, _MOST = -(2**63), 2**63 - 1
_DAY_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def known(column: ColumnElement[Any], clause: Clause) -> Clause:
    """Return the clause for rows with a value; false, not null, for the others."""
    never_null = isinstance(column, ScalarSelect) or not getattr(column, "nullable", True)
    return clause if never_null else and_(column.is_not(None), clause)


def filled(kind: FieldKind, column: ColumnElement[Any]) -> Clause:
    """Return that there is a value, and no empty text."""
    is_text = kind in {"text", "choice"} and isinstance(column.type, Text)
    return known(column, column != "") if is_text else column.is_not(None)


def _values(leaf: Equals | OneOf) -> Collection[object]:
    return (leaf.value,) if isinstance(leaf, Equals) else leaf.values


def text(column: ColumnElement[Any], leaf: RecordLeaf) -> Clause:
    """Return a comparison of a case-folded text."""
    match leaf:
        case Equals() | OneOf():
            folded = sorted({value.casefold() for value in _values(leaf) if isinstance(value, str)})
            return known(column, column.in_(folded)) if folded else false()
        case TextMatch(op="starts_with"):
            return known(column, column.startswith(leaf.value.casefold(), autoescape=True))
        case TextMatch():
            return known(column, column.contains(leaf.value.casefold(), autoescape=True))
        case _:
            return false()


def number(column: ColumnElement[Any], leaf: RecordLeaf, *, whole: bool) -> Clause:
    """Return a comparison of a number.

    Whole ones are compared with whole ones: a database would round large ones to compare them with a real one.
    """
    match leaf:
        case Equals() | OneOf():
            numbers = [
                value for value in _values(leaf) if isinstance(value, (int, float)) and not isinstance(value, bool)
            ]
            return _one_of(column, sorted(set(numbers)), whole=whole)
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


def _one_of(column: ColumnElement[Any], numbers: list[float], *, whole: bool) -> Clause:
    if whole:
        fitting = [int(one) for one in numbers if one == int(one) and _LEAST <= one <= _MOST]
        same = [literal(one, BigInteger()) for one in fitting]
    else:
        same = [literal(float(one), Float(53)) for one in numbers]
    return known(column, column.in_(same)) if same else false()


def _range(
    column: ColumnElement[Any], low: float | None, high: float | None, *, whole: bool, beyond: bool = False
) -> Clause:
    """Return that the number lies between the ends, themselves included unless ``beyond``.

    Whole numbers are compared with whole numbers: a database would round large ones to compare them with a real one.
    """
    if not whole:
        return _ends(column, _real(low), _real(high), beyond=beyond)
    least = _LEAST if low is None else math.floor(low) + 1 if beyond else math.ceil(low)
    most = _MOST if high is None else math.ceil(high) - 1 if beyond else math.floor(high)
    if least > most or least > _MOST or most < _LEAST:
        return false()
    return _ends(
        column,
        literal(least, BigInteger()) if least > _LEAST else None,
        literal(most, BigInteger()) if most < _MOST else None,
    )


def _real(end: float | None) -> ColumnElement[float] | None:
    return None if end is None else literal(float(end), Float(53))


def _ends(
    column: ColumnElement[Any], low: ColumnElement[Any] | None, high: ColumnElement[Any] | None, *, beyond: bool = False
) -> Clause:
    clauses: list[Clause] = []
    if low is not None:
        clauses.append(column > low if beyond else column >= low)
    if high is not None:
        clauses.append(column < high if beyond else column <= high)
    return known(column, and_(true(), *clauses))


def truth(column: ColumnElement[Any], leaf: RecordLeaf) -> Clause:
    """Return a comparison of a yes or no, kept as 1 or 0."""
    if not isinstance(leaf, (Equals, OneOf)):
        return false()
    numbers = sorted({float(value) for value in _values(leaf) if isinstance(value, bool)})
    return known(column, column.in_(numbers)) if numbers else false()


def within(column: ColumnElement[Any], since: datetime | None, until: datetime | None) -> Clause:
    """Return that a moment lies between two; the later one is no longer part."""
    clauses: list[Clause] = []
    if since is not None:
        clauses.append(column >= since)
    if until is not None:
        clauses.append(column < until)
    return known(column, and_(true(), *clauses))


def _as_day(value: object) -> date | None:
    # Python compares a day by its text, so only that very text means it.
    if not isinstance(value, str) or not _DAY_TEXT.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def midnight(day: date) -> datetime:
    """Return how a day is kept: the UTC midnight it begins with, whatever the zone."""
    return datetime.combine(day, time(), tzinfo=UTC)


def days(column: ColumnElement[Any], leaf: Equals | OneOf) -> Clause:
    """Return that the day is the one, or one of those, a comparison names by its text."""
    moments = [midnight(day) for value in _values(leaf) if (day := _as_day(value)) is not None]
    return known(column, column.in_(moments)) if moments else false()
