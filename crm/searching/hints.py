"""Where to look for a text: a condition that nothing which holds the text misses, and that goes by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, or_, select, true

from crm.directory import directory
from crm.fields.columns import home_region
from crm.searching.asking import MOST, Found, Look, look_up
from crm.searching.grams import LEAST
from crm.searching.looks import look_for, look_for_persons, looks_for, phone_forms, words_of
from crm.tables.records import company, contact, deal, lead
from db.sets import in_set
from db.work import Work

Subject = Literal["lead", "deal", "contact", "company", "task"]
_WORDS: Final = 2
"""By so many of a text's words, the longest, the records are found; the others are compared then."""
_COLUMNS: Final[Mapping[str, tuple[Any, Any]]] = {
    "deal": (deal.c.id, deal.c.person_id),
    "lead": (lead.c.id, lead.c.person_id),
    "contact": (contact.c.id, contact.c.person_id),
}


def hint(work: Work, subject: Subject, text: str) -> ColumnElement[bool]:
    """Return a condition on the table of a kind of record that holds for all that have a text, and for few others.

    It stands beside the condition that compares the texts, and narrows what has to be compared.  Where the index does not know,
    and on SQLite, it is simply true.  Two statements at most, for all that ask the same within one transaction.
    """
    found = _known(work, subject, text)
    return true() if found is None else found


def is_few(work: Work, subject: Subject, text: str) -> bool:
    """True where the hint of a text holds for few records.  Costs nothing where the hint was asked for before."""
    return _known(work, subject, text) is not None


def _known(work: Work, subject: Subject, text: str) -> ColumnElement[bool] | None:
    words = words_of(text)
    if work.is_sqlite or not words or subject == "task":
        return None
    known: dict[tuple[Subject, str], ColumnElement[bool] | None] = work.memo.setdefault("hints", {})
    if (subject, text) not in known:
        known[subject, text] = _hint(work, _groups(subject, words, text, home_region(directory(work))), subject)
    return known[subject, text]


def _hint(work: Work, groups: Sequence[Sequence[Look]], subject: Subject) -> ColumnElement[bool] | None:
    looks = [look for group in groups for look in group]
    if not looks:
        return None
    found = iter(look_up(work, looks))
    parts = [_part(subject, group, [next(found) for _ in group]) for group in groups]
    narrow = [part for part in parts if part is not None]
    return and_(*narrow) if narrow else None


def _groups(subject: Subject, words: tuple[str, ...], text: str, region: str | None) -> list[list[Look]]:
    """Return the looks for a text: each group finds all that hold one of its words."""
    forms = phone_forms(text.casefold(), region)
    if forms:
        return [[*_looks(subject, words), *(look for form in forms for look in _looks(subject, (form,)))]]
    longest = sorted(dict.fromkeys(words), key=len, reverse=True)[:_WORDS]
    groups = []
    for word in longest:
        if len(word) >= LEAST:
            spelled = dict.fromkeys((word, *phone_forms(word, None)))
            groups.append([look for form in spelled for look in _looks(subject, (form,))])
    return groups


def _looks(subject: Subject, words: tuple[str, ...]) -> list[Look]:
    if subject == "task":
        return []
    of_person = [look_for_persons(words[0])] if len(words) == 1 else []
    if subject == "company":
        return [look_for("company", words), *looks_for("contact", words), *of_person]
    return [*looks_for(subject, words), *of_person]


def _part(subject: Subject, looks: Sequence[Look], found: Sequence[Found]) -> ColumnElement[bool] | None:
    """Return the condition that a group found a record, nothing where one of its looks does not know or finds too many."""
    ids: dict[str, list[int]] = {}
    for look, rows in zip(looks, found, strict=True):
        if rows is None or rows == "common":
            return None
        ids.setdefault(look.kind, []).extend(one for one, _ in rows)
    if sum(map(len, ids.values())) > MOST:
        return None
    persons = ids.get("person", [])
    if subject == "company":
        people = select(contact.c.company_id).where(
            contact.c.company_id.is_not(None), _among(contact.c.id, ids["contact"], contact.c.person_id, persons)
        )
        return or_(in_set(company.c.id, "", ids["company"]), company.c.id.in_(people))
    id_, person_id = _COLUMNS[subject]
    return _among(id_, ids[subject], person_id, persons)


def _among(id_: Any, ids: list[int], person_id: Any, persons: list[int]) -> ColumnElement[bool]:
    return or_(in_set(id_, "", ids), in_set(person_id, "", persons))
