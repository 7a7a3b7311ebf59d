"""Leads as a list shows them, each with the deals of its person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import User, directory
from crm.tables.records import deal, lead
from db.sets import in_set
from db.work import Work

NOBODY: Final = "-"
_NEWEST_LOOKED_AT: Final = 5000


@dataclass(frozen=True, slots=True)
class DealOfLead:
    """A deal of a lead's person."""

    id: int
    title: str
    plan: str
    stage: str
    state: int
    amount: int
    currency: str
    owner: User | None


@dataclass(frozen=True, slots=True)
class LeadShown:
    """A lead as the list shows it; ``deals`` are those of its person that the viewer may see, newest first."""

    id: int
    title: str
    name: str | None
    phone: str | None
    email: str | None
    company: str | None
    source: str | None
    status: str
    owner: User | None
    created_at: datetime
    deals: tuple[DealOfLead, ...]


def leads_shown(work: Work, rows: Sequence[Any], *, viewer: Viewer) -> tuple[LeadShown, ...]:
    """Return rows of ``lead`` that the viewer may see as a list shows them.  One query."""
    settings = directory(work)
    deals = deals_of_persons(work, [row.person_id for row in rows], viewer=viewer)
    return tuple(
        LeadShown(
            row.id,
            row.title,
            row.name,
            row.phone,
            row.email,
            row.company_name,
            row.source,
            row.status,
            settings.users.get(row.owner_id) if row.owner_id is not None else None,
            row.created_at,
            deals.get(row.person_id, ()),
        )
        for row in rows
    )


def deals_of_persons(work: Work, person_ids: Sequence[int], *, viewer: Viewer) -> dict[int, tuple[DealOfLead, ...]]:
    """Return the deals of persons that the viewer may see, newest first.  One query where there are persons."""
    if not person_ids:
        return {}
    settings = directory(work)
    query = (
        select(
            deal.c.id,
            deal.c.person_id,
            deal.c.title,
            deal.c.plan_id,
            deal.c.stage_id,
            deal.c.state,
            deal.c.amount,
            deal.c.currency,
            deal.c.owner_id,
        )
        .where(in_set(deal.c.person_id, "persons"), deal.c.archived_at.is_(None), may_see(viewer))
        .order_by(deal.c.id.desc())
    )
    found: dict[int, list[DealOfLead]] = {}
    for row in work.rows(query, {"persons": list(set(person_ids))}):
        plan, stage = settings.plans[row.plan_id], settings.stages[row.stage_id]
        owner = settings.users.get(row.owner_id) if row.owner_id is not None else None
        one = DealOfLead(row.id, row.title, plan.name, stage.name, row.state, row.amount, row.currency, owner)
        found.setdefault(row.person_id, []).append(one)
    return {person_id: tuple(several) for person_id, several in found.items()}


def known_sources(work: Work) -> list[str]:
    """Return the sources of the newest leads, in order of name: to filter by.  One query."""
    newest = select(lead.c.source).order_by(lead.c.id.desc()).limit(_NEWEST_LOOKED_AT).subquery()
    rows = work.rows(select(newest.c.source).where(newest.c.source.is_not(None)).group_by(newest.c.source))
    return sorted((row.source for row in rows), key=str.casefold)
