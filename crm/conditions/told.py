"""What other rows tell of a record, as SQL: its tasks, and all that it is looked for by.

Each function takes the columns of the record's table, or of an alias of it, and answers never null.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from crm.tables.records import company, contact, deal, lead, person_identity, task

Clause = ColumnElement[bool]
_OPEN = 0
_LEAST_DIGITS = 4


def deal_has_task(of: Any, _now: datetime) -> Clause:
    """Return that a deal has an open task."""
    mine = task.alias().c
    return exists().where(mine.deal_id == of.id, mine.status == _OPEN)


def deal_is_overdue(of: Any, now: datetime) -> Clause:
    """Return that an open task of a deal is late."""
    mine = task.alias().c
    return exists().where(mine.deal_id == of.id, mine.status == _OPEN, mine.due_at < now)


def deal_is_late(of: Any, now: datetime) -> Clause:
    """Return that a deal needs a person: it is open, and has no task, or one that is late."""
    return and_(of.state == 0, or_(~deal_has_task(of, now), deal_is_overdue(of, now)))


def lead_has_task(of: Any, _now: datetime) -> Clause:
    """Return that a lead has an open task of its own."""
    mine = task.alias().c
    return exists().where(mine.lead_id == of.id, mine.deal_id.is_(None), mine.status == _OPEN)


def lead_is_overdue(of: Any, now: datetime) -> Clause:
    """Return that an open task of a lead is late."""
    mine = task.alias().c
    return exists().where(mine.lead_id == of.id, mine.deal_id.is_(None), mine.status == _OPEN, mine.due_at < now)


def task_is_overdue(of: Any, now: datetime) -> Clause:
    """Return that a task is open and late."""
    return and_(of.status == _OPEN, of.due_at.is_not(None), of.due_at < now)


def deal_says(of: Any, part: str) -> Clause:
    """Return that the title of a deal, its contact, lead or company, or an e-mail or phone of its person has a part."""
    return or_(
        _has(of.title_fold, part),
        _linked(of.contact_id, contact, part),
        _linked(of.lead_id, lead, part),
        _linked(of.company_id, company, part),
        _identified(of.person_id, part),
    )


def lead_says(of: Any, part: str) -> Clause:
    """Return that the title or name of a lead, or an e-mail or phone of it or of its person has a part."""
    return or_(
        _has(of.title_fold, part),
        *(and_(column.is_not(None), _has(column, part)) for column in (of.name_fold, *_reached(of, part))),
        _identified(of.person_id, part),
    )


def contact_says(of: Any, part: str) -> Clause:
    """Return that the name of a contact, or an e-mail or phone of it or of its person has a part."""
    return or_(
        _has(of.name_fold, part),
        *(and_(column.is_not(None), _has(column, part)) for column in _reached(of, part)),
        _identified(of.person_id, part),
    )


def company_says(of: Any, part: str) -> Clause:
    """Return that the name of a company, or that of one of its people, or their e-mail or phone, has a part."""
    people = contact.alias().c
    known = select(people.company_id).where(people.company_id.is_not(None), contact_says(people, part))
    return or_(_has(of.name_fold, part), of.id.in_(known))


def task_says(of: Any, part: str) -> Clause:
    """Return that the title of a task has a part, or what one looks for its deal or lead by.

    Titles of tasks are kept as they were written: a part is found in small letters, in capitals, and with a capital first.
    """
    deals, leads = deal.alias().c, lead.alias().c
    return or_(
        *(_has(of.title, one) for one in dict.fromkeys((part, part.upper(), part.capitalize()))),
        exists().where(deals.id == of.deal_id, deal_says(deals, part)),
        exists().where(leads.id == of.lead_id, lead_says(leads, part)),
    )


def _has(column: Any, part: str) -> Clause:
    found: Clause = column.contains(part, autoescape=True)
    return found


def _linked(link: Any, table: Any, part: str) -> Clause:
    other = table.alias().c
    return exists().where(other.id == link, other.name_fold.is_not(None), _has(other.name_fold, part))


def _reached(of: Any, part: str) -> tuple[Any, ...]:
    return () if _is_in_every_phone(part) else (of.email, of.phone)


def _is_in_every_phone(part: str) -> bool:
    """True for a few digits: nearly everybody's phone has them somewhere."""
    return part.isdecimal() and len(part) < _LEAST_DIGITS


def _identified(person_id: Any, part: str) -> Clause:
    if _is_in_every_phone(part):
        return false()
    known = person_identity.alias().c
    return exists().where(known.person_id == person_id, _has(known.value, part))
