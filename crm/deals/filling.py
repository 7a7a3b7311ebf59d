"""Fill in what a stage asks for, and move the deal there: one act, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.moving import Move, Slips, checked, closing_slips, move_deals
from crm.deals.owners import NewOwner, assign_owners
from crm.directory import Directory, directory
from crm.fields.changes import FieldChange, fitting_values, set_fields
from crm.fields.columns import LONGEST_TEXT
from crm.people.companies import NewCompany, find_or_create_companies
from crm.people.contacts import NewContact, find_or_create_contacts
from crm.records.comments import NewComment, add_comments
from crm.records.visible import not_yours, only_seen
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work
from engine.request import DONE, Result
from engine.text import _l

_ALREADY: Final = frozenset({DONE, "exists", "unchanged"})


@dataclass(frozen=True, slots=True)
class Filling:
    """A deal, the key of the stage it goes to, and what it gets before.

    ``values`` as ``crm.fields.changes`` takes them (``amount``, ``field.budget``); ``owner`` is a login; ``company`` a name;
    ``contact`` is made, or found by its phone and e-mail, as one of the deal's person.  ``comment`` says more of why.  ``stood``
    and ``version`` are those of ``Move``.
    """

    deal_id: int
    stage: str
    values: Mapping[str, object] = field(default_factory=dict)
    owner: str | None = None
    company: str = ""
    contact: NewContact | None = None
    comment: str = ""
    loss_reason: str | None = None
    stood: str | None = None
    version: int | None = None

    @property
    def move(self) -> Move:
        """The move alone."""
        return Move(self.deal_id, self.stage, loss_reason=self.loss_reason, stood=self.stood, version=self.version)


def fill_and_move(work: Work, items: Sequence[Filling], *, by: Actor) -> list[Result]:
    """Fill deals and move them; one answer per item, in order.  A deal may be named once.

    The answers of ``move_deals``, asked with the values as they will be; and ``invalid`` (a value does not fit),
    ``invalid_contact``, ``no_user``, ``twice``.  Whatever is refused, nothing of its item is written.  The number of statements
    does not grow with the number of items.
    """
    by.require("deals.edit")
    settings = directory(work)
    query = only_seen(select(deal).where(in_set(deal.c.id, "deals")), "deal", by).order_by(deal.c.id)
    rows = work.rows(query.with_for_update(), {"deals": [item.deal_id for item in items]})
    found = {row.id: dict(row._mapping) for row in rows}
    slips = closing_slips(work, found.values(), by)
    answers: dict[int, Result] = {}
    for number, item in enumerate(items):
        refusal = _refusal(work, settings, found.pop(item.deal_id, None), item, by, slips, items[:number])
        if refusal is not None:
            answers[number] = refusal
    persons = {row.id: row.person_id for row in rows}
    contacts = _contacts(work, items, persons, answers, by)
    companies = _companies(work, items, answers, by)
    open_ = [number for number in range(len(items)) if number not in answers]
    _give(work, items, open_, contacts, companies, by)
    moves = [_moved(items[number]) for number in open_]
    answers.update(zip(open_, move_deals(work, moves, by=by), strict=True))
    comments = [
        NewComment("deal", items[number].deal_id, persons[items[number].deal_id], items[number].comment)
        for number in open_
        if items[number].comment.strip() and answers[number].code == DONE
    ]
    if comments:
        add_comments(work, comments, by=by)
    _hand_over(work, items, open_, by)
    return [answers[number] for number in range(len(items))]


def _refusal(
    work: Work,
    settings: Directory,
    row: dict[str, Any] | None,
    item: Filling,
    by: Actor,
    slips: Slips,
    before: Sequence[Filling],
) -> Result | None:
    """Return why an item cannot be, asked with the deal as it will be; ``None`` where it can."""
    if row is None:
        if any(one.deal_id == item.deal_id for one in before):
            return Result("twice", (item.deal_id,), detail=_l("the deal is named twice"))
        return Result("no_deal", detail=_l("there is no deal {deal}", deal=item.deal_id))
    if not by.may_change("deals.edit", row["owner_id"]):
        return not_yours(item.deal_id)
    fitting = fitting_values(settings, "deal", item.values)
    if isinstance(fitting, str):
        return Result("invalid", (item.deal_id,), detail=fitting)
    user = settings.logins.get(item.owner) if item.owner is not None else None
    if item.owner is not None and (user is None or not user.is_active):
        return Result("no_user", (item.deal_id,), detail=_l("there is no active user “{user}”", user=item.owner))
    if item.company and not 0 < len(item.company.strip()) <= LONGEST_TEXT:
        return Result("invalid", (item.deal_id,), detail=_l("the company's name is empty or too long"))
    will_be = {**row, **fitting}
    if user is not None:
        will_be["owner_id"] = user.id
    if item.contact is not None:
        will_be["contact_id"] = row["contact_id"] or -1
    if item.company:
        will_be["company_id"] = row["company_id"] or -1
    return checked(work, settings, will_be, item.move, by, slips)[0]


def _contacts(
    work: Work, items: Sequence[Filling], persons: Mapping[int, int], answers: dict[int, Result], by: Actor
) -> dict[int, int]:
    """Make the contacts that items name; return them by the item's number, and refuse what is none."""
    wanted = [
        (number, item.contact)
        for number, item in enumerate(items)
        if number not in answers and item.contact is not None
    ]
    if not wanted:
        return {}
    made = find_or_create_contacts(
        work, [_of_person(new, persons[items[number].deal_id]) for number, new in wanted], by=by
    )
    found = {}
    for (number, _), answer in zip(wanted, made, strict=True):
        if answer.code in _ALREADY:
            found[number] = answer.ids[0]
        else:
            answers[number] = Result("invalid_contact", (items[number].deal_id,), detail=answer.detail)
    return found


def _companies(work: Work, items: Sequence[Filling], answers: Mapping[int, Result], by: Actor) -> dict[int, int]:
    wanted = [(number, item.company) for number, item in enumerate(items) if number not in answers and item.company]
    if not wanted:
        return {}
    made = find_or_create_companies(work, [NewCompany(name) for _, name in wanted], by=by)
    return {number: answer.ids[0] for (number, _), answer in zip(wanted, made, strict=True) if answer.ids}


def _give(
    work: Work,
    items: Sequence[Filling],
    numbers: Sequence[int],
    contacts: Mapping[int, int],
    companies: Mapping[int, int],
    by: Actor,
) -> None:
    """Write the fields of the items that are not refused: all of it was checked before."""
    changes = []
    for number in numbers:
        values = dict(items[number].values)
        if number in contacts:
            values["contact_id"] = contacts[number]
        if number in companies:
            values["company_id"] = companies[number]
        if values:
            changes.append(FieldChange("deal", items[number].deal_id, values))
    if changes:
        set_fields(work, changes, by=by)


def _hand_over(work: Work, items: Sequence[Filling], numbers: Sequence[int], by: Actor) -> None:
    """Give deals to their new owners, last of all: afterwards they may be none of the actor's any more."""
    owners = [
        NewOwner("deal", items[number].deal_id, items[number].owner)
        for number in numbers
        if items[number].owner is not None
    ]
    if owners:
        assign_owners(work, owners, by=by)


def _moved(item: Filling) -> Move:
    """Return the move of a deal that was checked and then filled: its version is another one now, and nothing is asked again."""
    return Move(item.deal_id, item.stage, loss_reason=item.loss_reason, stood=item.stood, is_unasked=True)


def _of_person(new: NewContact, person_id: int) -> NewContact:
    return NewContact(new.name, new.phones, new.emails, new.type, new.city, new.company_id, person_id=person_id)
