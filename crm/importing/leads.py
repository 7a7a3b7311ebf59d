"""Write leads of an import: new ones, and what is new of known ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.opening import NewDeal, open_deals
from crm.directory import User, directory
from crm.fields.values import Typed, store_values
from crm.importing.answers import CREATED, UPDATED, Answer, Target, rejected
from crm.importing.parts import (
    Attached,
    Known,
    attach,
    companies_of,
    company_name,
    name_of,
    owner_of,
    plain,
    start_by_hand,
    typed_fields,
    update_known,
)
from crm.importing.rows import LeadRow
from crm.importing.staff import staff_for
from crm.journal import journal
from crm.leads.recording import NewLead, record_leads
from crm.people.identity import Identity
from crm.people.persons import add_identities
from crm.tables.records import lead
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import LazyText


def write_leads(work: Work, rows: Sequence[LeadRow], *, target: Target, by: Actor) -> list[Answer]:
    """Record leads; one answer per row, in order.

    A lead whose external id is known gets what its row says otherwise than before; empty cells take nothing away.  The number
    of statements does not grow with the number of rows.
    """
    if target.funnel is not None:
        journal(work).start_only(target.funnel.key)
    staff = staff_for(work, (row.owner for row in rows), makes_users=target.makes_users, by=by)
    settings = directory(work)
    answers: list[Answer | None] = [None] * len(rows)
    owners: dict[int, User | None] = {}
    values: dict[int, dict[str, Typed]] = {}
    for number, row in enumerate(rows):
        owner, fields = owner_of(staff, row.owner), typed_fields(settings, "lead", row.fields)
        wrong = next((one for one in (owner, fields) if isinstance(one, LazyText)), None)
        if wrong is not None:
            answers[number] = rejected(wrong, "lead.owner" if wrong is owner else "")
            continue
        owners[number] = owner if isinstance(owner, User) else None
        values[number] = fields if isinstance(fields, dict) else {}
    good = [number for number, answer in enumerate(answers) if answer is None]
    companies = companies_of(work, [rows[number].company for number in good], by=by)
    items = [
        _new_lead(rows[number], owners[number], values[number], company_id)
        for number, company_id in zip(good, companies, strict=True)
    ]
    results = dict(zip(good, record_leads(work, items, by=by), strict=True))
    new = {number: result.ids for number, result in results.items() if result.code == DONE}
    _finish_new(work, rows, new, values, target, by)
    for number in new:
        answers[number] = CREATED
    known = {number: result for number, result in results.items() if number not in new}
    for number, answer in _update(work, rows, known, owners, by).items():
        answers[number] = answer
    return [answer or CREATED for answer in answers]


def _new_lead(row: LeadRow, owner: User | None, values: dict[str, Typed], company_id: int | None) -> NewLead:
    person = row.person
    return NewLead(
        title=plain(row.title) or "",
        name=name_of(person),
        phone=person.phones[0] if person.phones else None,
        email=person.emails[0] if person.emails else None,
        company_name=company_name(row.company),
        source=plain(row.source),
        external_id=row.external_id,
        owner_id=owner.id if owner is not None else None,
        company_id=company_id,
        identities=_more(row),
        created_at=row.created_at,
        fields={key: value.shown for key, value in values.items()} if values else {},
    )


def _more(row: LeadRow) -> list[Identity]:
    """Return the phones and e-mails after the first ones."""
    phones: list[Identity] = [("phone", phone) for phone in row.person.phones[1:]]
    return [*phones, *(("email", email) for email in row.person.emails[1:])]


def _finish_new(
    work: Work,
    rows: Sequence[LeadRow],
    new: dict[int, tuple[int, ...]],
    values: dict[int, dict[str, Typed]],
    target: Target,
    by: Actor,
) -> None:
    """Give new leads their custom fields, tags and comments, and start them in their funnel."""
    fields = directory(work).fields
    store_values(
        work,
        [
            (ids[0], {fields["lead", key].id: value for key, value in values[number].items()})
            for number, ids in new.items()
            if values[number]
        ],
        new=True,
    )
    attached = [
        Attached(ids[0], ids[1], tags=rows[number].tags, comment=rows[number].comment, at=rows[number].created_at)
        for number, ids in new.items()
        if rows[number].tags or rows[number].comment
    ]
    attach(work, "lead", attached, by=by)
    if target.plan is not None:
        _open_deals(work, target.plan, [(rows[number], ids) for number, ids in new.items()], by)
    if target.funnel is not None and target.funnel.label is not None:
        start_by_hand(work, "lead", [(ids[0], ids[1]) for ids in new.values()], target.funnel.label, by=by)


def _open_deals(work: Work, plan: str, new: Sequence[tuple[LeadRow, tuple[int, ...]]], by: Actor) -> None:
    """Open a deal for each new lead, of its owner, else of whom the plan's distribution chooses; of nobody where nobody takes."""
    owners = _owned(work, [ids[0] for _, ids in new])
    items = [
        NewDeal(
            person_id,
            plan,
            title=plain(row.title) or name_of(row.person) or row.external_id,
            lead_id=lead_id,
            owner_id=owners.get(lead_id),
            opened_at=row.created_at,
        )
        for row, (lead_id, person_id) in new
    ]
    results = open_deals(work, items, by=by)
    left = [item._replace(is_unowned=True) for item, result in zip(items, results, strict=True) if result.code != DONE]
    if left:
        open_deals(work, left, by=by)


def _owned(work: Work, lead_ids: Sequence[int]) -> dict[int, int | None]:
    """Return the owners of leads.  One query."""
    query = select(lead.c.id, lead.c.owner_id).where(in_set(lead.c.id, "ids"))
    return {row.id: row.owner_id for row in work.rows(query, {"ids": list(lead_ids)})}


def _update(
    work: Work, rows: Sequence[LeadRow], known: dict[int, Result], owners: dict[int, User | None], by: Actor
) -> dict[int, Answer]:
    """Change the leads that were there."""
    if not known:
        return {}
    owned = _owned(work, [one.ids[0] for one in known.values()])
    items = [
        Known(
            result.ids[0],
            result.ids[1],
            owner_id=owned.get(result.ids[0]),
            values=_values(rows[number]),
            owner=owners[number],
            tags=rows[number].tags,
            comment=rows[number].comment,
        )
        for number, result in known.items()
    ]
    answers = dict(zip(known, update_known(work, "lead", items, by=by), strict=True))
    more = [
        (number, (known[number].ids[1], identity))
        for number, answer in answers.items()
        if answer.code != "rejected"
        for identity in _more(rows[number])
    ]
    results = add_identities(work, [item for _, item in more])
    for (number, _), result in zip(more, results, strict=True):
        if result.code == DONE:
            answers[number] = UPDATED
    return answers


def _values(row: LeadRow) -> dict[str, object]:
    person = row.person
    values: dict[str, object | None] = {
        "title": plain(row.title),
        "name": name_of(person),
        "phone": person.phones[0] if person.phones else None,
        "email": person.emails[0] if person.emails else None,
        "company_name": company_name(row.company),
        "source": plain(row.source),
        **{f"field.{key}": text for key, text in row.fields.items()},
    }
    return {key: value for key, value in values.items() if value is not None}
