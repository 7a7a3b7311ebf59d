"""Remove records with all that hangs on them, in sets; the callers see to it that nobody works with them.

For records that should never have been, as those of an import that is undone: sums and journal know nothing of them after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, false, or_, select

from crm.deals.totals import totals
from crm.directory import directory
from crm.tables.accounts import notification
from crm.tables.distribution import assignment
from crm.tables.journal import event, inbox, stage_stay
from crm.tables.records import (
    comment,
    company,
    contact,
    deal,
    deal_product,
    field_value,
    lead,
    person,
    person_identity,
    record_tag,
    task,
)
from db.sets import in_set
from db.work import Work
from engine.event import EVENT_KINDS, SUBJECT_CODES, SubjectKind
from funnels.lanes import lock_lanes
from funnels.tables import refusal, run, subscription

_ON_ANY: Final = tuple(EVENT_KINDS[name].code for name in ("tag.added", "tag.removed", "comment.added", "manual.start"))


def about(kind: SubjectKind) -> ColumnElement[bool]:
    """Return whether an event with a record's id is about a record of this kind."""
    codes = [one.code for one in EVENT_KINDS.values() if one.subject == kind]
    marked = and_(event.c.kind.in_(_ON_ANY), event.c.data.like(f'%"target":"{kind}"%'))
    return or_(event.c.kind.in_(codes), marked)


