"""Who may be the same: records with the same person, phone, e-mail, or name as it is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, or_, select

from crm.access.actor import Viewer
from crm.directory import directory
from crm.records.visible import may_see_record
from crm.tables.records import company, contact, deal, lead, person_identity
from db.work import Work

TwinKind = Literal["lead", "contact", "company", "deal"]
MOST: Final = 5
_LOOKED_AT: Final = 200
_LEGAL: Final = frozenset(
    {
        "тов",
        "ооо",
        "фоп",
        "ип",
        "пп",
        "чп",
        "ао",
        "зао",
        "оао",
        "пао",
        "ат",
        "тзов",
        "тдв",
        "llc",
        "ltd",
        "inc",
        "gmbh",
        "corp",
    }
    | {
        "co",
        "company",
        "limited",
        "sp",
        "zoo",
        "ag",
        "sa",
        "srl",
        "bv",
        "oy",
        "ab",
        "plc",
        "компания",
        "компанія",
        "фирма",
    }
)
_WORDS: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Twin:
    """A record that may be the same; ``why`` is ``person``, ``phone``, ``email`` or ``name``; ``more`` tells it apart."""

    id: int
    title: str
    more: str
    why: Literal["person", "phone", "email", "name"]


def same_name(name: str) -> str:
    """Return a company's name without what people write now one way, now another: signs, order of legal forms, case."""
    words = [word for word in _WORDS.findall(name.casefold().replace("ё", "е")) if word not in _LEGAL]
    return " ".join(words)


def twins_of(work: Work, kind: TwinKind, row: Any, *, viewer: Viewer) -> tuple[Twin, ...]:
    """Return at most ``MOST`` records that may be the same as one, the surest first.  One query, two for contacts.

    ``row`` is the record: a card, or anything with its id, name, and where it has one its person, phone and e-mail.
    """
    found: tuple[Twin, ...] = _FIND[kind](work, row, viewer)
    return found


def _contacts(work: Work, row: Any, viewer: Viewer) -> tuple[Twin, ...]:
    values = [value for value in (row.phone, row.email) if value]
    persons = {row.person_id}
    if values:
        owners = select(person_identity.c.person_id).where(person_identity.c.value.in_(values))
        persons.update(one.person_id for one in work.rows(owners))
    ways: list[ColumnElement[bool]] = [
        contact.c.person_id.in_(sorted(persons)),
        contact.c.name_fold == row.name.casefold(),
    ]
    query = _others(contact, "contact", row.id, viewer).where(or_(*ways)).order_by(contact.c.id)
    found = []
    for one in work.rows(query.limit(_LOOKED_AT)):
        if one.person_id == row.person_id:
            why: Literal["person", "phone", "email", "name"] = "person"
        elif row.phone and one.phone == row.phone:
            why = "phone"
        elif row.email and one.email == row.email:
            why = "email"
        else:
            why = "name"
        found.append(Twin(one.id, one.name, one.phone or one.email or one.city or "", why))
    return _surest(found)


def _companies(work: Work, row: Any, viewer: Viewer) -> tuple[Twin, ...]:
    core = same_name(row.name)
    words = sorted(core.split(), key=len, reverse=True)[:3]
    if not words or len(core) < 2:
        return ()
    parts = and_(*(company.c.name_fold.contains(word, autoescape=True) for word in words))
    query = _others(company, "company", row.id, viewer).where(parts).order_by(company.c.id)
    rows = work.rows(query.limit(_LOOKED_AT))
    return tuple(Twin(one.id, one.name, "", "name") for one in rows if same_name(one.name) == core)[:MOST]


def _leads(work: Work, row: Any, viewer: Viewer) -> tuple[Twin, ...]:
    ways: list[ColumnElement[bool]] = [lead.c.person_id == row.person_id]
    values = [value for value in (row.phone, row.email) if value]
    if values:
        owners = select(person_identity.c.person_id).where(person_identity.c.value.in_(values))
        ways.append(lead.c.person_id.in_(owners))
    query = _others(lead, "lead", row.id, viewer).where(or_(*ways)).order_by(lead.c.id.desc())
    found = []
    for one in work.rows(query.limit(_LOOKED_AT)):
        why: Literal["person", "phone"] = "person" if one.person_id == row.person_id else "phone"
        found.append(Twin(one.id, one.title or one.name or "", one.source or one.phone or "", why))
    return _surest(found)


def _deals(work: Work, row: Any, viewer: Viewer) -> tuple[Twin, ...]:
    settings = directory(work)
    query = (
        _others(deal, "deal", row.id, viewer)
        .where(deal.c.person_id == row.person_id, deal.c.plan_id == row.plan.id, deal.c.state == 0)
        .order_by(deal.c.id.desc())
    )
    return tuple(
        Twin(one.id, one.title, settings.stages[one.stage_id].name, "person") for one in work.rows(query.limit(MOST))
    )


def _others(table: Any, kind: TwinKind, own_id: int, viewer: Viewer) -> Any:
    return select(table).where(table.c.id != own_id, table.c.archived_at.is_(None), may_see_record(kind, viewer))


def _surest(found: list[Twin]) -> tuple[Twin, ...]:
    order = {"person": 0, "phone": 1, "email": 2, "name": 3}
    return tuple(sorted(found, key=lambda one: order[one.why])[:MOST])


_FIND: Final[Mapping[TwinKind, Any]] = {"contact": _contacts, "company": _companies, "lead": _leads, "deal": _deals}
