"""Contacts: people the company knows, found again by their phones and e-mails.

Their fields are changed by ``crm.fields.changes.set_fields``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor
from crm.directory import directory
from crm.fields.columns import home_region
from crm.journal import Cause, cause_of, journal
from crm.people.identity import Identity, normalise_email, normalise_phone
from crm.people.persons import Match, add_identities, match_persons, survivors
from crm.tables.records import contact, person
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import LazyText, _l

LONGEST_NAME: Final = 255
_NEWEST_LOOKED_AT: Final = 5000
_COLUMNS: Final = (
    "id", "person_id", "external_id", "name", "name_fold", "phone", "email", "type", "type_fold", "city",
    "city_fold", "company_id", "owner_id", "created_at", "version",
)  # fmt: skip
_FILLED: Final = ("phone", "email", "type", "type_fold", "city", "city_fold", "company_id", "external_id")


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact.  The first phone and e-mail are shown, all of them lead to the person.

    ``person_id`` says whose contact it is where that is known, as of a lead that is converted.
    """

    name: str
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    type: str | None = None
    city: str | None = None
    company_id: int | None = None
    external_id: str | None = None
    person_id: int | None = None
    owner_id: int | None = None
    created_at: datetime | None = None
    cause: Cause | None = None


def known_types(work: Work) -> list[str]:
    """Return the types of the newest contacts, in order of name.  One query."""
    newest = select(contact.c.type).order_by(contact.c.id.desc()).limit(_NEWEST_LOOKED_AT).subquery()
    rows = work.rows(select(newest.c.type).where(newest.c.type.is_not(None)).group_by(newest.c.type))
    return sorted((row.type for row in rows), key=str.casefold)


def find_or_create_contacts(work: Work, items: Sequence[NewContact], *, by: Actor) -> list[Result]:
    """Return the contact of each item; ids: contact, person, then others whom some of its phones and e-mails belong to.

    ``done`` where it was made; ``exists`` where the person has one, whose empty fields are then filled; ``invalid``: ``detail``
    says why.  The number of statements does not grow with the number of items.
    """
    by.require("leads.create")
    region = home_region(directory(work))
    read = [_read(item, region) for item in items]
    good = [(number, found) for number, found in enumerate(read) if not isinstance(found, str)]
    answers: list[Result | None] = [
        Result("invalid", detail=found) if isinstance(found, str) else None for found in read
    ]
    matches = _persons(work, items, good)
    rows = _rows(work, [match.person_id for match in matches])
    ids = iter(work.ids("contact", len({match.person_id for match in matches} - rows.keys())))
    new: dict[int, dict[str, Any]] = {}
    filled: dict[int, dict[str, Any]] = {}
    notes, by_actor = journal(work), cause_of(by)
    for (number, identities), match in zip(good, matches, strict=True):
        item, person_id = items[number], match.person_id
        values = _values(item, identities)
        cause = item.cause or by_actor
        known = rows.get(person_id)
        if known is None:
            row = {**values, "id": next(ids), "person_id": person_id, "version": 1}
            rows[person_id] = new[person_id] = {**row, "created_at": item.created_at or work.now}
            notes.add_text("contact.created", person_id, row["id"], "{}", cause, occurred_at=item.created_at)
            answers[number] = Result(DONE, (row["id"], person_id, *match.conflicts))
            continue
        gained = [name for name in _FILLED if known[name] is None and values[name] is not None]
        if gained:
            known.update({name: values[name] for name in gained})
            if person_id not in new:
                known["version"] += person_id not in filled
                filled[person_id] = known
            told = [name for name in gained if not name.endswith("_fold")]
            notes.add("contact.changed", person_id, known["id"], {"fields": told}, cause)
        answers[number] = Result("exists", (known["id"], person_id, *match.conflicts))
    work.insert(contact, _COLUMNS, [tuple(row[name] for name in _COLUMNS) for row in new.values()])
    columns = (*_FILLED, "version")
    work.update(contact, ("id",), columns, [(row["id"], *(row[name] for name in columns)) for row in filled.values()])
    return [answer for answer in answers if answer is not None]


def _persons(work: Work, items: Sequence[NewContact], good: Sequence[tuple[int, Sequence[Identity]]]) -> list[Match]:
    """Return the person of each item: the one it names, else the one its phones and e-mails lead to."""
    known = [person_id for number, _ in good if (person_id := items[number].person_id) is not None]
    ends = survivors(work, known) if known else {}
    named = {number: ends[person_id] for number, _ in good if (person_id := items[number].person_id) is not None}
    claims = [(number, (named[number], one)) for number, identities in good if number in named for one in identities]
    others: dict[int, list[int]] = {number: [] for number in named}
    for (number, _), answer in zip(claims, add_identities(work, [claim for _, claim in claims]), strict=True):
        if answer.code == "taken":
            others[number] += answer.ids
    searched = [identities for number, identities in good if number not in named]
    found = iter(match_persons(work, searched) if searched else ())
    return [
        Match(named[number], False, tuple(dict.fromkeys(others[number]))) if number in named else next(found)
        for number, _ in good
    ]


def _rows(work: Work, person_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the oldest contact of each person, their persons locked: two who find nobody must not both make one."""
    if not person_ids:
        return {}
    wanted = {"persons": sorted(set(person_ids))}
    work.rows(select(person.c.id).where(in_set(person.c.id, "persons")).order_by(person.c.id).with_for_update(), wanted)
    query = (
        select(contact)
        .where(in_set(contact.c.person_id, "persons"), contact.c.archived_at.is_(None))
        .order_by(contact.c.id.desc())
    )
    return {row.person_id: dict(row._mapping) for row in work.rows(query, wanted)}


def _read(item: NewContact, region: str | None) -> tuple[Identity, ...] | LazyText:
    """Return phones and e-mails in their one form, or what is wrong with the item."""
    name = " ".join(item.name.replace("\x00", "").split())
    if not name or len(name) > LONGEST_NAME:
        return _l("a contact has a name of at most {limit} characters", limit=LONGEST_NAME)
    found: list[Identity] = []
    for text in item.phones:
        phone = normalise_phone(text, region)
        if phone is None:
            return _l("“{value}” is no phone number", value=text)
        found.append(("phone", phone))
    for text in item.emails:
        email = normalise_email(text)
        if email is None:
            return _l("“{value}” is no e-mail address", value=text)
        found.append(("email", email))
    return tuple(dict.fromkeys(found))


def _values(item: NewContact, identities: Sequence[Identity]) -> dict[str, Any]:
    name = " ".join(item.name.replace("\x00", "").split())
    return {
        "name": name,
        "name_fold": name.casefold(),
        "phone": next((value for kind, value in identities if kind == "phone"), None),
        "email": next((value for kind, value in identities if kind == "email"), None),
        "type": item.type,
        "type_fold": item.type.casefold() if item.type is not None else None,
        "city": item.city,
        "city_fold": item.city.casefold() if item.city is not None else None,
        "company_id": item.company_id,
        "external_id": item.external_id,
        "owner_id": item.owner_id,
    }
