"""The lists of contacts and of companies: newest first or by name, filtered, in pages by key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from crm.access.actor import Viewer
from crm.directory import User, directory
from crm.finding.text import folded
from crm.people.belongings import Worth, worth_by
from crm.records.visible import may_see_company, may_see_contact
from crm.tables.records import company, contact, deal, person_identity
from db.sets import in_set
from db.work import Work

PAGE: Final = 50
NOBODY: Final = "-"
_NEWEST_LOOKED_AT: Final = 5000
_LEAST_DIGITS: Final = 4
_NO_DIGITS: Final = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which contacts or companies: empty parts mean any.

    ``text`` is in the name, the e-mail or the phone; ``type`` is a contact's; ``owner`` a login, ``-`` for nobody.  ``archived``
    are those in the archive, and no others.
    """

    text: str = ""
    type: str = ""
    owner: str = ""
    archived: bool = False
    sort: Literal["newest", "name"] = "newest"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the next one begins after it.  ``name`` is folded, empty where the newest come first."""

    name: str
    id: int


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as the list shows it; ``worth`` is that of its person's deals."""

    id: int
    name: str
    phone: str | None
    email: str | None
    type: str | None
    city: str | None
    company: str | None
    owner: User | None
    created_at: datetime
    worth: Worth


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company as the list shows it; ``contacts`` is how many of them name it."""

    id: int
    name: str
    contacts: int
    owner: User | None
    created_at: datetime
    worth: Worth


def contact_list(
    work: Work, wanted: PeopleFilter, *, viewer: Viewer, after: Place | None = None
) -> tuple[tuple[ContactRow, ...], Place | None]:
    """Return a page of contacts, and where the next begins (``None`` at the end).  Two queries."""
    settings = directory(work)
    query = (
        select(contact, company.c.name.label("company_name"))
        .join_from(contact, company, company.c.id == contact.c.company_id, isouter=True)
        .where(may_see_contact(viewer), *_common(work, contact, wanted))
    )
    if wanted.type:
        query = query.where(contact.c.type == wanted.type)
    if wanted.text:
        query = query.where(_text_in_contact(wanted.text))
    rows, following = _page(work, query, contact, wanted, after)
    worth = worth_by(work, deal.c.person_id, [row.person_id for row in rows], viewer=viewer)
    return tuple(
        ContactRow(
            row.id,
            row.name,
            row.phone,
            row.email,
            row.type,
            row.city,
            row.company_name,
            settings.users.get(row.owner_id) if row.owner_id is not None else None,
            row.created_at,
            worth.get(row.person_id, Worth()),
        )
        for row in rows
    ), following


def company_list(
    work: Work, wanted: PeopleFilter, *, viewer: Viewer, after: Place | None = None
) -> tuple[tuple[CompanyRow, ...], Place | None]:
    """Return a page of companies, and where the next begins (``None`` at the end).  Three queries."""
    settings = directory(work)
    query = select(company).where(may_see_company(viewer), *_common(work, company, wanted))
    if wanted.text:
        query = query.where(_words(company.c.name_fold, wanted.text))
    rows, following = _page(work, query, company, wanted, after)
    ids = [row.id for row in rows]
    worth = worth_by(work, deal.c.company_id, ids, viewer=viewer)
    people = (
        select(contact.c.company_id, func.count())
        .where(in_set(contact.c.company_id, "companies"), contact.c.archived_at.is_(None), may_see_contact(viewer))
        .group_by(contact.c.company_id)
    )
    contacts = {row[0]: row[1] for row in work.rows(people, {"companies": ids})} if ids else {}
    return tuple(
        CompanyRow(
            row.id,
            row.name,
            contacts.get(row.id, 0),
            settings.users.get(row.owner_id) if row.owner_id is not None else None,
            row.created_at,
            worth.get(row.id, Worth()),
        )
        for row in rows
    ), following


def known_types(work: Work) -> list[str]:
    """Return the types of the newest contacts, in order of name.  One query."""
    newest = select(contact.c.type).order_by(contact.c.id.desc()).limit(_NEWEST_LOOKED_AT).subquery()
    rows = work.rows(select(newest.c.type).where(newest.c.type.is_not(None)).group_by(newest.c.type))
    return sorted((row.type for row in rows), key=str.casefold)


def _common(work: Work, table: Table, wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        table.c.archived_at.is_not(None) if wanted.archived else table.c.archived_at.is_(None)
    ]
    if wanted.owner == NOBODY:
        found.append(table.c.owner_id.is_(None))
    elif wanted.owner:
        user = directory(work).logins.get(wanted.owner)
        found.append(table.c.owner_id == (user.id if user is not None else 0))
    return found


def _page(
    work: Work, query: Select[Any], table: Table, wanted: PeopleFilter, after: Place | None
) -> tuple[Sequence[Any], Place | None]:
    if wanted.sort == "name":
        query = query.order_by(table.c.name_fold, table.c.id)
        if after is not None:
            later = and_(table.c.name_fold == after.name, table.c.id > after.id)
            query = query.where(or_(table.c.name_fold > after.name, later))
    else:
        query = query.order_by(table.c.id.desc())
        if after is not None:
            query = query.where(table.c.id < after.id)
    rows = work.rows(query.limit(PAGE + 1))
    if len(rows) <= PAGE:
        return rows, None
    last = rows[PAGE - 1]
    return rows[:PAGE], Place(last.name_fold if wanted.sort == "name" else "", last.id)


def _words(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return and_(*(column.contains(word, autoescape=True) for word in folded(text).split()[:5]))


def _text_in_contact(text: str) -> ColumnElement[bool]:
    """Return the condition that every word is in the name, or that the person has such a phone or e-mail."""
    value, kind = person_identity.c.value, person_identity.c.kind
    ways = []
    digits = _NO_DIGITS.sub("", text).lstrip("0")
    if len(digits) >= _LEAST_DIGITS:
        ways.append(and_(kind == "phone", value.contains(digits, autoescape=True)))
    if " " not in text.strip():
        ways.append(and_(kind == "email", value.contains(folded(text), autoescape=True)))
    found = [_words(contact.c.name_fold, text)]
    if ways:
        found.append(contact.c.person_id.in_(select(person_identity.c.person_id).where(or_(*ways))))
    return or_(*found)
