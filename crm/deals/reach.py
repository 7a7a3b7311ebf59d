"""How far cards are looked for under a filter that no index knows.

A page reads so many deals of each column and stops there, however few of them fit; the next one goes on from that place, further.
So no page of a million deals takes longer than of some thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, bindparam, select, union_all

from crm.access.actor import Viewer
from crm.deals import card_queries as queries
from crm.deals.card_queries import Filter, shape_of, values_of
from crm.deals.cards import Card, Place
from crm.directory import Plan
from db.work import Work

FIRST: Final = 1000
"""So many deals of a column are read at first."""
_FURTHER: Final = 4
_MOST: Final = 64 * FIRST


def further(reach: int) -> int:
    """Return how many deals are read after so many have been."""
    return min(reach * _FURTHER, _MOST)


def held(reach: int) -> int:
    """Return how many deals are read where somebody asks for so many."""
    return max(FIRST, min(reach, _MOST))


def ends_of(
    work: Work,
    plan: Plan,
    stage_ids: Sequence[int],
    *,
    viewer: Viewer,
    wanted: Filter,
    after: Place | None = None,
    reach: int = FIRST,
) -> dict[int, datetime]:
    """Return where reading stops in each stage: the moment at which the last of so many deals came there.

    Stages are left out that are read to their end.  One statement; none under a filter whose deals are found at once.
    """
    if not wanted.reads_on or not stage_ids:
        return {}
    place = {} if after is None else {"entered_at": after.entered_at}
    values = values_of(work, plan, viewer, wanted, stage_ids, **place)
    shape = shape_of(viewer, wanted)
    parts = [
        select(bindparam(f"stage{number}", type_=Integer).label("stage"), page.c.stage_entered_at)
        for number in range(len(stage_ids))
        for page in queries.passed(
            shape, number, reach, "start" if after is None else "at" if after.deal_id else "before"
        )
    ]
    ends: dict[int, datetime] = {}
    for stage_id, moment in work.rows(union_all(*parts), values):
        ends[stage_id] = max(moment, ends.get(stage_id, moment))
    return ends


def rest_of(cards: Sequence[Card], limit: int, end: datetime | None) -> Place | None:
    """Return where the next page begins; ``None`` where there is none."""
    if len(cards) >= limit:
        return Place(cards[-1].stage_entered_at, cards[-1].id)
    return Place(end, 0) if end is not None else None
