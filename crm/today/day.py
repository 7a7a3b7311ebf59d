"""The day of somebody who sells, and of somebody who leads: what is due, what is new, what nobody looks after."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, select

from crm.access.actor import Viewer
from crm.directory import Plan, Stage, User, directory
from crm.tables.journal import stage_total
from crm.tables.records import deal, task
from crm.tasks.listing import TaskLoad, TaskShown, open_tasks, task_loads
from db.sets import in_set
from db.work import Work

SHOWN = 7
"""So many lines of each kind; the whole is on the boards and in the list of tasks."""


@dataclass(frozen=True, slots=True)
class DealLine:
    """An open deal in one line.  ``since`` is when it came to its stage."""

    id: int
    title: str
    plan: Plan
    stage: Stage
    amount: int
    currency: str
    created_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Lines:
    """The first deals of a kind, and how many there are."""

    deals: tuple[DealLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MyDay:
    """What waits for one person: tasks due until tonight, open deals without a task, deals that came since yesterday morning."""

    tasks: tuple[TaskShown, ...]
    load: TaskLoad | None
    without_task: Lines
    new: Lines
    open_deals: int
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A person of a team in numbers; ``sums`` in minor units by currency."""

    user: User
    open_deals: int
    sums: Mapping[str, int]
    due_today: int
    late: int
    without_task: int


@dataclass(frozen=True, slots=True)
class Team:
    """A team: its people, who needs a look first in front, and how many open deals nobody owns."""

    rows: tuple[TeamRow, ...]
    ownerless: int


def today_ends(now: datetime, zone: str) -> datetime:
    """Return the midnight that ends the day in a zone."""
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def my_day(work: Work, *, viewer: Viewer, zone: str) -> MyDay:
    """Return what waits for the viewer himself.  Seven queries, whatever there is."""
    ends = today_ends(work.now, zone)
    mine = (viewer.user_id,)
    tasks = [one for one in open_tasks(work, mine, viewer=viewer, limit=SHOWN + 1) if one.due_at and one.due_at < ends]
    loads = task_loads(work, mine, viewer=viewer, day_ends=ends)
    own = and_(deal.c.owner_id == viewer.user_id, deal.c.state == 0, deal.c.archived_at.is_(None))
    yesterday = ends - timedelta(days=2)
    counts = _open_of(work, [viewer.user_id])
    sums = counts.get(viewer.user_id, Counter())
    return MyDay(
        tuple(tasks[:SHOWN]),
        loads[0] if loads else None,
        _lines(work, and_(own, ~_has_task()), deal.c.stage_entered_at, deal.c.id),
        _lines(work, and_(own, deal.c.created_at >= yesterday), deal.c.created_at.desc(), deal.c.id.desc()),
        sums.pop("", 0),
        dict(sums),
    )


def my_team(work: Work, *, viewer: Viewer, zone: str) -> Team:
    """Return those whose records the viewer may see, without himself, who is late most in front.

    Who sees all sees everybody who works on a plan or owns open deals.  Four queries, whatever the number.
    """
    settings = directory(work)
    counts = _open_of(work, viewer.owner_ids)
    members = {one.user_id for plan in settings.plans.values() if not plan.is_archived for one in plan.managers}
    seen = viewer.owner_ids if viewer.owner_ids is not None else members | {one for one in counts if one}
    users = [
        user
        for user_id in seen - {viewer.user_id}
        if (user := settings.users.get(user_id)) is not None and (user.is_active or counts.get(user_id))
    ]
    ids = [user.id for user in users]
    loads = {
        load.user.id: load
        for load in task_loads(work, ids, viewer=viewer, day_ends=today_ends(work.now, zone))
        if load.user is not None
    }
    bare = dict(work.tuples(_WITHOUT_TASK, {"owners": ids}))
    rows = []
    for user in users:
        sums = Counter(counts.get(user.id, {}))
        load = loads.get(user.id)
        rows.append(
            TeamRow(
                user,
                sums.pop("", 0),
                {currency: amount for currency, amount in sums.items() if amount},
                load.today if load else 0,
                load.late if load else 0,
                int(bare.get(user.id, 0)),
            )
        )
    rows.sort(key=lambda row: (-row.late, -row.without_task, row.user.name.casefold()))
    return Team(tuple(rows), _ownerless(work, viewer))


def _has_task() -> ColumnElement[bool]:
    return select(task.c.id).where(task.c.deal_id == deal.c.id, task.c.status == 0).exists()


def _lines(work: Work, which: ColumnElement[bool], *order: ColumnElement[Any]) -> Lines:
    settings = directory(work)
    names = ("id", "title", "plan_id", "stage_id", "amount", "currency", "created_at", "stage_entered_at")
    columns: list[ColumnElement[Any]] = [deal.c[name] for name in names]
    rows = work.rows(select(*columns).where(which).order_by(*order).limit(SHOWN))
    total = work.scalar(select(func.count()).select_from(deal).where(which)) if len(rows) == SHOWN else len(rows)
    return Lines(
        tuple(
            DealLine(
                row.id,
                row.title,
                settings.plans[row.plan_id],
                settings.stages[row.stage_id],
                row.amount,
                row.currency,
                row.created_at,
                row.stage_entered_at,
            )
            for row in rows
        ),
        int(total or 0),
    )


def _open_of(work: Work, owners: Iterable[int] | None) -> dict[int, Counter[str]]:
    """Return the sums of open deals by owner and currency, their number under an empty currency; one query."""
    open_stages = [stage.id for stage in directory(work).stages.values() if stage.state == 0]
    query = _TOTALS if owners is None else _TOTALS.where(in_set(stage_total.c.owner_id, "owners"))
    more = {} if owners is None else {"owners": list(owners)}
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for row in work.rows(query, {"stages": open_stages, **more}):
        found[row.owner_id][""] += int(row.deals)
        found[row.owner_id][row.currency] += int(row.amount)
    return {owner: counts for owner, counts in found.items() if counts[""]}


def _ownerless(work: Work, viewer: Viewer) -> int:
    open_stages = [stage.id for stage in directory(work).stages.values() if stage.state == 0]
    query: Select[Any] = select(func.coalesce(func.sum(stage_total.c.deals), 0)).where(
        in_set(stage_total.c.stage_id, "stages"), stage_total.c.owner_id == 0
    )
    if viewer.plan_ids is not None:
        query = query.where(stage_total.c.plan_id.in_(sorted(viewer.plan_ids)))
    return int(work.scalar(query, {"stages": open_stages}) or 0)


_TOTALS = (
    select(
        stage_total.c.owner_id,
        stage_total.c.currency,
        func.sum(stage_total.c.deals).label("deals"),
        func.sum(stage_total.c.amount).label("amount"),
    )
    .where(in_set(stage_total.c.stage_id, "stages"))
    .group_by(stage_total.c.owner_id, stage_total.c.currency)
)
_WITHOUT_TASK = (
    select(deal.c.owner_id, func.count())
    .where(in_set(deal.c.owner_id, "owners"), deal.c.state == 0, deal.c.archived_at.is_(None), ~_has_task())
    .group_by(deal.c.owner_id)
)
