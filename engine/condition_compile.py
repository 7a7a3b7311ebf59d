"""Conditions as fast functions: compiled once, asked for every record."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol, assert_never
from zoneinfo import ZoneInfo

from engine import condition_moments as moments
from engine.condition_moments import Bounds, Span
from engine.condition_reasons import Reason, plain_value, wanted_of
from engine.condition_tree import (
    All,
    AnyOf,
    Between,
    Changed,
    Compared,
    Equals,
    Has,
    HasMany,
    Leaf,
    Node,
    Not,
    OneOf,
    Order,
    Presence,
    TextMatch,
    Visited,
    Was,
    Within,
    leaves,
)
from engine.wall_time import zone_of

_NEVER_ASKED = datetime(2000, 1, 1, tzinfo=UTC)
_SIDES: Mapping[str, Callable[[Any, float], bool]] = {
    "greater": operator.gt,
    "greater_or_equal": operator.ge,
    "less": operator.lt,
    "less_or_equal": operator.le,
}
NEGATIVE = frozenset({"is_not", "not_in", "not_contains", "not_empty"})
"""Operators that are exactly the complement of another one."""


class FactsLike(Protocol):
    """What a condition reads: records by name, each a map from key to value.  A missing one counts as empty."""

    @property
    def records(self) -> Mapping[str, Mapping[str, object]]:
        """The records by name."""


Test = Callable[[FactsLike, datetime], bool]
Explain = Callable[[FactsLike, datetime], Reason]
Read = Callable[[FactsLike], object]
Predicate = Callable[[object, datetime], bool]


class Compiled:
    """A condition ready to be asked.

    Attributes:
        condition: the tree it was made from.
        paths: the paths of all fields it reads.
        test: tells whether the condition holds for facts at ``now`` (aware UTC); stops at the first part that decides.
    """

    __slots__ = ("_explain", "condition", "paths", "test")

    def __init__(self, condition: Node, test: Test, explain: Explain) -> None:
        self.condition = condition
        self.paths = frozenset(path for _, leaf in leaves(condition) for path in _paths(leaf))
        self.test = test
        self._explain = explain

    def explain(self, facts: FactsLike, now: datetime) -> Reason:
        """Return the same answer with its reasons; every part is looked at."""
        return self._explain(facts, now)


def compile(condition: Node, zone: str = "UTC") -> Compiled:  # `condition.compile` says it best
    """Compile a condition.

    Args:
        condition: of either scope.
        zone: the IANA zone in which days of the calendar begin and end.
    """
    return Compiled(condition, *_node(condition, zone_of(zone)))


def _paths(leaf: Leaf) -> tuple[str, ...]:
    return ("run.visited",) if isinstance(leaf, Visited) else (leaf.field,)


def _node(condition: Node, zone: ZoneInfo) -> tuple[Test, Explain]:
    match condition:
        case All():
            return _all([_node(part, zone) for part in condition.of])
        case AnyOf():
            return _any([_node(part, zone) for part in condition.of])
        case Not():
            return _not(*_node(condition.of, zone))
        case _:
            return _leaf(condition, zone)


def _all(parts: list[tuple[Test, Explain]]) -> tuple[Test, Explain]:
    tests = tuple(test for test, _ in parts)

    def test(facts: FactsLike, now: datetime) -> bool:
        for part in tests:  # noqa: SIM110  # a generator costs twice as much
            if not part(facts, now):
                return False
        return True

    def explain(facts: FactsLike, now: datetime) -> Reason:
        reasons = tuple(part(facts, now) for _, part in parts)
        return Reason(all(reason.passed for reason in reasons), "all", parts=reasons)

    return test, explain


def _any(parts: list[tuple[Test, Explain]]) -> tuple[Test, Explain]:
    tests = tuple(test for test, _ in parts)

    def test(facts: FactsLike, now: datetime) -> bool:
        for part in tests:  # noqa: SIM110  # a generator costs twice as much
            if part(facts, now):
                return True
        return False

    def explain(facts: FactsLike, now: datetime) -> Reason:
        reasons = tuple(part(facts, now) for _, part in parts)
        return Reason(any(reason.passed for reason in reasons), "any", parts=reasons)

    return test, explain


def _not(inner: Test, explain_inner: Explain) -> tuple[Test, Explain]:
    def explain(facts: FactsLike, now: datetime) -> Reason:
        reason = explain_inner(facts, now)
        return Reason(not reason.passed, "not", parts=(reason,))

    return lambda facts, now: not inner(facts, now), explain


def _leaf(leaf: Leaf, zone: ZoneInfo) -> tuple[Test, Explain]:
    name, _, key = _paths(leaf)[0].partition(".")
    fits = predicate_of(leaf, zone)
    op, field, wanted = leaf.op, _paths(leaf)[0], wanted_of(leaf)
    holds = op not in NEGATIVE

    def test(facts: FactsLike, now: datetime) -> bool:
        record = facts.records.get(name)
        return fits(None if record is None else record.get(key), now) is holds

    def read(facts: FactsLike) -> object:
        changed = facts.records.get("changed", {})
        if isinstance(leaf, Changed):
            return field in changed
        return changed[field] if field in changed else facts.records.get(name, {}).get(key)

    def test_event(facts: FactsLike, now: datetime) -> bool:
        return fits(read(facts), now)

    def explain(facts: FactsLike, now: datetime) -> Reason:
        seen = read(facts) if isinstance(leaf, (Changed, Was)) else facts.records.get(name, {}).get(key)
        return Reason(fits(seen, now) is holds, op, field, plain_value(seen), wanted)

    return test_event if isinstance(leaf, (Changed, Was)) else test, explain


def predicate_of(leaf: Leaf, zone: ZoneInfo) -> Predicate:
    """Return whether a value fits a comparison; for a negative operator, whether it fits the opposite one."""
    match leaf:
        case Equals() | Was():
            return _equal_to(leaf.value)
        case OneOf():
            return _in(leaf.values)
        case TextMatch():
            return _text(leaf)
        case Presence():
            return lambda seen, _: seen is None or (isinstance(seen, Collection) and len(seen) == 0)
        case Order():
            return _order(leaf)
        case Between():
            return _between(leaf, zone)
        case Has():
            return _has((leaf.value,), every=True)
        case HasMany():
            return _has(leaf.values, every=leaf.op == "has_all")
        case Compared():
            return _compared(leaf, zone)
        case Within():
            span = leaf.value if leaf.op == "within_next" else -leaf.value
            return lambda seen, now: moments.within(span, now, zone).accept(seen)
        case Changed():
            return lambda seen, _: seen is True
        case Visited():
            node = leaf.node
            return lambda seen, _: isinstance(seen, Collection) and node in seen
        case _:
            assert_never(leaf)


def _equal_to(value: object) -> Predicate:
    if isinstance(value, str):
        folded = value.casefold()

        def same_text(seen: object, _: datetime) -> bool:
            if isinstance(seen, str):
                return seen == value or seen.casefold() == folded
            return _day(seen) == folded

        return same_text
    if isinstance(value, bool):
        return lambda seen, _: seen is value
    return lambda seen, _: seen == value and not isinstance(seen, bool)


def _in(values: Collection[object]) -> Predicate:
    exact = frozenset(value for value in values if isinstance(value, str))
    folded = frozenset(text.casefold() for text in exact)
    truths = frozenset(value for value in values if isinstance(value, bool))
    numbers = frozenset(value for value in values if not isinstance(value, (str, bool)))

    def one_of(seen: object, _: datetime) -> bool:
        if isinstance(seen, str):
            return seen in exact or seen.casefold() in folded
        if isinstance(seen, bool):
            return seen in truths
        if _is_number(seen):
            return seen in numbers
        return _day(seen) in folded

    return one_of


def _text(leaf: TextMatch) -> Predicate:
    part = leaf.value.casefold()
    if leaf.op == "starts_with":
        return lambda seen, _: isinstance(seen, str) and seen.casefold().startswith(part)
    return lambda seen, _: isinstance(seen, str) and part in seen.casefold()


def _order(leaf: Order) -> Predicate:
    limit, on_this_side = leaf.value, _SIDES[leaf.op]
    return lambda seen, _: _is_number(seen) and on_this_side(seen, limit)


def _between(leaf: Between, zone: ZoneInfo) -> Predicate:
    low, high = leaf.low, leaf.high
    if isinstance(low, date) and isinstance(high, date):
        bounds = moments.between(low, high, zone)
        return lambda seen, _: bounds.accept(seen)
    return lambda seen, _: _is_number(seen) and low <= seen <= high  # type: ignore[operator]  # numbers, as was seen


def _has(wanted: Collection[int | str], *, every: bool) -> Predicate:
    numbers = frozenset(value for value in wanted if not isinstance(value, str))
    folded = frozenset(value.casefold() for value in wanted if isinstance(value, str))
    needed = len(numbers) + len(folded) if every else 1

    def has(seen: object, _: datetime) -> bool:
        if not isinstance(seen, (frozenset, set, tuple, list)):
            return False
        texts = {item.casefold() for item in seen if isinstance(item, str)}
        others = {item for item in seen if _is_number(item)}
        return len(folded & texts) + len(numbers & others) >= needed

    return has


def _compared(leaf: Compared, zone: ZoneInfo) -> Predicate:
    bounds_of = moments.before if leaf.op == "before" else moments.after
    value = leaf.value
    if isinstance(value, Span):
        return lambda seen, now: bounds_of(value, now, zone).accept(seen)
    fixed: Bounds = bounds_of(value, _NEVER_ASKED, zone)
    return lambda seen, _: fixed.accept(seen)


def _is_number(seen: object) -> bool:
    return isinstance(seen, (int, float, Decimal)) and not isinstance(seen, bool)


def _day(seen: object) -> str | None:
    return seen.isoformat() if isinstance(seen, date) and not isinstance(seen, datetime) else None
