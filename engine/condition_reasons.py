"""Why a condition holds or does not: a tree of reasons with the values seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from engine.text import LazyText, _l

if TYPE_CHECKING:
    from engine.condition_tree import Leaf

Plain = bool | int | float | str | None
_LONGEST_TEXT = 200
_MOST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a condition and how it came out.

    ``op`` is the operator of the part.  A comparison has the ``field``, the value ``seen`` and the ``wanted`` ones as plain
    JSON values, cut short; a group has ``parts``.
    """

    passed: bool
    op: str
    field: str | None = None
    seen: Plain | tuple[Plain, ...] = None
    wanted: tuple[Plain, ...] = ()
    parts: tuple[Reason, ...] = ()

    @property
    def text(self) -> LazyText:
        """What to tell people: ``deal.amount is 90, needs more than 100``."""
        match self.op:
            case "all":
                return _l("all conditions hold") if self.passed else _l("not all conditions hold")
            case "any":
                return _l("one of the conditions holds") if self.passed else _l("none of the conditions holds")
            case "not":
                held = self.parts[0].text
                return _l("as wanted, not so: {part}", part=held) if self.passed else _l("unwanted: {part}", part=held)
            case "changed":
                name = self.field
                return _l("{field} changed", field=name) if self.passed else _l("{field} did not change", field=name)
            case "visited":
                node = self.wanted[0]
                return (
                    _l("the run was at {node}", node=node)
                    if self.passed
                    else _l("the run was not at {node}", node=node)
                )
        params = {"field": self.field, "seen": _listed(self.seen), "need": _need(self.op, self.wanted)}
        if self.passed:
            return _l("{field} is {seen}, which fits {need}", **params)
        return _l("{field} is {seen}, needs {need}", **params)

    def first_failing(self) -> Reason | None:
        """Return the first comparison, or ``not``, that makes the condition fail; ``None`` where it holds."""
        return next(self._failing(), None)

    def _failing(self) -> Iterator[Reason]:
        if self.passed:
            return
        if self.op in ("all", "any"):
            for part in self.parts:
                yield from part._failing()
        yield self

    def plain(self) -> list[Any]:
        """Return the reasons as a short list for JSON."""
        if self.parts or self.op in ("all", "any"):
            return [int(self.passed), self.op, [part.plain() for part in self.parts]]
        seen = list(self.seen) if isinstance(self.seen, tuple) else self.seen
        return [int(self.passed), self.op, self.field, seen, list(self.wanted)]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Self:
        """Read back what ``plain`` returned."""
        match plain:
            case [passed, op, list(parts)]:
                return cls(bool(passed), op, parts=tuple(cls.from_plain(part) for part in parts))
            case [passed, op, field, seen, wanted]:
                return cls(bool(passed), op, field, tuple(seen) if isinstance(seen, list) else seen, tuple(wanted))
            case _:
                raise ValueError(f"not a reason: {plain!r}")


def plain_value(value: object) -> Plain | tuple[Plain, ...]:
    """Return a value as JSON knows it: texts and lists cut short, sets in order, dates as ISO text."""
    if isinstance(value, (frozenset, set)):
        return tuple(sorted((_plain_item(item) for item in value), key=str)[:_MOST_ITEMS])
    if isinstance(value, (tuple, list)):
        return tuple(_plain_item(item) for item in value[:_MOST_ITEMS])
    return _plain_item(value)


def _plain_item(value: object) -> Plain:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def wanted_of(leaf: Leaf) -> tuple[Plain, ...]:
    """Return what a comparison wants, as plain values."""
    found: list[Plain] = [
        _plain_item(getattr(leaf, name)) for name in ("value", "low", "high", "node") if hasattr(leaf, name)
    ]
    return tuple(found) + tuple(_plain_item(value) for value in getattr(leaf, "values", ())[:_MOST_ITEMS])


def _listed(seen: Plain | tuple[Plain, ...]) -> str:
    if seen is None or seen in ("", ()):
        return _l("empty")
    if isinstance(seen, tuple):
        return ", ".join(str(item) for item in seen)
    if isinstance(seen, bool):
        return _l("yes") if seen else _l("no")
    return str(seen)


def _need(op: str, wanted: tuple[Plain, ...]) -> str:
    listed = _listed(wanted)
    match op:
        case "is" | "was":
            return _listed(wanted[0])
        case "is_not":
            return _l("anything but {value}", value=_listed(wanted[0]))
        case "in":
            return _l("one of: {values}", values=listed)
        case "not_in":
            return _l("none of: {values}", values=listed)
        case "contains":
            return _l("a text with {value}", value=listed)
        case "not_contains":
            return _l("a text without {value}", value=listed)
        case "starts_with":
            return _l("a text that begins with {value}", value=listed)
        case "empty":
            return _l("no value")
        case "not_empty":
            return _l("a value")
        case "greater":
            return _l("more than {value}", value=listed)
        case "greater_or_equal":
            return _l("{value} or more", value=listed)
        case "less":
            return _l("less than {value}", value=listed)
        case "less_or_equal":
            return _l("{value} or less", value=listed)
        case "between":
            return _l("from {low} to {high}", low=wanted[0], high=wanted[1])
        case "has":
            return _l("{value} among them", value=listed)
        case "has_any":
            return _l("any of: {values}", values=listed)
        case "has_all":
            return _l("all of: {values}", values=listed)
        case "before":
            return _l("before {moment}", moment=listed)
        case "after":
            return _l("after {moment}", moment=listed)
        case "within_last":
            return _l("the last {span}", span=listed)
        case "within_next":
            return _l("the next {span}", span=listed)
        case _:
            raise ValueError(f"no operator {op!r}")
