"""How often deals that were in a stage were won in the end: the probability of a stage that nobody sets by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, func, literal, select, union_all

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import Plan
from crm.tables.journal import stage_stay
from crm.tables.records import deal
from db.work import Work

NEWEST: Final = 1000
"""So many deals that left a stage last are looked at."""
ENOUGH: Final = 10
"""Fewer closed deals say nothing."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Of deals that were in a stage: how many are closed, and how many of those were won."""

    closed: int
    won: int

    @property
    def percent(self) -> int | None:
        """The share of those won, in whole percent; ``None`` where too few are closed."""
        return round(100 * self.won / self.closed) if self.closed >= ENOUGH else None


def chances(work: Work, plan: Plan, *, viewer: Viewer) -> dict[str, Chance]:
    """Return the chance of each intermediate stage by its key.  One statement, bounded whatever the number of deals."""
    stages = [one for one in plan.stages if one.kind == "open"]
    left = [
        select(
            select(literal(one.id).label("stage_id"), stage_stay.c.deal_id)
            .where(stage_stay.c.stage_id == one.id)
            .order_by(stage_stay.c.left_at.desc())
            .limit(NEWEST)
            .subquery()
        )
        for one in stages
    ]
    if not left:
        return {}
    newest = union_all(*left).subquery()
    closed = func.count(func.distinct(case((deal.c.state != 0, deal.c.id))))
    won = func.count(func.distinct(case((deal.c.state == 1, deal.c.id))))
    query = (
        select(newest.c.stage_id, closed.label("closed"), won.label("won"))
        .join(deal, deal.c.id == newest.c.deal_id)
        .where(may_see(viewer))
        .group_by(newest.c.stage_id)
    )
    found = {row.stage_id: Chance(row.closed, row.won) for row in work.rows(query)}
    return {one.key: found.get(one.id, Chance(0, 0)) for one in stages}
