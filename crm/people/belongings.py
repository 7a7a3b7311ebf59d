"""What belongs to a contact or a company: deals and leads with their sums, open tasks; as far as the viewer may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, literal, or_, select, true, union_all

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import User, directory
from crm.leads.listing import DealOfLead
from crm.leads.visible import may_see_lead
from crm.tables.records import deal, lead, task
from crm.tasks.listing import TaskShown, open_tasks_where
from db.sets import in_set
from db.work import Work

SHOWN: Final = 100
"""So many deals and leads a card lists; the sums count all."""
_STATES: Final = ("open", "won", "lost")


@dataclass(frozen=True, slots=True)
class LeadOf:
    """A lead as the card of its contact or company shows it."""

    id: int
    title: str
    name: str | None
    source: str | None
    status: str
    owner: User | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Worth:
    """How many deals are ``open``, ``won`` and ``lost``, and their sums in minor units by currency."""

    deals: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many deals there are."""
        return sum(self.deals.values())


@dataclass(frozen=True, slots=True)
class Belongings:
    """The newest ``SHOWN`` deals and leads, what all the deals are worth, how many leads there are, the open tasks."""

    deals: tuple[DealOfLead, ...]
    worth: Worth
    leads: tuple[LeadOf, ...]
    lead_count: int
    tasks: tuple[TaskShown, ...]
    persons: tuple[int, ...]

    @property
    def deal_ids(self) -> list[int]:
        """The deals that are shown."""
        return [one.id for one in self.deals]

    @property
    def lead_ids(self) -> list[int]:
        """The leads that are shown."""
        return [one.id for one in self.leads]


def of_contact(work: Work, contact_id: int, person_id: int, *, viewer: Viewer) -> Belongings:
    """Return what belongs to a contact that the viewer may see.  Four queries."""
    ids = {"contact": contact_id, "person": person_id}
    his, own = bindparam("contact", type_=BigInteger), bindparam("person", type_=BigInteger)
    own_deals = or_(deal.c.person_id == own, deal.c.contact_id == his)
    own_leads = or_(lead.c.person_id == own, lead.c.contact_id == his)
    alone = and_(task.c.person_id == own, task.c.deal_id.is_(None), task.c.lead_id.is_(None))
    return _belongings(work, own_deals, own_leads, alone, ids, viewer)


def of_company(work: Work, company_id: int, *, viewer: Viewer) -> Belongings:
    """Return what belongs to a company that the viewer may see.  Four queries."""
    ids = {"company": company_id}
    whose = bindparam("company", type_=BigInteger)
    return _belongings(work, deal.c.company_id == whose, lead.c.company_id == whose, None, ids, viewer)


def _belongings(
    work: Work,
    own_deals: ColumnElement[bool],
    own_leads: ColumnElement[bool],
    alone: ColumnElement[bool] | None,
    ids: Mapping[str, int],
    viewer: Viewer,
) -> Belongings:
    settings = directory(work)
    own_deals = and_(own_deals, deal.c.archived_at.is_(None), may_see(viewer))
    own_leads = and_(own_leads, lead.c.archived_at.is_(None), may_see_lead(viewer))
    deals = work.rows(select(deal).where(own_deals).order_by(deal.c.id.desc()).limit(SHOWN), ids)
    leads = work.rows(select(lead).where(own_leads).order_by(lead.c.id.desc()).limit(SHOWN), ids)
    worth, lead_count = _sums(work.rows(_counts(own_deals, own_leads), ids))
    deal_ids, lead_ids = [row.id for row in deals], [row.id for row in leads]
    about = [
        in_set(task.c.deal_id, "deals"),
        and_(in_set(task.c.lead_id, "leads"), task.c.deal_id.is_(None)),
        *([and_(alone, _of_seen(viewer))] if alone is not None else []),
    ]
    tasks = open_tasks_where(work, or_(*about), {**ids, "deals": deal_ids, "leads": lead_ids})
    return Belongings(
        tuple(
            DealOfLead(
                row.id,
                row.title,
                settings.plans[row.plan_id].name,
                settings.stages[row.stage_id].name,
                row.state,
                row.amount,
                row.currency,
                settings.users.get(row.owner_id) if row.owner_id is not None else None,
            )
            for row in deals
        ),
        worth,
        tuple(
            LeadOf(
                row.id,
                row.title,
                row.name,
                row.source,
                row.status,
                settings.users.get(row.owner_id) if row.owner_id is not None else None,
                row.created_at,
            )
            for row in leads
        ),
        lead_count,
        tasks,
        tuple(sorted({row.person_id for row in (*deals, *leads)})),
    )


def _of_seen(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on a task that hangs on a person alone: of somebody whose tasks the viewer sees."""
    return true() if viewer.owner_ids is None else task.c.responsible_id.in_(sorted(viewer.owner_ids))


def worth_by(work: Work, column: ColumnElement[int], ids: list[int], *, viewer: Viewer) -> dict[int, Worth]:
    """Return what the deals are worth that the viewer may see, by a column of ``deal`` that is among ``ids``.  One query."""
    if not ids:
        return {}
    query = (
        select(column.label("whose"), deal.c.state, deal.c.currency, func.count(), func.sum(deal.c.amount))
        .where(in_set(column, "ids"), deal.c.archived_at.is_(None), may_see(viewer))
        .group_by(column, deal.c.state, deal.c.currency)
    )
    found: dict[int, list[Any]] = {}
    for whose, *row in work.rows(query, {"ids": ids}):
        found.setdefault(whose, []).append(row)
    return {whose: _worth(rows) for whose, rows in found.items()}


def _counts(own_deals: ColumnElement[bool], own_leads: ColumnElement[bool]) -> Any:
    deals: Select[Any] = (
        select(deal.c.state, deal.c.currency, func.count().label("count"), func.sum(deal.c.amount).label("sum"))
        .where(own_deals)
        .group_by(deal.c.state, deal.c.currency)
    )
    leads = select(literal(-1), literal(""), func.count(), literal(0)).select_from(lead).where(own_leads)
    return union_all(deals, leads)


def _sums(rows: Any) -> tuple[Worth, int]:
    leads = sum(int(row[2]) for row in rows if row[0] == -1)
    return _worth([row for row in rows if row[0] != -1]), leads


def _worth(rows: Any) -> Worth:
    deals: dict[str, int] = {}
    sums: dict[str, dict[str, int]] = {}
    for state, currency, count, amount in rows:
        name = _STATES[state]
        deals[name] = deals.get(name, 0) + int(count)
        sums.setdefault(name, {})[currency] = int(amount or 0)
    return Worth(deals, sums)
