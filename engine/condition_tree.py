"""The condition tree: one type for filters, audiences, triggers, condition blocks, robots and reports.

A comparison is two-valued.  A missing value fits nothing; the negative operators (``is_not``, ``not_in`` ...) and
``not`` are exact complements, so a missing value *is not* anything.  Texts are compared case-folded.  Amounts are
minor units.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from engine.condition_moments import Absolute, Moment, Span
from engine.text import _l

MOST_LEAVES = 500
DEEPEST = 20
RUN_RECORDS = frozenset({"trigger", "variable", "run", "changed"})
"""Records that exist only while a run walks."""

Path = Annotated[str, Field(pattern=r"^[a-z][a-z_]*(\.[A-Za-z0-9_-]+){1,4}$", max_length=200)]
"""Where a value is: the record's name, and the key inside it: ``lead.source``, ``lead.field.budget``."""

Text = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Whole = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Number = Whole | Real
Scalar = Annotated[bool, Field(strict=True)] | Whole | Real | Text
Name = Whole | Text


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class All(_Strict):
    """Every part holds; also when there is none."""

    op: Literal["all"]
    of: tuple[Node, ...] = Field(max_length=MOST_LEAVES)


class AnyOf(_Strict):
    """At least one part holds."""

    op: Literal["any"]
    of: tuple[Node, ...] = Field(max_length=MOST_LEAVES)


class Not(_Strict):
    """The part does not hold."""

    op: Literal["not"]
    of: Node


class Equals(_Strict):
    """The value is, or is not, this one.  A day is compared with its text, ``2026-12-31``."""

    op: Literal["is", "is_not"]
    field: Path
    value: Scalar


class OneOf(_Strict):
    """The value is one of these, or none of them."""

    op: Literal["in", "not_in"]
    field: Path
    values: tuple[Scalar, ...] = Field(min_length=1, max_length=1000)


class TextMatch(_Strict):
    """The text has this part, or begins with it."""

    op: Literal["contains", "not_contains", "starts_with"]
    field: Path
    value: Text = Field(min_length=1)


class Presence(_Strict):
    """There is a value, or there is none: nothing, an empty text, or an empty list."""

    op: Literal["empty", "not_empty"]
    field: Path


class Order(_Strict):
    """The number is on this side of a limit."""

    op: Literal["greater", "greater_or_equal", "less", "less_or_equal"]
    field: Path
    value: Number


class Between(_Strict):
    """The number, day or moment lies between two, both included."""

    op: Literal["between"]
    field: Path
    low: Number | Absolute
    high: Number | Absolute

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if isinstance(self.low, date) != isinstance(self.high, date):
            raise ValueError(_l("both ends are numbers, or both are days or moments"))
        if isinstance(self.low, date) and type(self.low) is not type(self.high):
            raise ValueError(_l("both ends are days, or both are moments"))
        if self.low > self.high:  # type: ignore[operator]  # of one kind, as was just seen
            raise ValueError(_l("the lower end comes first"))
        return self


class Has(_Strict):
    """The tag or the list has this one."""

    op: Literal["has"]
    field: Path
    value: Name


class HasMany(_Strict):
    """The tags or the list have any of these, or all of them."""

    op: Literal["has_any", "has_all"]
    field: Path
    values: tuple[Name, ...] = Field(min_length=1, max_length=1000)


class Compared(_Strict):
    """The day or moment is before or after another one, or a distance from now."""

    op: Literal["before", "after"]
    field: Path
    value: Moment


class Within(_Strict):
    """The day or moment lies between now and a distance into the past or the future."""

    op: Literal["within_last", "within_next"]
    field: Path
    value: Span

    @model_validator(mode="after")
    def _points_one_way(self) -> Self:
        if self.value.length.total_seconds() <= 0:
            raise ValueError(_l("the distance is more than nothing; the operator says in which direction"))
        return self


class Changed(_Strict):
    """The event changed the field.  Run scope."""

    op: Literal["changed"]
    field: Path


class Was(_Strict):
    """The field had this value before the event; if the event left it alone, it has it now.  Run scope."""

    op: Literal["was"]
    field: Path
    value: Scalar


class Visited(_Strict):
    """The run has been at the node.  Run scope."""

    op: Literal["visited"]
    node: Text = Field(min_length=1)


Group = All | AnyOf | Not
RecordLeaf = Equals | OneOf | TextMatch | Presence | Order | Between | Has | HasMany | Compared | Within
RunLeaf = Changed | Was | Visited
Leaf = RecordLeaf | RunLeaf
Node = Annotated[
    All
    | AnyOf
    | Not
    | Equals
    | OneOf
    | TextMatch
    | Presence
    | Order
    | Between
    | Has
    | HasMany
    | Compared
    | Within
    | Changed
    | Was
    | Visited,
    Field(discriminator="op"),
]
for _group in (All, AnyOf, Not):
    _group.model_rebuild()


def leaves(condition: Node, where: str = "") -> Iterator[tuple[str, Leaf]]:
    """Yield the comparisons from left to right, each with its place: ``of.2.of``."""
    match condition:
        case All() | AnyOf():
            for number, part in enumerate(condition.of):
                yield from leaves(part, f"{where}of.{number}.")
        case Not():
            yield from leaves(condition.of, f"{where}of.")
        case _:
            yield where.removesuffix("."), condition


def always(condition: Node) -> bool | None:
    """Return what a condition that compares nothing answers, a group of nothing; ``None`` where it looks at anything."""
    match condition:
        case All() | AnyOf():
            parts = [always(part) for part in condition.of]
            decides = isinstance(condition, AnyOf)
            if decides in parts:
                return decides
            return None if None in parts else not decides
        case Not():
            inner = always(condition.of)
            return None if inner is None else not inner
        case _:
            return None


def _depth(condition: Node) -> int:
    match condition:
        case All() | AnyOf():
            return 1 + max((_depth(part) for part in condition.of), default=0)
        case Not():
            return 1 + _depth(condition.of)
        case _:
            return 1


def _bounded(condition: Node) -> Node:
    if _depth(condition) > DEEPEST:
        raise ValueError(_l("a condition has at most {most} levels", most=DEEPEST))
    if sum(1 for _ in leaves(condition)) > MOST_LEAVES:
        raise ValueError(_l("a condition has at most {most} comparisons", most=MOST_LEAVES))
    return condition


def _of_records(condition: Node) -> Node:
    for where, leaf in leaves(condition):
        if isinstance(leaf, RunLeaf) or leaf.field.partition(".")[0] in RUN_RECORDS:
            seen = leaf.node if isinstance(leaf, Visited) else leaf.field
            raise ValueError(
                _l(
                    "{op} {field} is known only while a funnel runs ({where})",
                    op=leaf.op,
                    field=seen,
                    where=where or "/",
                )
            )
    return condition


Condition = Annotated[Node, AfterValidator(_bounded)]
"""A condition of either scope: what a trigger, a guard or a condition block may ask."""

RecordCondition = Annotated[Node, AfterValidator(_bounded), AfterValidator(_of_records)]
"""A condition on records only, which a database can answer too: filters of boards and lists, audiences, reports."""
