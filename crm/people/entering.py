"""Contacts and companies that somebody types in, and contacts made of leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor, ActorKind
from crm.deals.visible import may_see
from crm.directory import directory
from crm.fields.changes import FieldChange, fitting_values, set_fields
from crm.fields.columns import FieldKind
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.visible import no_record, only_seen
from crm.tables.records import deal, lead
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l


@dataclass(frozen=True, slots=True)
class EnteredContact:
    """A contact as somebody typed it: phone and e-mail in any spelling, custom fields by key (``field.budget``).

    The ``type`` is required: client, supplier, partner, whatever the company calls it.
    """

    name: str
    type: str
    phone: str = ""
    email: str = ""
    city: str = ""
    company: str = ""
    owner_id: int | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnteredCompany:
    """A company as somebody typed it."""

    name: str
    owner_id: int | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A lead, and the type of the contact that is made of it."""

    lead_id: int
    type: str


def enter_contacts(work: Work, items: Sequence[EnteredContact], *, by: Actor) -> list[Result]:
    """Make contacts that were typed in; one answer each.

    ``done`` (ids: contact, person); ``exists`` (its phone or e-mail is known: the same ids, and empty fields are filled);
    ``invalid``: ``detail`` says why.  The number of statements does not grow with the number of items.
    """
    by.require("leads.create")
    answers = [_refusal(work, "contact", item.fields, type_=item.type) for item in items]
    good = [number for number, answer in enumerate(answers) if answer is None]
    names = [name for name in dict.fromkeys(items[number].company for number in good) if name]
    made = find_or_create_companies(work, [NewCompany(name, owner_id=_owner(by)) for name in names], by=by)
    companies = {name: one.ids[0] for name, one in zip(names, made, strict=True) if one.ids}
    new = [_new(items[number], companies, by) for number in good]
    for number, answer in zip(good, find_or_create_contacts(work, new, by=by), strict=True):
        answers[number] = answer
    _fill(work, "contact", [(answer, item.fields) for answer, item in zip(answers, items, strict=True)], by)
    return [answer if answer is not None else Result(DONE) for answer in answers]


def enter_companies(work: Work, items: Sequence[EnteredCompany], *, by: Actor) -> list[Result]:
    """Make companies that were typed in; one answer each: ``done``, ``exists`` (it is known by its name), ``invalid``."""
    by.require("leads.create")
    answers = [_refusal(work, "company", item.fields) for item in items]
    good = [number for number, answer in enumerate(answers) if answer is None]
    new = [NewCompany(items[number].name, owner_id=items[number].owner_id or _owner(by)) for number in good]
    for number, answer in zip(good, find_or_create_companies(work, new, by=by), strict=True):
        answers[number] = answer
    _fill(work, "company", [(answer, item.fields) for answer, item in zip(answers, items, strict=True)], by)
    return [answer if answer is not None else Result(DONE) for answer in answers]


def convert_leads(work: Work, items: Sequence[Conversion], *, by: Actor) -> list[Result]:
    """Make contacts of leads, with their companies; one answer each.

    ``done``, ``exists`` (the person has one; ids: contact, person), ``no_record``, ``invalid`` (without a type).
    The lead, and the open deals of its person that name no contact, name it from then on.  A fixed number of statements.
    """
    by.require("leads.create")
    by.require("leads.edit")
    query = only_seen(select(lead).where(in_set(lead.c.id, "leads")), "lead", by).order_by(lead.c.id)
    rows = {row.id: row for row in work.rows(query, {"leads": [item.lead_id for item in items]})}
    names = [name for name in dict.fromkeys(row.company_name for row in rows.values()) if name]
    made = find_or_create_companies(work, [NewCompany(name, owner_id=_owner(by)) for name in names], by=by)
    companies = {name: one.ids[0] for name, one in zip(names, made, strict=True) if one.ids}
    good = [number for number, item in enumerate(items) if item.lead_id in rows and item.type.strip()]
    new = [_of_lead(rows[items[number].lead_id], items[number].type, companies, by) for number in good]
    answers: list[Result] = [_NO_TYPE if item.lead_id in rows else no_record("lead", item.lead_id) for item in items]
    changes: list[FieldChange] = []
    for number, answer in zip(good, find_or_create_contacts(work, new, by=by), strict=True):
        answers[number] = answer
        if answer.code in (DONE, "exists"):
            row = rows[items[number].lead_id]
            values: dict[str, object] = {"contact_id": answer.ids[0]}
            if row.company_id is None and row.company_name in companies:
                values["company_id"] = companies[row.company_name]
            changes.append(FieldChange("lead", row.id, values))
    set_fields(work, changes, by=by)
    _name_in_deals(work, {answer.ids[1]: answer.ids[0] for answer in answers if len(answer.ids) > 1}, by)
    return answers


def _name_in_deals(work: Work, contact_of: Mapping[int, int], by: Actor) -> None:
    """Let the open deals of persons name their contact, where they name none and the actor may change them."""
    if not contact_of or "deals.edit" not in by.rights:
        return
    open_deals = select(deal.c.id, deal.c.person_id).where(
        in_set(deal.c.person_id, "persons"),
        deal.c.state == 0,
        deal.c.contact_id.is_(None),
        deal.c.archived_at.is_(None),
    )
    if by.sees is not None:
        open_deals = open_deals.where(may_see(by.sees))
    rows = work.rows(open_deals.order_by(deal.c.id), {"persons": sorted(contact_of)})
    changes = [FieldChange("deal", row.id, {"contact_id": contact_of[row.person_id]}) for row in rows]
    set_fields(work, changes, by=by)


def _refusal(work: Work, kind: FieldKind, fields: Mapping[str, object], *, type_: str | None = None) -> Result | None:
    if type_ is not None and not type_.strip():
        return _NO_TYPE
    fitting = fitting_values(directory(work), kind, fields)
    return Result("invalid", detail=fitting) if isinstance(fitting, str) else None


def _fill(work: Work, kind: FieldKind, made: Sequence[tuple[Result | None, Mapping[str, object]]], by: Actor) -> None:
    """Write the custom fields of what was made; what was there already keeps its own."""
    changes = [
        FieldChange(kind, answer.ids[0], fields)
        for answer, fields in made
        if answer is not None and answer.code == DONE and fields
    ]
    set_fields(work, changes, by=replace(by, rights=by.rights | {"leads.edit"}, sees=None))


def _owner(by: Actor) -> int | None:
    return by.id if by.kind is ActorKind.USER else None


def _new(item: EnteredContact, companies: Mapping[str, int], by: Actor) -> NewContact:
    return NewContact(
        item.name,
        (item.phone,) if item.phone else (),
        (item.email,) if item.email else (),
        item.type.strip(),
        item.city.strip() or None,
        companies.get(item.company),
        owner_id=item.owner_id or _owner(by),
    )


def _of_lead(row: Any, type_: str, companies: Mapping[str, int], by: Actor) -> NewContact:
    return NewContact(
        row.name or row.title or row.phone or row.email or str(row.id),
        (row.phone,) if row.phone else (),
        (row.email,) if row.email else (),
        type_.strip(),
        company_id=row.company_id or companies.get(row.company_name),
        person_id=row.person_id,
        owner_id=row.owner_id or _owner(by),
    )


_NO_TYPE: Final = Result("invalid", detail=_l("say what type of contact it is: client, partner, supplier ..."))
