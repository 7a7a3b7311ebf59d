"""Search from anywhere: deals, leads, contacts and companies by what they are called, by e-mail and by phone in any spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all

from crm.access.actor import Viewer
from crm.deals.visible import may_see
from crm.directory import directory
from crm.fields.columns import home_region
from crm.leads.visible import may_see_lead
from crm.people.identity import normalise_phone
from crm.records.visible import may_see_company
from crm.searching.asking import Found, Look, look_up
from crm.searching.grams import LEAST
from crm.searching.looks import NAME, begins_words, has_words, look_for, look_for_beginnings, look_for_persons
from crm.tables.records import company, contact, deal, lead, person_identity
from db.sets import in_set
from db.work import Work

MOST: Final = 6
SHORTEST: Final = 2
_LEAST_DIGITS: Final = 4
_MOST_PERSONS: Final = 50
_MOST_WORDS: Final = 5
_NEWEST: Final = 5_000
_OF_COMMON: Final = 20_000
"""Single letters are looked for among so many records, the newest; and words that many have."""
_NO_DIGITS: Final = re.compile(r"\D+")
Kind = Literal["deal", "lead", "contact", "company"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: ``more`` tells it from others of its name; ``opens`` is the deal or lead that shows it."""

    kind: Kind
    id: int
    title: str
    more: str
    opens: tuple[Literal["deal", "lead"], int] | None


def search(work: Work, text: str, *, viewer: Viewer) -> dict[Kind, tuple[Hit, ...]]:
    """Return what the viewer may see of what fits, newest first, at most six of each kind; kinds without any are left out.

    Every word must be part of the name or title; an e-mail or phone leads to all that its person has.  Ten queries at most.
    On PostgreSQL the index of words answers.  Words that it does not know, and all on SQLite, are looked for by reading titles
    and names through: some 10 ms for each 100,000 of them.  Where no word has three letters, they must begin words, and
    single letters are looked for among the newest only.
    """
    text = " ".join(text.split())[:200]
    if len(text) < SHORTEST:
        return {}
    settings = directory(work)
    words = text.casefold().split()[:_MOST_WORDS]
    meant = _meant(work, text, words, home_region(settings))
    called = meant.called
    named = work.rows(_named(called["contact"]))
    about = {
        "persons": meant.persons,
        "called": [row.person_id for row in named],
        "contacts": [row.id for row in named],
    }
    people = bool(
        about["persons"] or about["called"]
    )  # with nobody to look for, the records are read in their order alone
    found: dict[Kind, tuple[Hit, ...]] = {}
    deals = tuple(
        Hit(
            "deal",
            row.id,
            row.title,
            f"{settings.plans[row.plan_id].name}, {settings.stages[row.stage_id].name}",
            ("deal", row.id),
        )
        for row in work.rows(_deals(called["deal"], viewer, people=people), about)
    )
    leads = tuple(
        Hit("lead", row.id, row.title, row.name or row.phone or row.email or "", ("lead", row.id))
        for row in work.rows(_leads(called["lead"], viewer, people=people), about)
    )
    contacts = tuple(
        Hit("contact", row.id, row.name, row.phone or row.email or "", _opens(row))
        for row in work.rows(_contacts(called["contact"], viewer), about)
    )
    firms = work.rows(_companies(called["company"], viewer))
    shown_by = _shown_by(work, [row.id for row in firms], viewer)
    companies = tuple(Hit("company", row.id, row.name, "", shown_by.get(row.id)) for row in firms)
    every: tuple[tuple[Kind, tuple[Hit, ...]], ...] = (
        ("deal", deals),
        ("lead", leads),
        ("contact", contacts),
        ("company", companies),
    )
    found.update({kind: hits for kind, hits in every if hits})
    return found


def _persons(work: Work, text: str, region: str | None) -> list[int]:
    """Return the persons whose phone or e-mail is what was typed.  One query."""
    value, kind = person_identity.c.value, person_identity.c.kind
    phone = normalise_phone(text, region)
    exact = [and_(kind == "email", value == text.lower())]
    if phone is not None:
        exact.append(and_(kind == "phone", value == phone))
    query = select(person_identity.c.person_id).where(or_(*exact)).limit(_MOST_PERSONS)
    return [row.person_id for row in work.rows(query)]


