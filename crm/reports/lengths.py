"""How long things took: the middle one, nine of ten, and the mean, by group, computed by the database in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from db.work import Work

DAY = 86_400_000_000
"""Microseconds of a day of 24 hours."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long some things took: how many they are, their mean, the middle one (half took no longer), and nine of ten."""

    number: int
    mean: timedelta
    half: timedelta
    most: timedelta


def lengths(
    work: Work, query: Select[Any], split: Sequence[ColumnElement[Any]], length: ColumnElement[int]
) -> dict[tuple[Any, ...], Lengths]:
    """Return the lengths of what a query finds, by the columns it is grouped by.  One statement, which sorts what it finds.

    Args:
        work: the transaction.
        query: selects nothing yet; its tables and conditions are used.
        split: columns to group by; none: all is one group, with an empty key.
        length: microseconds of one thing, never null.
    """
    names = [f"key{place}" for place, _ in enumerate(split)]
    parts = list(split) or None
    ranked = query.add_columns(
        *(column.label(name) for name, column in zip(names, split, strict=True)),
        length.label("length"),
        func.row_number().over(partition_by=parts, order_by=length).label("place"),
        func.count().over(partition_by=parts).label("number"),
        func.avg(length).over(partition_by=parts).label("mean"),
    ).subquery()
    half, most = (ranked.c.number + 1) // 2, (ranked.c.number * 9 + 9) // 10
    keys = [ranked.c[name] for name in names]
    shown = select(
        *keys, ranked.c.place, ranked.c.number, ranked.c.mean, ranked.c.length
    ).where(or_(ranked.c.place == half, ranked.c.place == most))  # fmt: skip
    middles: dict[tuple[Any, ...], dict[int, int]] = {}
    counts: dict[tuple[Any, ...], tuple[int, float]] = {}
    for row in work.rows(shown):
        key = tuple(row[: len(names)])
        place, number, mean, microseconds = row[len(names) :]
        middles.setdefault(key, {})[place] = microseconds
        counts[key] = number, float(mean)
    return {
        key: Lengths(
            number,
            timedelta(microseconds=mean),
            timedelta(microseconds=middles[key][(number + 1) // 2]),
            timedelta(microseconds=middles[key][(number * 9 + 9) // 10]),
        )
        for key, (number, mean) in counts.items()
    }
