"""The board of a sales plan in numbers: how many deals each stage and each manager has, and what they are worth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, func, or_, select

from crm.access.actor import Viewer
from crm.directory import Directory, Plan, directory
from crm.tables.journal import stage_total
from db.sets import in_set
from db.work import Work

_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of deals, and their sums in minor units by currency: those of different ones never mix."""

    deals: int = 0
    sums: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A stage and what stands in it.  ``kind`` is ``open``, ``won``, ``lost`` or ``undefined``; ``colour`` is ``#rrggbb``."""

    stage_id: int
    key: str
    name: str
    kind: str
    colour: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A manager and his deals; ``user_id`` ``None`` stands for deals without an owner.

    ``is_taking`` says whether he gets new ones; somebody who is no manager of the plan any more does not.  ``by_stage`` has the
    stages where he has deals, by key.
    """

    user_id: int | None
    login: str | None
    name: str | None
    is_taking: bool
    tally: Tally
    still_open: Tally
    by_stage: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Board:
    """A plan in numbers: its stages in order, its managers in order and then whoever else has deals, and all together."""

    plan_id: int
    key: str
    name: str
    currency: str
    columns: tuple[BoardColumn, ...]
    managers: tuple[BoardRow, ...]
    total: Tally
    still_open: Tally


def board(work: Work, plan_key: str, *, viewer: Viewer) -> Board:
    """Return the board of a plan as the viewer may see it: one query beside the directory's, whatever the number of deals.

    Raises:
        NotFoundError: there is no such plan.
    """
    settings = directory(work)
    plan = settings.plan(plan_key)
    sums = _Sums()
    query = _visible(
        sees_all=viewer.owner_ids is None, sees_ownerless=viewer.plan_ids is None or plan.id in viewer.plan_ids
    )
    values = {"plan": plan.id, "owners": sorted(viewer.owner_ids or ())}
    for stage_id, owner_id, currency, deals, amount in work.tuples(query, values):
        stage = settings.stages.get(stage_id)
        if stage is not None and (deals or amount):
            sums.add(stage.key, stage.kind, owner_id, currency, int(deals), int(amount))
    return Board(
        plan.id,
        plan.key,
        plan.name,
        plan.currency,
        tuple(
            BoardColumn(one.id, one.key, one.name, one.kind, one.colour, sums.of(stage=one.key)) for one in plan.stages
        ),
        tuple(_rows(settings, plan, viewer, sums, work.now)),
        sums.of(),
        sums.of(only_open=True),
    )


class _Sums:
    """Deals and sums by every combination that the board shows."""

    def __init__(self) -> None:
        self._deals: Counter[tuple[str | None, int | None, bool]] = Counter()
        self._sums: dict[tuple[str | None, int | None, bool], Counter[str]] = defaultdict(Counter)
        self.owners: dict[int, dict[str, None]] = {}

    def add(self, stage: str, kind: str, owner_id: int, currency: str, deals: int, amount: int) -> None:
        self.owners.setdefault(owner_id, {})[stage] = None
        for only_open in (False, True) if kind in ("open", "undefined") else (False,):
            for place in ((stage, owner_id), (stage, None), (None, owner_id), (None, None)):
                self._deals[*place, only_open] += deals
                self._sums[*place, only_open][currency] += amount

    def of(self, *, stage: str | None = None, owner_id: int | None = None, only_open: bool = False) -> Tally:
        place = (stage, owner_id, only_open)
        sums = {currency: amount for currency, amount in sorted(self._sums[place].items()) if amount}
        return Tally(self._deals[place], sums)


@cache
def _visible(*, sees_all: bool, sees_ownerless: bool) -> Select[Any]:
    """Return the query of a plan's totals, cut down to owners whose deals the viewer may see."""
    query = (
        select(
            stage_total.c.stage_id,
            stage_total.c.owner_id,
            stage_total.c.currency,
            func.sum(stage_total.c.deals),
            func.sum(stage_total.c.amount),
        )
        .where(stage_total.c.plan_id == bindparam("plan", type_=Integer))
        .group_by(stage_total.c.stage_id, stage_total.c.owner_id, stage_total.c.currency)
        .order_by(stage_total.c.owner_id)
    )
    if sees_all:
        return query
    owned = and_(in_set(stage_total.c.owner_id, "owners"), stage_total.c.owner_id != _NOBODY)
    return query.where(or_(owned, stage_total.c.owner_id == _NOBODY) if sees_ownerless else owned)


def _rows(settings: Directory, plan: Plan, viewer: Viewer, sums: _Sums, now: datetime) -> list[BoardRow]:
    takers = {one.user_id for one in settings.takers(plan, now)}
    taking = {one.user_id: one.user_id in takers for one in plan.managers}
    seen = [one for one in taking if viewer.owner_ids is None or one in viewer.owner_ids]
    others = [one for one in sums.owners if one not in taking and one != _NOBODY]
    nobody = [_NOBODY] if _NOBODY in sums.owners else []
    rows = []
    for owner_id in (*seen, *others, *nobody):
        user = settings.users.get(owner_id)
        stages = sums.owners.get(owner_id, {})
        rows.append(
            BoardRow(
                owner_id or None,
                user.login if user else None,
                user.name if user else None,
                taking.get(owner_id, False),
                sums.of(owner_id=owner_id),
                sums.of(owner_id=owner_id, only_open=True),
                {
                    one.key: tally
                    for one in plan.stages
                    if one.key in stages and (tally := sums.of(stage=one.key, owner_id=owner_id)).deals
                },
            )
        )
    return rows
