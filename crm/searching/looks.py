"""What can be looked for in each kind of record, in the words of the index; the texts here are those that ``keeping`` follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_

from crm.people.identity import normalise_phone
from crm.searching.asking import Look
from crm.tables.records import company, contact, deal, lead, person_identity
from engine.event import SubjectKind

MOST_WORDS: Final = 6
LEAST_DIGITS: Final = 4
_LONGEST: Final = 200
_NO_DIGITS: Final = re.compile(r"\D+")
_AS_PHONE: Final = re.compile(r"[-+()/.\d\s\u00a0\u202f‑–]+")
_TABLES: Final[Mapping[SubjectKind, Table]] = {"deal": deal, "lead": lead, "contact": contact, "company": company}


def words_of(text: str) -> tuple[str, ...]:
    """Return what a text is looked for by: its first words, folded."""
    return tuple(text.replace("\x00", "")[:_LONGEST].casefold().split()[:MOST_WORDS])


def phone_forms(text: str, region: str | None) -> tuple[str, ...]:
    """Return what a text is as a part of a phone: its digits, and the phone in its one form; empty where it cannot be one."""
    digits = _NO_DIGITS.sub("", text).lstrip("0")
    if len(digits) < LEAST_DIGITS or not _AS_PHONE.fullmatch(text):
        return ()
    phone = normalise_phone(text, region)
    return (digits,) if phone is None else (digits, phone)


def has_words(column: Any, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that every word is part of a folded text."""
    return and_(*(column.contains(word, autoescape=True) for word in words))


def own_texts(kind: SubjectKind, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that one of the texts that are kept for a record holds all words.

    A deal is looked for by its title, and by the names of its contact, its lead and its company.
    """
    match kind:
        case "deal":
            linked = ((deal.c.contact_id, contact), (deal.c.lead_id, lead), (deal.c.company_id, company))
            named = []
            for link, table in linked:
                other = table.alias().c
                named.append(exists().where(other.id == link, has_words(other.name_fold, words)))
            return or_(has_words(deal.c.title_fold, words), *named)
        case "lead":
            return _any(words, lead.c.title_fold, lead.c.name_fold, func.lower(lead.c.email), lead.c.phone)
        case "contact":
            return _any(words, contact.c.name_fold, func.lower(contact.c.email), contact.c.phone)
        case "company":
            return _any(words, company.c.name_fold)
    raise ValueError(kind)


def look_for(kind: SubjectKind, words: tuple[str, ...], fits: ColumnElement[bool] | None = None) -> Look:
    """Return the look for records of a kind; without a condition, for those one of whose own texts holds all words."""
    table = _TABLES[kind]
    person_id = table.c.id if kind == "company" else table.c.person_id
    return Look(kind, words, table, table.c.id, person_id, own_texts(kind, words) if fits is None else fits)


def look_for_persons(part: str, fits: ColumnElement[bool] | None = None) -> Look:
    """Return the look for persons one of whose phones and e-mail addresses has a part."""
    person_id, value = person_identity.c.person_id, person_identity.c.value
    has_part = value.contains(part, autoescape=True) if fits is None else fits
    return Look("person", (part,), person_identity, person_id, person_id, has_part)


def _any(words: tuple[str, ...], *columns: Any) -> ColumnElement[bool]:
    return or_(*(has_words(column, words) for column in columns))
