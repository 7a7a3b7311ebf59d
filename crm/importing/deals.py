"""Write deals of an import: new ones with all that hangs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.opening import NewDeal, open_deals
from crm.deals.products import set_products
from crm.directory import directory
from crm.fields.values import store_values
from crm.importing.answers import CREATED, Answer, Target, rejected
from crm.importing.changed_deals import update_deals
from crm.importing.deal_places import Place, line_of, place_deals, title_of
from crm.importing.parts import Attached, attach, companies_of, name_of, start_by_hand
from crm.importing.people import PersonOfDeal, people_of
from crm.importing.rows import DealRow
from crm.importing.staff import staff_for
from crm.journal import journal
from crm.tables.records import deal
from db.sets import in_set
from db.types import dumps
from db.work import Work
from engine.request import DONE


def write_deals(work: Work, rows: Sequence[DealRow], *, target: Target, currency: str, by: Actor) -> list[Answer]:
    """Record deals; one answer per row, in order.

    A deal whose external id is known gets what its row says otherwise than before, and moves where its stage is another; empty
    cells take nothing away.  The number of statements grows with the number of sales plans, not of rows.

    Args:
        work: the transaction.
        rows: the deals.
        target: where they go.
        currency: what amounts without a currency of their own were read as.
        by: who imports.
    """
    if target.funnel is not None:
        journal(work).start_only(target.funnel.key)
    staff = staff_for(work, (row.owner for row in rows), makes_users=target.makes_users, by=by)
    answers: list[Answer | None] = [None] * len(rows)
    places: dict[int, Place] = {}
    for number, place in enumerate(place_deals(work, rows, target, currency, staff)):
        if isinstance(place, Place):
            places[number] = place
        else:
            answers[number] = place
    known = _known(work, [rows[number].external_id for number in places])
    new, again = _split(rows, places, known)
    companies = dict(zip(places, companies_of(work, [rows[number].company for number in places], by=by), strict=True))
    people = _people(work, rows, places, new, companies, by)
    opening = [_new_deal(rows[number], places[number], people[number], companies[number]) for number in new]
    made: dict[int, int] = {}
    for number, result in zip(new, open_deals(work, opening, by=by) if opening else (), strict=True):
        if result.code == DONE:
            made[number] = result.ids[0]
            answers[number] = CREATED
        elif result.code == "exists":
            again.append(number)
        else:
            answers[number] = rejected(result.detail)
    _finish_new(work, rows, made, places, people, target, by)
    again.sort()
    for number, answer in update_deals(work, rows, again, places, companies, by=by).items():
        answers[number] = answer
    return [answer or CREATED for answer in answers]


def _known(work: Work, external_ids: Sequence[str | None]) -> set[str]:
    wanted = sorted({one for one in external_ids if one is not None})
    if not wanted:
        return set()
    query = select(deal.c.external_id).where(in_set(deal.c.external_id, "ids"))
    return {row.external_id for row in work.rows(query, {"ids": wanted})}


def _split(rows: Sequence[DealRow], places: Mapping[int, Place], known: set[str]) -> tuple[list[int], list[int]]:
    """Return the numbers of the rows that open a deal, and of those that tell of a known one or of an earlier row's."""
    new, again, seen = [], [], set(known)
    for number in places:
        external_id = rows[number].external_id
        if external_id is not None and external_id in seen:
            again.append(number)
            continue
        if external_id is not None:
            seen.add(external_id)
        new.append(number)
    return new, again


def _people(
    work: Work,
    rows: Sequence[DealRow],
    places: Mapping[int, Place],
    new: Sequence[int],
    companies: Mapping[int, int | None],
    by: Actor,
) -> dict[int, PersonOfDeal]:
    leads = [places[number].lead for number in new]
    found = people_of(
        work,
        [rows[number].person for number in new],
        persons=[lead.person_id if lead is not None else None for lead in leads],
        companies=[companies[number] for number in new],
        by=by,
    )
    return dict(zip(new, found, strict=True))


def _new_deal(row: DealRow, place: Place, person: PersonOfDeal, company_id: int | None) -> NewDeal:
    is_closed = place.stage.state != 0
    opened_at = row.created_at or (row.closed_at if is_closed else None)
    return NewDeal(
        person.person_id,
        place.plan.key,
        place.stage.key,
        title=title_of(row, name_of(row.person)),
        amount=row.amount or 0,
        currency=row.currency,
        owner_id=place.owner.id if place.owner is not None else None,
        lead_id=place.lead.id if place.lead is not None else None,
        contact_id=person.contact_id,
        company_id=company_id,
        external_id=row.external_id,
        loss_reason=place.loss_reason,
        opened_at=opened_at,
        closed_at=row.closed_at or row.created_at if is_closed else None,
        is_unowned=place.owner is None and is_closed,
    )


def _finish_new(
    work: Work,
    rows: Sequence[DealRow],
    made: Mapping[int, int],
    places: Mapping[int, Place],
    people: Mapping[int, PersonOfDeal],
    target: Target,
    by: Actor,
) -> None:
    """Give new deals their custom fields, products, tags and comments, and start them in their funnel."""
    fields = directory(work).fields
    filled = {number: deal_id for number, deal_id in made.items() if places[number].values}
    values = [
        (deal_id, {fields["deal", key].id: value for key, value in places[number].values.items()})
        for number, deal_id in filled.items()
    ]
    store_values(work, values, new=True)
    shown = [
        (deal_id, dumps({key: value.shown for key, value in places[number].values.items()}))
        for number, deal_id in filled.items()
    ]
    work.update(deal, ("id",), ("fields",), shown)
    lines = [(deal_id, [line]) for number, deal_id in made.items() if (line := line_of(rows[number])) is not None]
    if lines:
        set_products(work, lines, by=by)
    attached = [
        Attached(deal_id, people[number].person_id, rows[number].tags, places[number].comment, rows[number].created_at)
        for number, deal_id in made.items()
        if rows[number].tags or places[number].comment
    ]
    attach(work, "deal", attached, by=by)
    if target.funnel is not None and target.funnel.label is not None:
        started = [(deal_id, people[number].person_id) for number, deal_id in made.items()]
        start_by_hand(work, "deal", started, target.funnel.label, by=by)
