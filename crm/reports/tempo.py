"""The tempo of deals: how long closed ones took, and how many took how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, case, func, literal, select

from crm.reports.dimensions import Dimension
from crm.reports.lengths import DAY, Lengths, lengths
from crm.reports.outcomes import Key
from crm.reports.scope import Scope
from crm.tables.records import deal
from db.lengths import microseconds_between
from db.work import Work

BUCKETS: Final = ((0, 0), (1, 2), (3, 6), (7, 13), (14, 29), (30, 89), (90, 179), (180, None))
"""Whole days that a deal took, from and to, both included."""

TOOK: Final = microseconds_between(deal.c.created_at, deal.c.closed_at)


def took(work: Work, scope: Scope, split: Sequence[Dimension], state: int | None = None) -> dict[Key, Lengths]:
    """Return how long the closed deals of a scope took, by group.  One statement."""
    query = select().select_from(deal)
    for one in split:
        query = one.joined(query)
    query = query.where(*scope.where(), deal.c.closed_at.is_not(None))
    if state is not None:
        query = query.where(deal.c.state == state)
    found = lengths(work, query, [one.column for one in split], TOOK)
    return {
        tuple(one.group(raw, None) for one, raw in zip(split, raws, strict=True)): spans
        for raws, spans in found.items()
    }


def spread(work: Work, scope: Scope) -> dict[int, Counter[int]]:
    """Return how many closed deals of each state took how long, by the place of the bucket.  One statement."""
    bucket = case(
        *(
            (literal((last + 1) * DAY, BigInteger()) > TOOK, place)
            for place, (_, last) in enumerate(BUCKETS)
            if last is not None
        ),
        else_=len(BUCKETS) - 1,
    )
    query: Any = (
        select(bucket.label("bucket"), deal.c.state, func.count())
        .where(*scope.where(), deal.c.closed_at.is_not(None))
        .group_by(bucket, deal.c.state)
    )
    found: dict[int, Counter[int]] = {place: Counter() for place, _ in enumerate(BUCKETS)}
    for place, state, deals in work.rows(query):
        found[place][state] += deals
    return found