def _part_of_identity(text: str) -> Look | None:
    """Return the look for persons whose phone or e-mail contains what was typed, nothing where it can be part of neither."""
    digits = _NO_DIGITS.sub("", text).lstrip("0")
    is_part_of_phone = len(digits) >= _LEAST_DIGITS and not any(letter.isalpha() for letter in text)
    if not is_part_of_phone and (" " in text or len(text) < LEAST):
        return None
    part = digits if is_part_of_phone else text.lower()
    is_kind = person_identity.c.kind == ("phone" if is_part_of_phone else "email")
    return look_for_persons(part, and_(is_kind, person_identity.c.value.contains(part, autoescape=True)))


@dataclass(frozen=True, slots=True)
class _Meant:
    """The condition on each table that a record is called so, and the persons whose phone or e-mail is meant."""

    called: Mapping[Kind, ColumnElement[bool]]
    persons: list[int]


def _meant(work: Work, text: str, words: list[str], region: str | None) -> _Meant:
    """Return what a text means, by index where that knows.  Four queries at most."""
    persons = _persons(work, text, region)
    is_short = all(len(word) < LEAST for word in words)
    looks = [_look(kind, tuple(words), sort, is_short=is_short) for kind, sort, _ in _ASKED]
    part = _part_of_identity(text) if not persons else None
    found = look_up(work, looks if part is None else [*looks, part])
    called: dict[Kind, ColumnElement[bool]] = {}
    for (kind, _, id_), look, rows in zip(_ASKED, looks, found, strict=False):
        is_called = _is_called(id_, look, rows, is_short=is_short)
        called[kind] = or_(called[kind], is_called) if kind in called else is_called
    if part is not None:
        rows = found[-1]
        if rows is not None and rows != "common":
            persons = [person_id for _, person_id in rows[:_MOST_PERSONS]]
        else:
            query = select(person_identity.c.person_id).where(part.fits).limit(_MOST_PERSONS)
            persons = [row.person_id for row in work.rows(query)]
    return _Meant(called, persons)


_ASKED: Final[tuple[tuple[Kind, int, Any], ...]] = (
    ("deal", 0, deal.c.id),
    ("lead", 0, lead.c.id),
    ("lead", NAME, lead.c.id),
    ("contact", 0, contact.c.id),
    ("company", 0, company.c.id),
)
"""The texts that are looked at: of a lead its title, and its name."""
_NAMES: Final[Mapping[tuple[Kind, int], Any]] = {
    ("deal", 0): deal.c.title_fold,
    ("lead", 0): lead.c.title_fold,
    ("lead", NAME): lead.c.name_fold,
    ("contact", 0): contact.c.name_fold,
    ("company", 0): company.c.name_fold,
}


def _look(kind: Kind, words: tuple[str, ...], sort: int, *, is_short: bool) -> Look:
    if not is_short:
        return look_for(kind, words, sort)
    column = _NAMES[kind, sort]
    # Of one letter too many words begin: it is looked for anywhere.
    fits = begins_words(column, words) if any(len(word) > 1 for word in words) else has_words(column, words)
    return look_for_beginnings(kind, words, fits, sort)


def _is_called(id_: Any, look: Look, rows: Found, *, is_short: bool) -> ColumnElement[bool]:
    if rows == "common":
        return and_(id_ >= _nth_newest(id_, _OF_COMMON), look.fits)
    if rows is not None:
        return in_set(id_, "", [one for one, _ in rows])
    return and_(id_ >= _nth_newest(id_, _NEWEST), look.fits) if is_short and not look.grams else look.fits


def _nth_newest(id_: Any, number: int) -> ColumnElement[int]:
    """Return the id of the record that so many are newer than, or 0 where there are not so many."""
    newest = id_.table.alias().c.id
    return func.coalesce(select(newest).order_by(newest.desc()).offset(number).limit(1).scalar_subquery(), 0)


