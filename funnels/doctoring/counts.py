"""Counts and sums against a recount: who is where in a funnel, what stands in which stage."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from crm.tables.journal import stage_total
from crm.tables.records import deal
from db.work import Work
from engine.text import _l
from funnels.doctoring.finding import Finding, named
from funnels.tables import node_total, run, token

_ENDED = 10
_WHOLE = 0


def node_counts(work: Work) -> list[Finding]:
    """Check that entered = inside + left, for each funnel and each of its nodes, parked runs included."""
    difference: Counter[tuple[int, int]] = Counter()
    entered: Counter[int] = Counter()
    sums = select(
        node_total.c.funnel_id,
        node_total.c.node,
        func.sum(node_total.c.entered).label("entered"),
        func.sum(node_total.c.left).label("left"),
    ).group_by(node_total.c.funnel_id, node_total.c.node)
    for row in work.rows(sums):
        difference[row.funnel_id, row.node] += int(row.entered) - int(row.left)
        if row.node == _WHOLE:
            entered[row.funnel_id] = int(row.entered)
    inside = (
        select(run.c.funnel_id, token.c.node, func.count().label("tokens"))
        .join(run, run.c.id == token.c.run_id)
        .group_by(run.c.funnel_id, token.c.node)
    )
    for row in work.rows(inside):
        difference[row.funnel_id, row.node] -= row.tokens
    runs = select(run.c.funnel_id, func.count().label("runs")).group_by(run.c.funnel_id)
    for row in work.rows(runs.where(run.c.status < _ENDED)):
        difference[row.funnel_id, _WHOLE] -= row.runs
    for row in work.rows(runs):
        entered[row.funnel_id] -= row.runs
    wrong = [f"{funnel_id}/{node}" for (funnel_id, node), excess in sorted(difference.items()) if excess]
    return [
        *named(
            wrong,
            "node_count_wrong",
            lambda count: _l("nodes (funnel/number) where entered is not inside and left: {count}", count=count),
            _l("the numbers on the canvas are wrong there; report it"),
        ),
        *named(
            [funnel_id for funnel_id, excess in sorted(entered.items()) if excess],
            "run_count_wrong",
            lambda count: _l("funnels whose entries are not their runs: {count}", count=count),
            _l("the numbers on the canvas are wrong there; report it"),
        ),
    ]


def stage_counts(work: Work) -> list[Finding]:
    """Check counts and sums per plan, stage, owner and currency against the deals themselves."""
    owner = func.coalesce(deal.c.owner_id, 0).label("owner_id")
    place = (deal.c.plan_id, deal.c.stage_id, owner, deal.c.currency)
    recount = select(*place, func.count(), func.sum(deal.c.amount)).where(deal.c.archived_at.is_(None)).group_by(*place)
    key = (stage_total.c.plan_id, stage_total.c.stage_id, stage_total.c.owner_id, stage_total.c.currency)
    stored = select(*key, func.sum(stage_total.c.deals), func.sum(stage_total.c.amount)).group_by(*key)
    wanted = {tuple(row[:4]): (int(row[4]), int(row[5])) for row in work.rows(recount)}
    there = {tuple(row[:4]): (int(row[4]), int(row[5])) for row in work.rows(stored)}
    wrong = sorted(one for one in {*wanted, *there} if wanted.get(one, (0, 0)) != there.get(one, (0, 0)))
    return named(
        [f"{plan}/{stage}/{user}/{currency}" for plan, stage, user, currency in wrong],
        "stage_total_wrong",
        lambda count: _l("sums (plan/stage/owner/currency) that are not those of the deals: {count}", count=count),
        _l("the board shows wrong counts and sums there; report it"),
    )
