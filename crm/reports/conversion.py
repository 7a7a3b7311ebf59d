"""The report on a plan's stages: how far deals get, what is passed over, where they are lost, how long they stay."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from crm.directory import Plan, Stage, directory
from crm.reports.lengths import Lengths
from crm.reports.narrowing import EMPTY, FILLED, Narrowing
from crm.reports.outcomes import LOST, WON, positive
from crm.reports.refusals import in_state
from crm.reports.scope import Scope
from crm.reports.table import Cell, Column, Line, Report, Table, share
from crm.reports.ways import Ways, stays, ways
from crm.tables.records import deal
from db.work import Work
from engine.text import _l

COLUMNS = (
    Column("been", _l("Stood here"), tone="accent"),
    Column("skipped", _l("Passed over"), tone="warn", about=_l("Got farther without ever standing on this stage.")),
    Column("reached", _l("Got this far, %"), "share"),
    Column("won", _l("Won of them"), about=_l("Of those that stood here, the deals that are won.")),
    Column("won_share", _l("Won of them, %"), "share"),
    Column("lost", _l("Lost from here"), tone="bad"),
    Column("here", _l("Here now")),
    Column("here_sum", _l("Worth now"), "sums"),
    Column("half", _l("Half left within"), "span"),
    Column("most", _l("Nine of ten within"), "span"),
)


def conversion(work: Work, scope: Scope) -> Report:
    """Return the report of each plan that was chosen; of the first one where none was.  Five statements a plan.

    Deals that came in closed, as from an old system, have stood on no stage: they are named apart and not counted among the ways.
    """
    plans = sorted(directory(work).plans.values(), key=lambda one: (one.is_archived, one.name.casefold()))
    seen = [one for one in plans if scope.viewer.sees_plan(one.id)]
    wanted = [one for one in seen if one.key in scope.asked.plans] if scope.asked.plans else seen[:1]
    return Report(tuple(_of_plan(work, scope, plan) for plan in wanted))


def _of_plan(work: Work, scope: Scope, plan: Plan) -> Table:
    found, times, standing = ways(work, scope, plan), stays(work, scope, plan), _Standing(work, scope, plan)
    base = scope.within_period().to("plan", (plan.key,))
    lines = [_line(one, base, found, times.get(one.id), standing) for one in plan.stages if one.kind == "open"]
    ends = [_end(one, base, standing) for one in plan.stages if one.kind in ("won", "lost") or _is_left(one, standing)]
    unknown = standing.closed - found.known_closed
    if unknown:
        ends.append(_unknown(base, unknown))
    known = Cell(found.known, base.to("been", (FILLED,)))
    all_now = Cell(standing.deals.total(), base), Cell(positive(standing.all), base)
    total = Line((_l("All together"),), (known, *_NONE[1:6], *all_now, *_NONE[8:]))
    return Table(f"plan-{plan.key}", plan.name, (_l("Stage"),), COLUMNS, (*lines, *ends), total)


_NONE = tuple(Cell(None) for _ in COLUMNS)


def _line(one: Stage, base: Narrowing, found: Ways, times: Lengths | None, standing: _Standing) -> Line:
    been, skipped, won = found.been[one.id], found.skipped[one.id], found.won[one.id]
    stood, here = base.to("been", (one.key,)), base.to("stage", (one.key,))
    return Line(
        (one.name,),
        (
            Cell(been, stood),
            Cell(skipped, base.to("skipped", (one.key,))),
            Cell(share(been + skipped, found.known)),
            Cell(won, in_state(stood, "won")),
            Cell(share(won, been)),
            Cell(standing.lost_from[one.id], in_state(base.to("left_stage", (one.key,)), "lost")),
            Cell(standing.deals[one.id], here),
            Cell(positive(standing.sums[one.id]), here),
            Cell(times.half if times else None),
            Cell(times.most if times else None),
        ),
        one.colour,
    )


def _end(one: Stage, base: Narrowing, standing: _Standing) -> Line:
    here = base.to("stage", (one.key,))
    cells = (*_NONE[:6], Cell(standing.deals[one.id], here), Cell(positive(standing.sums[one.id]), here), *_NONE[8:])
    return Line((one.name,), cells, one.colour)


def _is_left(one: Stage, standing: _Standing) -> bool:
    return one.kind == "undefined" and bool(standing.deals[one.id])


def _unknown(base: Narrowing, deals: int) -> Line:
    cells = (*_NONE[:6], Cell(deals, in_state(base.to("been", (EMPTY,)), "won", "lost")), *_NONE[7:])
    return Line((_l("of them came in closed: their way is not known"),), cells)


class _Standing:
    """Where the deals of a scope stand now, by stage; from where they were lost.  One statement."""

    def __init__(self, work: Work, scope: Scope, plan: Plan) -> None:
        self.deals: Counter[int] = Counter()
        self.sums: dict[int, Counter[str]] = {one.id: Counter() for one in plan.stages}
        self.lost_from: Counter[int] = Counter()
        self.all: Counter[str] = Counter()
        columns = deal.c.stage_id, deal.c.state, deal.c.left_stage_id, deal.c.currency
        query = (
            select(*columns, func.count(), func.sum(deal.c.amount))
            .where(*scope.where(), deal.c.plan_id == plan.id)
            .group_by(*columns)
        )
        for stage_id, state, left_id, currency, deals, amount in work.rows(query):
            self.deals[stage_id] += deals
            self.sums.setdefault(stage_id, Counter())[currency] += int(amount)
            self.all[currency] += int(amount)
            if state == LOST and left_id is not None:
                self.lost_from[left_id] += deals
        self.closed = sum(self.deals[one.id] for one in plan.stages if one.state in (WON, LOST))