def _named(called: ColumnElement[bool]) -> Select[Any]:
    """The newest contacts that are called so, whoever may see them."""
    query = select(contact.c.id, contact.c.person_id).where(called)
    return query.order_by(contact.c.id.desc()).limit(_MOST_PERSONS)


def _deals(called: ColumnElement[bool], viewer: Viewer, *, people: bool) -> Select[Any]:
    return (
        select(deal.c.id, deal.c.title, deal.c.plan_id, deal.c.stage_id)
        .where(
            deal.c.archived_at.is_(None),
            may_see(viewer),
            or_(called, in_set(deal.c.person_id, "persons"), in_set(deal.c.person_id, "called")) if people else called,
        )
        .order_by(deal.c.id.desc())
        .limit(MOST)
    )


def _leads(called: ColumnElement[bool], viewer: Viewer, *, people: bool) -> Select[Any]:
    return (
        select(lead.c.id, lead.c.title, lead.c.name, lead.c.phone, lead.c.email)
        .where(
            lead.c.archived_at.is_(None),
            may_see_lead(viewer),
            or_(called, in_set(lead.c.person_id, "persons")) if people else called,
        )
        .order_by(lead.c.id.desc())
        .limit(MOST)
    )


def _contacts(called: ColumnElement[bool], viewer: Viewer) -> Select[Any]:
    """Contacts whose person has a deal or lead that the viewer may see, with the newest of these."""
    own_deal = select(func.max(deal.c.id)).where(deal.c.person_id == contact.c.person_id, may_see(viewer))
    own_lead = select(func.max(lead.c.id)).where(lead.c.person_id == contact.c.person_id, may_see_lead(viewer))
    sees_all = viewer.owner_ids is None
    is_called = in_set(contact.c.id, "contacts") if sees_all else called
    query = (
        select(
            contact.c.id,
            contact.c.name,
            contact.c.phone,
            contact.c.email,
            own_deal.scalar_subquery().label("deal_id"),
            own_lead.scalar_subquery().label("lead_id"),
        )
        .where(contact.c.archived_at.is_(None), or_(is_called, in_set(contact.c.person_id, "persons")))
        .order_by(contact.c.id.desc())
        .limit(MOST)
    )
    if sees_all:
        return query
    return query.where(
        or_(
            exists().where(deal.c.person_id == contact.c.person_id, may_see(viewer)),
            exists().where(lead.c.person_id == contact.c.person_id, may_see_lead(viewer)),
        )
    )


def _companies(called: ColumnElement[bool], viewer: Viewer) -> Select[Any]:
    return (
        select(company.c.id, company.c.name)
        .where(company.c.archived_at.is_(None), called, may_see_company(viewer))
        .order_by(company.c.id.desc())
        .limit(MOST)
    )


def _shown_by(work: Work, company_ids: list[int], viewer: Viewer) -> dict[int, tuple[Literal["deal", "lead"], int]]:
    """Return the newest deal, else lead, of each company that the viewer may see.  One query."""
    if not company_ids:
        return {}
    query = union_all(
        select(literal(1).label("kind"), lead.c.company_id, func.max(lead.c.id).label("id"))
        .where(in_set(lead.c.company_id, "companies"), may_see_lead(viewer))
        .group_by(lead.c.company_id),
        select(literal(2).label("kind"), deal.c.company_id, func.max(deal.c.id).label("id"))
        .where(in_set(deal.c.company_id, "companies"), may_see(viewer))
        .group_by(deal.c.company_id),
    )
    rows = sorted(work.rows(query, {"companies": company_ids}), key=lambda row: row.kind)
    return {row.company_id: ("deal" if row.kind == 2 else "lead", row.id) for row in rows}


def _opens(row: Any) -> tuple[Literal["deal", "lead"], int] | None:
    if row.deal_id is not None:
        return "deal", row.deal_id
    return ("lead", row.lead_id) if row.lead_id is not None else None
