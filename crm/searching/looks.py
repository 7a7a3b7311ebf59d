"""What can be looked for in each kind of record, in the words of the index; the texts here are those that ``keeping`` follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_

from crm.people.identity import normalise_phone
from crm.searching.asking import Look
from crm.searching.grams import beginnings, wanted_grams
from crm.tables.records import company, contact, deal, lead, person_identity
from engine.event import SUBJECT_CODES, SubjectKind

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


def begins_words(column: Any, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that every word begins one of a folded text."""
    return and_(
        *(or_(column.startswith(word, autoescape=True), column.contains(f" {word}", autoescape=True)) for word in words)
    )


SORTS: Final[Mapping[SubjectKind, int]] = {"person": 1, "lead": 3, "contact": 2, "company": 1, "deal": 2}
"""Of how many sorts the texts are that are kept for a kind of record: what it is called; names; phones and addresses."""
NAME: Final = 1
"""The sort of the name of a lead, and of the names of a deal's contact, lead and company."""


def has_texts(kind: SubjectKind, words: tuple[str, ...], sort: int) -> ColumnElement[bool]:
    """Return the condition that one of the texts of a sort that are kept for a record holds all words."""
    match kind, sort:
        case "deal", 0:
            return has_words(deal.c.title_fold, words)
        case "deal", _:
            linked = ((deal.c.contact_id, contact), (deal.c.lead_id, lead), (deal.c.company_id, company))
            named = []
            for link, table in linked:
                other = table.alias().c
                named.append(exists().where(other.id == link, has_words(other.name_fold, words)))
            return or_(*named)
        case "lead", 0:
            return has_words(lead.c.title_fold, words)
        case "lead", 1:
            return has_words(lead.c.name_fold, words)
        case "lead", _:
            return or_(has_words(func.lower(lead.c.email), words), has_words(lead.c.phone, words))
        case "contact", 0:
            return has_words(contact.c.name_fold, words)
        case "contact", _:
            return or_(has_words(func.lower(contact.c.email), words), has_words(contact.c.phone, words))
        case "company", _:
            return has_words(company.c.name_fold, words)
    raise ValueError(kind)


def look_for(kind: SubjectKind, words: tuple[str, ...], sort: int = 0) -> Look:
    """Return the look for records of a kind one of whose texts of a sort holds all words."""
    grams = wanted_grams(SUBJECT_CODES[kind], words, sort)
    return _look(kind, grams, has_texts(kind, words, sort))


def looks_for(kind: SubjectKind, words: tuple[str, ...]) -> list[Look]:
    """Return the looks that together find the records of a kind one of whose texts holds all words."""
    return [look_for(kind, words, sort) for sort in range(SORTS[kind])]


def look_for_beginnings(kind: SubjectKind, words: tuple[str, ...], fits: ColumnElement[bool], sort: int = 0) -> Look:
    """Return the look for records of a kind in one of whose texts of a sort every word begins one."""
    return _look(kind, beginnings(SUBJECT_CODES[kind], words, sort), fits)


def look_for_persons(part: str, fits: ColumnElement[bool] | None = None) -> Look:
    """Return the look for persons one of whose phones and e-mail addresses has a part."""
    person_id, value = person_identity.c.person_id, person_identity.c.value
    has_part = value.contains(part, autoescape=True) if fits is None else fits
    grams = wanted_grams(SUBJECT_CODES["person"], (part,))
    return Look("person", grams, person_identity, person_id, person_id, has_part)


def _look(kind: SubjectKind, grams: tuple[int, ...], fits: ColumnElement[bool]) -> Look:
    table = _TABLES[kind]
    person_id = table.c.id if kind == "company" else table.c.person_id
    return Look(kind, grams, table, table.c.id, person_id, fits)
