"""The ways of deals through the stages of a plan: who stood where, who passed a stage over, how long they stayed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Subquery, case, func, select, union

from crm.directory import Plan
from crm.reports.lengths import Lengths, lengths
from crm.reports.outcomes import OPEN, WON
from crm.reports.scope import Scope
from crm.tables.journal import stage_stay
from crm.tables.records import deal
from crm.tables.settings import stage
from db.lengths import microseconds_between
from db.work import Work

_FURTHEST = 1_000_000_000
"""Comes after every open stage: a deal that was won got past them all."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How far deals got on a plan.  Stages are the open ones, by id.

    ``been`` counts deals that stood there, ``won`` those of them that are won, ``skipped`` those that got farther without.
    ``known`` have stood on some open stage, ``known_closed`` are those of them that are won or lost; the others came in closed,
    or are undefined.
    """

    been: Counter[int]
    won: Counter[int]
    skipped: Counter[int]
    known: int
    known_closed: int


def ways(work: Work, scope: Scope, plan: Plan) -> Ways:
    """Return how far the deals of a scope got on one plan.  Two statements: they read the stays of all these deals."""
    stood = _stood(scope, plan)
    far = (
        select(stood.c.deal_id, stood.c.state, func.max(stood.c.position).label("position"))
        .group_by(stood.c.deal_id, stood.c.state)
        .having(func.max(stood.c.is_open) == 1)
        .subquery()
    )
    query = (
        select(stood.c.stage_id, stood.c.position, stood.c.state, far.c.position.label("furthest"), func.count())
        .join_from(stood, far, far.c.deal_id == stood.c.deal_id)
        .where(stood.c.is_open == 1)
        .group_by(stood.c.stage_id, stood.c.position, stood.c.state, far.c.position)
    )
    been: Counter[int] = Counter()
    won: Counter[int] = Counter()
    beyond: Counter[int] = Counter()  # stood there, and got farther
    for stage_id, position, state, furthest, deals in work.rows(query):
        been[stage_id] += deals
        if state == WON:
            won[stage_id] += deals
        if furthest > position:
            beyond[stage_id] += deals
    reached: Counter[int] = Counter()
    known_closed = 0
    counts = select(far.c.position, far.c.state, func.count()).group_by(far.c.position, far.c.state)
    for furthest, state, deals in work.rows(counts):
        reached[furthest] += deals
        known_closed += deals if state != OPEN else 0
    opened = [one for one in plan.stages if one.kind == "open"]
    farther = {one.id: sum(deals for at, deals in reached.items() if at > one.position) for one in opened}
    skipped = Counter({one.id: farther[one.id] - beyond[one.id] for one in opened})
    return Ways(been, won, skipped, reached.total(), known_closed)


def _stood(scope: Scope, plan: Plan) -> Subquery:
    """Return on which stages each deal stood, each once: those it left, and the one it is on."""
    ours = [*scope.where(), deal.c.plan_id == plan.id]
    left = (
        select(stage_stay.c.deal_id, stage_stay.c.stage_id, deal.c.state)
        .join_from(deal, stage_stay, stage_stay.c.deal_id == deal.c.id)
        .where(*ours)
    )
    now = select(deal.c.id, deal.c.stage_id, deal.c.state).where(*ours)
    both = union(left, now).subquery("both")
    position = case((stage.c.kind == "open", stage.c.position), (stage.c.kind == "won", _FURTHEST), else_=-1)
    return (
        select(
            both.c.deal_id,
            both.c.stage_id,
            both.c.state,
            position.label("position"),
            case((stage.c.kind == "open", 1), else_=0).label("is_open"),
        )
        .join_from(both, stage, stage.c.id == both.c.stage_id)
        .subquery("stood")
    )


def stays(work: Work, scope: Scope, plan: Plan) -> dict[int, Lengths]:
    """Return how long the deals of a scope stayed on each stage of a plan before they left it, by stage.  One statement.

    Where a deal came back, each stay counts; where it stands now does not, for that is not over.
    """
    length = microseconds_between(stage_stay.c.entered_at, stage_stay.c.left_at)
    query = (
        select()
        .select_from(deal)
        .join(stage_stay, stage_stay.c.deal_id == deal.c.id)
        .where(*scope.where(), deal.c.plan_id == plan.id)
    )
    return {key[0]: found for key, found in lengths(work, query, (stage_stay.c.stage_id,), length).items()}
