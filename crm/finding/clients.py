"""Lists of contacts and of companies: those that are wanted, in any order, in pages by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, func, literal, select

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import Directory, User, directory
from crm.finding.conditions import clause_of
from crm.finding.orders import Order, Place, beyond, can_sort, order_of, sorted_by
from crm.finding.wanted import Wanted
from crm.people.belongings import Worth, worth_by
from crm.records.visible import may_see_contact
from crm.tables.records import company, contact, deal, record_tag
from db.sets import in_set
from db.work import Work
from engine.event import SUBJECT_CODES

ClientKind = Literal["contact", "company"]
"""The kinds of records that one works with again and again."""
PAGE: Final = 50
OPEN_DEALS: Final = "open_deals"
WON_DEALS: Final = "won_deals"
PEOPLE: Final = "people"
"""Columns that are no fields: how many deals are open and won, how many contacts name a company."""
_TABLES: Final[Mapping[ClientKind, Any]] = {"contact": contact, "company": company}


class ClientRow(NamedTuple):
    """A contact or a company as a list shows it.

    ``worth`` is that of the deals of a contact's person, or of a company, as far as the viewer may see them; ``people`` how many
    contacts name a company; ``fields`` are custom values by key, as they are kept for showing.
    """

    id: int
    name: str
    phone: str | None
    email: str | None
    type: str | None
    city: str | None
    company: str | None
    owner: User | None
    created_at: datetime
    tags: tuple[str, ...]
    worth: Worth
    people: int
    fields: Mapping[str, Any]


class ClientPage(NamedTuple):
    """A page of a list, and where it ends; ``None`` at the end of the list."""

    rows: tuple[ClientRow, ...]
    next: Place | None


def client_page(
    work: Work, wanted: Wanted, *, viewer: Viewer, after: Place | None = None, limit: int = PAGE
) -> ClientPage:
    """Return a page of the contacts or companies that are wanted and that the viewer may see, the newest first without an order.

    Three statements, four for companies.

    Raises:
        InvalidError: there is no such field, the values do not fit it, or nothing can be sorted by it.
    """
    kind = kind_of(wanted)
    table, order = _TABLES[kind], client_order(wanted, directory(work), viewer)
    descending = wanted.descending or not wanted.sort
    named = _company_name() if kind == "contact" else literal(None)
    query = select(table, named.label("company_name"), order.key.label("sorted_by"))
    query = query.where(clause_of(work, wanted, viewer))
    if after is not None:
        query = query.where(beyond(after, order, table.c.id, descending=descending))
    rows = work.rows(query.order_by(*sorted_by(order, table.c.id, descending=descending)).limit(limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    rest = Place(last.sorted_by, last.id) if last is not None else None
    return ClientPage(_shown(work, kind, rows[:limit], viewer), rest)


def kind_of(wanted: Wanted) -> ClientKind:
    """Return the kind of clients that is wanted."""
    return "contact" if wanted.subject == "contact" else "company"


def client_order(wanted: Wanted, settings: Directory, viewer: Viewer) -> Order:
    """Return what a list is ordered by; deals and people are counted as the viewer sees them.

    Raises:
        InvalidError: nothing can be ordered by this.
    """
    kind = kind_of(wanted)
    if wanted.sort in (OPEN_DEALS, WON_DEALS):
        whose = deal.c.person_id == contact.c.person_id if kind == "contact" else deal.c.company_id == company.c.id
        state = 0 if wanted.sort == OPEN_DEALS else 1
        deals = select(func.count()).select_from(deal).where(whose, deal.c.state == state, may_see(viewer))
        counted = deals.where(deal.c.archived_at.is_(None)).correlate(_TABLES[kind])
        return Order(counted.scalar_subquery(), "whole", False)
    if wanted.sort == PEOPLE and kind == "company":
        people = select(func.count()).select_from(contact).where(contact.c.company_id == company.c.id)
        seen = people.where(contact.c.archived_at.is_(None), may_see_contact(viewer)).correlate(company)
        return Order(seen.scalar_subquery(), "whole", False)
    return order_of(wanted, settings)


def can_sort_clients(kind: ClientKind, path: str, settings: Directory) -> bool:
    """True where a list can be sorted by a field or a column."""
    return path in (OPEN_DEALS, WON_DEALS) or (path == PEOPLE and kind == "company") or can_sort(kind, path, settings)


def _company_name() -> ColumnElement[Any]:
    # An alias, so that conditions may ask of the company in their own way.
    firm = company.alias().c
    return select(firm.name).where(firm.id == contact.c.company_id).correlate(contact).scalar_subquery()


def _shown(work: Work, kind: ClientKind, rows: Sequence[Any], viewer: Viewer) -> tuple[ClientRow, ...]:
    if not rows:
        return ()
    users = directory(work).users
    ids = [row.id for row in rows]
    whose = {row.id: row.person_id if kind == "contact" else row.id for row in rows}
    column = deal.c.person_id if kind == "contact" else deal.c.company_id
    worth = worth_by(work, column, sorted(set(whose.values())), viewer=viewer)
    tags = _tags(work, kind, ids)
    people = _people(work, ids, viewer) if kind == "company" else {}
    return tuple(
        ClientRow(
            row.id,
            row.name,
            getattr(row, "phone", None),
            getattr(row, "email", None),
            getattr(row, "type", None),
            getattr(row, "city", None),
            row.company_name,
            users.get(row.owner_id) if row.owner_id is not None else None,
            row.created_at,
            tags.get(row.id, ()),
            worth.get(whose[row.id], Worth()),
            people.get(row.id, 0),
            row.fields or {},
        )
        for row in rows
    )


def _tags(work: Work, kind: ClientKind, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    names = directory(work).tags
    query = select(record_tag.c.record_id, record_tag.c.tag_id).where(
        record_tag.c.record_kind == SUBJECT_CODES[kind], in_set(record_tag.c.record_id, "ids")
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in work.rows(query, {"ids": list(ids)}):
        found[row.record_id].append(names[row.tag_id])
    return {record_id: tuple(sorted(several, key=str.casefold)) for record_id, several in found.items()}


def _people(work: Work, ids: Sequence[int], viewer: Viewer) -> dict[int, int]:
    query = (
        select(contact.c.company_id, func.count())
        .where(in_set(contact.c.company_id, "companies"), contact.c.archived_at.is_(None), may_see_contact(viewer))
        .group_by(contact.c.company_id)
    )
    return dict(work.rows(query, {"companies": list(ids)}))
