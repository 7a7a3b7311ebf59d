"""Who stands behind each deal of an import: the person, and the contact where the row tells enough for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from crm.access.actor import Actor
from crm.importing.parts import name_of
from crm.importing.rows import PersonCells
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.people.persons import persons_of
from crm.tables.records import contact
from db.sets import in_set
from db.work import Work


class PersonOfDeal(NamedTuple):
    """The person, and its contact if there is one."""

    person_id: int
    contact_id: int | None


def people_of(
    work: Work,
    cells: Sequence[PersonCells],
    *,
    persons: Sequence[int | None],
    companies: Sequence[int | None],
    by: Actor,
) -> list[PersonOfDeal]:
    """Return the person of each row, found again by id where the file comes from, phone or e-mail, or made.

    ``persons`` are those known already, as of the leads that deals came from; a row that tells nothing is a person of its own.
    A fixed number of statements.
    """
    known = _known(work, [one.external_id for one in cells])
    wanted: dict[object, NewContact] = {}
    places: dict[int, object] = {}
    for number, one in enumerate(cells):
        if not one.is_named:
            continue
        key: object = ("id", one.external_id) if one.external_id is not None else number
        places[number] = key
        if key not in wanted:
            wanted[key] = NewContact(
                name_of(one) or next(iter((*one.phones, *one.emails, one.external_id or ""))),
                one.phones,
                one.emails,
                company_id=companies[number],
                external_id=one.external_id,
                person_id=known.get(one.external_id or "") or persons[number],
            )
    results = find_or_create_contacts(work, list(wanted.values()), by=by) if wanted else []
    made = {
        key: PersonOfDeal(answer.ids[1], answer.ids[0])
        for key, answer in zip(wanted, results, strict=True)
        if len(answer.ids) > 1
    }
    alone = [number for number in range(len(cells)) if persons[number] is None and places.get(number) not in made]
    fresh = dict(zip(alone, persons_of(work, [()] * len(alone)) if alone else (), strict=True))
    found = []
    for number in range(len(cells)):
        person = persons[number]
        of_contact = made.get(places.get(number))
        if of_contact is not None:
            found.append(of_contact if person is None else PersonOfDeal(person, of_contact.contact_id))
        else:
            found.append(PersonOfDeal(fresh[number] if person is None else person, None))
    return found


def _known(work: Work, external_ids: Sequence[str | None]) -> dict[str, int]:
    """Return the persons of contacts by their ids where the file comes from."""
    wanted = sorted({one for one in external_ids if one is not None})
    if not wanted:
        return {}
    query = select(contact.c.external_id, contact.c.person_id).where(in_set(contact.c.external_id, "ids"))
    return {row.external_id: row.person_id for row in work.rows(query, {"ids": wanted})}