def runs_about(kind: SubjectKind, table: Table, on_it: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Return whether runs walk about a record, or were started by an event on it."""
    whose = run.c.person_id == table.c.person_id
    subject = and_(run.c.subject_kind == SUBJECT_CODES[kind], run.c.subject_id == table.c.id)
    started = select(run.c.id).join(event, event.c.id == run.c.event_id).where(whose, on_it)
    return (select(run.c.id).where(whose, subject).exists(), started.exists())


def tasks_of(kind: SubjectKind, table: Table) -> ColumnElement[bool]:
    """Return whether a record has tasks."""
    if kind == "deal":
        return select(task.c.id).where(task.c.deal_id == table.c.id).exists()
    if kind == "lead":
        return select(task.c.id).where(task.c.lead_id == table.c.id, task.c.deal_id.is_(None)).exists()
    return false()


def named_elsewhere(work: Work, kind: SubjectKind, ids: Sequence[int]) -> set[int]:
    """Return those of these records that others name.  A query for each link."""
    found: set[int] = set()
    if ids:
        for column in _NAMED_BY.get(kind, ()):
            query = select(column).where(in_set(column, "ids")).distinct()
            found.update(row[0] for row in work.rows(query, {"ids": list(ids)}))
    return found


_NAMED_BY: Final[dict[SubjectKind, tuple[ColumnElement[int], ...]]] = {
    "lead": (deal.c.lead_id,),
    "contact": (lead.c.contact_id, deal.c.contact_id),
    "company": (lead.c.company_id, contact.c.company_id, deal.c.company_id),
    "person": (
        lead.c.person_id,
        contact.c.person_id,
        deal.c.person_id,
        run.c.person_id,
        subscription.c.person_id,
        event.c.person_id,
        person.c.merged_into_id,
    ),
}


def _locker(table: Table, whose: ColumnElement[int] | None) -> Callable[[Work, Sequence[int]], None]:
    def lock(work: Work, ids: Sequence[int]) -> None:
        if whose is not None:
            query = select(whose).where(in_set(table.c.id, "ids"))
            lock_lanes(work, [row[0] for row in work.rows(query, {"ids": list(ids)})])
        query = select(table.c.id).where(in_set(table.c.id, "ids")).order_by(table.c.id).with_for_update()
        work.rows(query, {"ids": list(ids)})

    return lock


LOCKED: Final[dict[SubjectKind, Callable[[Work, Sequence[int]], None]]] = {
    "deal": _locker(deal, deal.c.person_id),
    "lead": _locker(lead, lead.c.person_id),
    "contact": _locker(contact, contact.c.person_id),
    "company": _locker(company, None),
    "person": _locker(person, person.c.id),
}
"""Lock records of a kind, and the persons behind them."""


def _remove_hanging(work: Work, kind: SubjectKind, ids: Sequence[int], persons: Sequence[int]) -> None:
    """Remove what hangs on records of any kind: values of fields, tags, comments, events with what came of them."""
    code, known = SUBJECT_CODES[kind], {"ids": list(ids)}
    fields = [one.id for (record, _), one in directory(work).fields.items() if record == kind]
    work.execute(
        field_value.delete().where(in_set(field_value.c.record_id, "ids"), in_set(field_value.c.field_id, "fields")),
        {**known, "fields": fields},
    )
    for table in (record_tag, comment):
        work.execute(table.delete().where(table.c.record_kind == code, in_set(table.c.record_id, "ids")), known)
    gone = (
        event.delete()
        .where(in_set(event.c.person_id, "persons"), in_set(event.c.subject_id, "ids"), about(kind))
        .returning(event.c.id)
    )
    events = [row.id for row in work.rows(gone, {**known, "persons": list(persons)})]
    work.delete(inbox, ("event_id",), [(one,) for one in events])
    work.execute(
        refusal.delete().where(in_set(refusal.c.person_id, "persons"), in_set(refusal.c.event_id, "events")),
        {"persons": list(persons), "events": events},
    )
    # Who got a deal, and why, stays explained: the choices before and after depend on it.
    work.execute(
        assignment.update()
        .where(assignment.c.record_kind == code, in_set(assignment.c.record_id, "ids"))
        .values(record_kind=-code),
        known,
    )


def _remove_deals(work: Work, ids: Sequence[int]) -> None:
    known = {"ids": list(ids)}
    names = ("person_id", "plan_id", "stage_id", "owner_id", "currency", "amount", "archived_at")
    rows = work.rows(select(*(deal.c[name] for name in names)).where(in_set(deal.c.id, "ids")), known)
    for row in rows:
        if row.archived_at is None:
            totals(work).add(row.plan_id, row.stage_id, row.owner_id, row.currency, row.amount, deals=-1)
    _remove_hanging(work, "deal", ids, sorted({row.person_id for row in rows}))
    for column in (deal_product.c.deal_id, stage_stay.c.deal_id, notification.c.deal_id, deal.c.id):
        work.execute(column.table.delete().where(in_set(column, "ids")), known)


def _remove_leads(work: Work, ids: Sequence[int]) -> None:
    known = {"ids": list(ids)}
    persons = {row.person_id for row in work.rows(select(lead.c.person_id).where(in_set(lead.c.id, "ids")), known)}
    _remove_hanging(work, "lead", ids, sorted(persons))
    for column in (notification.c.lead_id, lead.c.id):
        work.execute(column.table.delete().where(in_set(column, "ids")), known)


def _remove_contacts(work: Work, ids: Sequence[int]) -> None:
    known = {"ids": list(ids)}
    persons = {
        row.person_id for row in work.rows(select(contact.c.person_id).where(in_set(contact.c.id, "ids")), known)
    }
    _remove_hanging(work, "contact", ids, sorted(persons))
    work.execute(contact.delete().where(in_set(contact.c.id, "ids")), known)


def _remove_companies(work: Work, ids: Sequence[int]) -> None:
    _remove_hanging(work, "company", ids, [0])
    work.execute(company.delete().where(in_set(company.c.id, "ids")), {"ids": list(ids)})


def _remove_persons(work: Work, ids: Sequence[int]) -> None:
    for column in (person_identity.c.person_id, person.c.id):
        work.execute(column.table.delete().where(in_set(column, "ids")), {"ids": list(ids)})


REMOVE: Final[dict[SubjectKind, Callable[[Work, Sequence[int]], None]]] = {
    "deal": _remove_deals,
    "lead": _remove_leads,
    "contact": _remove_contacts,
    "company": _remove_companies,
    "person": _remove_persons,
}
"""Remove records of a kind with all that hangs on them.  A fixed number of statements."""
