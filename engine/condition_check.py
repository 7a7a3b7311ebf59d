"""Whether a condition makes sense: its fields exist, and its operators and values fit their kinds."""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol, get_args

from engine.condition_tree import (
    Between,
    Changed,
    Equals,
    Has,
    HasMany,
    Leaf,
    Node,
    OneOf,
    Visited,
    Was,
    leaves,
)
from engine.problem import Problem
from engine.text import LazyText, _l

FieldKind = Literal["text", "number", "money", "date", "datetime", "bool", "choice", "tags", "reference"]

_EQUAL = {"is", "is_not", "in", "not_in", "was", "changed", "empty", "not_empty"}
_RANGE = {"greater", "greater_or_equal", "less", "less_or_equal", "between"}
_TIME = {"before", "after", "between", "within_last", "within_next", "changed", "empty", "not_empty"}
_FITTING: dict[FieldKind, set[str]] = {
    "text": _EQUAL | {"contains", "not_contains", "starts_with"},
    "choice": _EQUAL | {"contains", "not_contains", "starts_with"},
    "number": _EQUAL | _RANGE,
    "money": _EQUAL | _RANGE,
    "date": _EQUAL | _TIME,
    "datetime": _TIME,
    "bool": _EQUAL,
    "tags": {"has", "has_any", "has_all", "changed", "empty", "not_empty"},
    "reference": _EQUAL,
}
_VALUES: dict[FieldKind, tuple[type, ...]] = {
    "text": (str,),
    "choice": (str,),
    "number": (int, float),
    "money": (int,),
    "date": (str, date),
    "datetime": (date,),
    "bool": (bool,),
    "tags": (str,),
    "reference": (int, str),
}
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)


class FieldCatalogue(Protocol):
    """Knows which fields there are."""

    def kind(self, path: str) -> FieldKind | None:
        """Return the kind of the field at a path, ``None`` where there is no such field."""


def check(condition: Node, fields: FieldCatalogue) -> tuple[Problem, ...]:
    """Return what is wrong with a condition, from left to right; empty when it makes sense.

    Codes: ``field_unknown``, ``operator_unfit``, ``value_unfit``.  Whether visited nodes exist is not looked at.
    """
    return tuple(problem for where, leaf in leaves(condition) if (problem := _problem(where, leaf, fields)) is not None)


def _problem(where: str, leaf: Leaf, fields: FieldCatalogue) -> Problem | None:
    if isinstance(leaf, Visited):
        return None
    kind = fields.kind(leaf.field)
    if kind is None:
        return Problem(_at(where, "field"), "field_unknown", _l("there is no field {field}", field=leaf.field))
    if leaf.op not in _FITTING[kind]:
        complaint = _l(
            "{op} cannot be asked of {field}, a field of kind {kind}", op=leaf.op, field=leaf.field, kind=kind
        )
        return Problem(_at(where, "op"), "operator_unfit", complaint)
    for name, value in _values(leaf):
        misfit = _misfit(kind, value)
        if misfit is not None:
            return Problem(_at(where, name), "value_unfit", misfit)
    return None


def _values(leaf: Leaf) -> tuple[tuple[str, object], ...]:
    match leaf:
        case Equals() | Was() | Has():
            return (("value", leaf.value),)
        case OneOf() | HasMany():
            return tuple((f"values.{number}", value) for number, value in enumerate(leaf.values))
        case Between():
            return ("low", leaf.low), ("high", leaf.high)
        case Changed() | _:
            return ()


def _misfit(kind: FieldKind, value: object) -> LazyText | None:
    fits = isinstance(value, _VALUES[kind]) and (kind == "bool") == isinstance(value, bool)
    if fits and kind == "date" and isinstance(value, str):
        fits = _is_day(value)
    return None if fits else _l("{value} does not fit a field of kind {kind}", value=str(value), kind=kind)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
