"""Sales by channel, source, product, team or any field; and managers compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select

from crm.directory import Directory, directory
from crm.records.visible import may_see_task
from crm.reports.dimensions import Dimension, dimensions, supervisor_of
from crm.reports.narrowing import Narrowing
from crm.reports.outcomes import LOST, OPEN, WON, Key, Outcome, in_order, kept_ready, outcomes, outcomes_kept, summed
from crm.reports.refusals import in_state, names, narrowed
from crm.reports.scope import Scope
from crm.reports.table import Cell, Column, Line, Report, Table, share
from crm.tables.records import task
from db.work import Work
from engine.text import _l


def sales(work: Work, scope: Scope) -> Report:
    """Return sales by what is asked.  At most two statements beside those that look up names."""
    settings = directory(work)
    split = dimensions(work, scope, scope.asked.groups)
    found = _counted(work, settings, scope, scope.asked.groups)
    is_overlapping = any(one.is_overlapping for one in split)
    whole = summed(outcomes(work, scope, ()) if is_overlapping else found)
    with_open = scope.asked.basis == "created"
    columns = (
        *((Column("deals", _l("Deals")), Column("open", _l("Open"), tone="accent")) if with_open else ()),
        Column("won", _l("Won"), tone="ok"),
        Column("lost", _l("Lost"), tone="bad"),
        Column("won_share", _l("Won, %"), "share"),
        Column("won_sum", _l("Won for"), "sums", "ok"),
        Column("average", _l("Average deal"), "sums"),
    )
    base = scope.within_period()

    def line(named: tuple[str, ...], one: Outcome, narrowing: Narrowing) -> Line:
        cells = [Cell(one.all, narrowing), Cell(one.deals[OPEN], in_state(narrowing, "open"))] if with_open else []
        return Line(named, (*cells, *_sold(one, narrowing)))

    lines = tuple(line(names(key), found[key], narrowed(base, key)) for key in in_order(list(found))) if split else ()
    total = line((_l("All together"),), whole, base)
    heads = tuple(one.title for one in split)
    table = Table("sales", _l("Sales"), heads, columns, lines or (total,), total if lines else None, is_overlapping)
    return Report((table,))


def managers(work: Work, scope: Scope) -> Report:
    """Return the managers compared.  Three statements beside those that look up names.

    Open deals and overdue tasks are those of now, tasks of all plans; the period is that of closing.
    """
    settings = directory(work)
    groups = scope.asked.groups or ("owner",)
    split = dimensions(work, scope, groups)
    closed = _counted(work, settings, scope, groups)
    now = outcomes_kept(work, settings, scope, split)
    overdue = _overdue(work, settings, scope, split)
    columns = (
        Column("open", _l("Open now"), tone="accent"),
        Column("open_sum", _l("Open worth"), "sums"),
        Column("won", _l("Won"), tone="ok"),
        Column("lost", _l("Lost"), tone="bad"),
        Column("won_share", _l("Won, %"), "share"),
        Column("won_sum", _l("Won for"), "sums", "ok"),
        Column("average", _l("Average deal"), "sums"),
        Column("overdue", _l("Overdue tasks")),
    )
    base, still = scope.within_period(), in_state(scope.narrowing, "open")

    def line(named: tuple[str, ...], one: Outcome, at: Outcome, late: int, narrowing: Narrowing, of: Narrowing) -> Line:
        cells = Cell(at.deals[OPEN], of), Cell(at.worth(OPEN), of), *_sold(one, narrowing), Cell(late, _late(of))
        return Line(named, cells)

    nothing = Outcome()
    keys = in_order(list({**closed, **{key: one for key, one in now.items() if one.deals[OPEN]}, **overdue}))
    lines = tuple(
        line(
            names(key), closed.get(key, nothing), now.get(key, nothing), overdue[key], narrowed(base, key),
            narrowed(still, key),
        )
        for key in keys
    )  # fmt: skip
    total = line((_l("All together"),), summed(closed), summed(now), overdue.total(), base, still)
    return Report((Table("managers", _l("Managers"), tuple(one.title for one in split), columns, lines, total),))


def _counted(work: Work, settings: Directory, scope: Scope, groups: tuple[str, ...]) -> dict[Key, Outcome]:
    """Return what became of deals, from the counts that are kept ready where they know."""
    split = dimensions(work, scope, groups)
    if not kept_ready(scope, split):
        return outcomes(work, scope, split)
    found = outcomes_kept(work, settings, scope, split)
    if scope.asked.basis == "closed":
        for one in found.values():
            one.deals[OPEN] = 0
    return {key: one for key, one in found.items() if one.all}


def _sold(one: Outcome, narrowing: Narrowing) -> tuple[Cell, ...]:
    """Return won, lost, the share of the won, their sums, and the average of the won in each currency."""
    won = in_state(narrowing, "won")
    return (
        Cell(one.deals[WON], won),
        Cell(one.deals[LOST], in_state(narrowing, "lost")),
        Cell(share(one.deals[WON], one.closed)),
        Cell(one.worth(WON), won),
        Cell(one.average(WON)),
    )


def _overdue(work: Work, settings: Directory, scope: Scope, split: Sequence[Dimension]) -> Counter[Key]:
    """Return how many open tasks that the viewer sees are overdue, by who is to do them.  One statement."""
    query = (
        select(task.c.responsible_id, func.count())
        .where(task.c.status == 0, task.c.due_at < work.now, may_see_task(scope.viewer))
        .group_by(task.c.responsible_id)
    )
    if scope.owner_ids is not None:
        query = query.where(task.c.responsible_id.in_(scope.owner_ids))
    found: Counter[Key] = Counter()
    for user_id, tasks in work.rows(query):
        raws = {"owner": user_id, "supervisor": supervisor_of(settings, user_id)}
        found[tuple(one.group(raws[one.key], None) for one in split)] += tasks
    return found


def _late(narrowing: Narrowing) -> Narrowing:
    whose = tuple(("responsible", values) for name, values in narrowing.fields if name == "owner")
    return Narrowing("task", whose).to("overdue", ("yes",))
