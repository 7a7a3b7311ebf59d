"""The list of leads: newest first, filtered, in pages by key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import User, directory
from crm.leads.visible import may_see_lead
from crm.tables.records import deal, lead
from db.sets import in_set
from db.work import Work

PAGE: Final = 50
NOBODY: Final = "-"
_NEWEST_LOOKED_AT: Final = 5000
_NO_DIGITS: Final = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads: empty parts mean any.  ``owner`` is a login, ``-`` for nobody; ``text`` is in title, name, e-mail or phone."""

    status: str = ""
    source: str = ""
    owner: str = ""
    text: str = ""


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


def lead_list(
    work: Work, wanted: LeadFilter, *, viewer: Viewer, before: int | None = None
) -> tuple[tuple[LeadShown, ...], int | None]:
    """Return a page of leads, newest first, and where the next begins (``None`` at the end).  Two queries."""
    settings = directory(work)
    query = select(lead).where(may_see_lead(viewer), *_conditions(wanted, settings.logins))
    if before is not None:
        query = query.where(lead.c.id < before)
    rows = work.rows(query.order_by(lead.c.id.desc()).limit(PAGE + 1))
    shown = rows[:PAGE]
    deals = deals_of_persons(work, [row.person_id for row in shown], viewer=viewer)
    found = tuple(
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
        for row in shown
    )
    return found, shown[-1].id if len(rows) > PAGE else None


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
        .where(in_set(deal.c.person_id, "persons"), may_see(viewer))
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


def _conditions(wanted: LeadFilter, logins: Mapping[str, User]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status:
        found.append(lead.c.status == wanted.status)
    if wanted.source:
        found.append(lead.c.source_fold == wanted.source.casefold())
    if wanted.owner == NOBODY:
        found.append(lead.c.owner_id.is_(None))
    elif wanted.owner:
        user = logins.get(wanted.owner)
        found.append(lead.c.owner_id == (user.id if user is not None else 0))
    if wanted.text:
        found.append(text_in_lead(wanted.text))
    return found


def text_in_lead(text: str) -> ColumnElement[bool]:
    """Return the condition that a text is part of a lead's title, name or e-mail, or its digits of the phone."""
    fold = folded(text)
    parts: list[ColumnElement[bool]] = [
        column.contains(fold, autoescape=True) for column in (lead.c.title_fold, lead.c.name_fold)
    ]
    parts.append(func.lower(lead.c.email).contains(fold, autoescape=True))
    digits = digits_of(text)
    if digits:
        parts.append(lead.c.phone.contains(digits, autoescape=True))
    return or_(*parts)


def folded(text: str) -> str:
    """Return a text that is looked for as titles and names are kept to be searched."""
    return " ".join(text.split()).casefold()


def digits_of(text: str) -> str:
    """Return the part of a phone that a text may be; empty where it has too few digits."""
    digits = _NO_DIGITS.sub("", text).lstrip("0")
    return digits if len(digits) >= 4 else ""
