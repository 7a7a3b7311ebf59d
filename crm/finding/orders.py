"""The orders that lists of records come in, and the places where their pages end."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Float, Text, and_, case, func, literal, null, or_, select
from sqlalchemy.types import TypeEngine

from crm.conditions.fields import CUSTOM_KINDS, TABLES, Subject
from crm.directory import Directory
from crm.errors import InvalidError
from crm.finding.wanted import Wanted
from crm.searching.ordering import TITLE
from crm.tables.records import company, contact, deal, field_value, lead, task
from db.types import Utc
from engine.text import _l

NEXT_TASK: Final = "next_task"
"""Sorts by when the next task is due; no field, so it can only be an order."""
_KINDS: Final[Mapping[str, TypeEngine[Any]]] = {
    "number": Float(53),
    "whole": BigInteger(),
    "text": Text(),
    "moment": Utc(),
}
_VALUES: Final[Mapping[str, tuple[str, Literal["number", "text", "moment"]]]] = {
    "text": ("text_key", "text"),
    "choice": ("text_key", "text"),
    "tags": ("text_key", "text"),
    "number": ("number", "number"),
    "money": ("number", "number"),
    "bool": ("number", "number"),
    "date": ("at", "moment"),
    "datetime": ("at", "moment"),
}


class Ranks(NamedTuple):
    """The conditions of rows in their order, of which each row meets one; ``others`` is what those meet that come last."""

    each: tuple[ColumnElement[bool], ...]
    others: ColumnElement[bool]


class Order(NamedTuple):
    """What rows are ordered by: an expression, what it is, and whether it may be missing; those without come last.

    ``ranks`` are there where the expression is the place of a value in a list.
    """

    key: ColumnElement[Any]
    kind: Literal["number", "whole", "text", "moment"]
    may_miss: bool
    ranks: Ranks | None = None


class Place(NamedTuple):
    """Where a page ends: the value it is ordered by there, and the id of the last record.

    ``reach`` says how many records the next page may read, 0 how many it likes; see ``crm.deals.reach``.
    """

    key: Any
    id: int
    reach: int = 0


def order_of(wanted: Wanted, settings: Directory) -> Order:
    """Return what a list is ordered by; without a wish by the id: those that came last first.

    Raises:
        InvalidError: nothing can be ordered by this.
    """
    table = TABLES[wanted.subject].c
    if not wanted.sort:
        return Order(table.id, "whole", False)
    record, _, key = wanted.sort.partition(".")
    if key.startswith("field.") and record == wanted.subject:
        return _custom(settings, wanted.subject, key.removeprefix("field."))
    made = _ORDERS[wanted.subject].get(wanted.sort) if wanted.subject in _ORDERS else None
    if made is None:
        raise InvalidError(_l("the list cannot be sorted by {field}", field=wanted.sort))
    return made(settings)


def can_sort(subject: Subject, path: str, settings: Directory) -> bool:
    """True where a list can be sorted by a field."""
    record, _, key = path.partition(".")
    if key.startswith("field."):
        known = settings.fields.get((record, key.removeprefix("field.")))
        return record == subject and known is not None and CUSTOM_KINDS.get(known.type) in _VALUES
    return path in _ORDERS.get(subject, {})


def sorted_by(order: Order, id_: ColumnElement[int], *, descending: bool) -> list[ColumnElement[Any]]:
    """Return the terms of ``order by``; equal ones come by their ids, in the direction of the list."""
    key = order.key.desc() if descending else order.key.asc()
    return [key.nulls_last() if order.may_miss else key, id_.desc() if descending else id_.asc()]


def beyond(place: Place, order: Order, id_: ColumnElement[int], *, descending: bool) -> ColumnElement[bool]:
    """Return the condition that a row comes after a place."""
    later = id_ < place.id if descending else id_ > place.id
    if place.key is None:
        return and_(order.key.is_(None), later)
    at: ColumnElement[Any] = literal(place.key, _KINDS[order.kind])
    past = order.key < at if descending else order.key > at
    found = or_(past, and_(order.key == at, later))
    return or_(found, order.key.is_(None)) if order.may_miss else found


def place_text(place: Place) -> str:
    """Return a place as it stands in an address."""
    key = place.key.isoformat() if isinstance(place.key, datetime) else place.key
    reach = [place.reach] if place.reach else []
    return base64.urlsafe_b64encode(json.dumps([key, place.id, *reach]).encode()).decode()


def place_of(text: str, order: Order) -> Place:
    """Return the place that ``place_text`` wrote.

    Raises:
        ValueError: it wrote no such thing.
    """
    key, id_, *more = json.loads(base64.urlsafe_b64decode(text.encode()))
    if isinstance(key, str) and order.kind == "moment":
        key = datetime.fromisoformat(key)
        if key.tzinfo is None:
            raise ValueError(text)
    fits = {"number": (int, float), "whole": (int,), "text": (str,), "moment": (datetime,)}[order.kind]
    if isinstance(id_, bool) or not isinstance(id_, int) or isinstance(key, bool):
        raise ValueError(text)
    if not (isinstance(key, fits) or (key is None and order.may_miss)):
        raise ValueError(text)
    if len(more) > 1 or not all(type(one) is int for one in more):
        raise ValueError(text)
    return Place(key, id_, *more)


def rank(column: ColumnElement[Any], ids: Iterable[int]) -> Order:
    """Return the order of a column of ids by their place in a list; those that are not in it come last."""
    places = {id_: place for place, id_ in enumerate(ids)}
    if not places:
        return Order(case((column.is_(None), null()), else_=null()), "whole", True)
    each = tuple(column == id_ for id_ in places)
    ranks = Ranks(each, or_(column.is_(None), column.not_in(places)))
    return Order(case(places, value=column, else_=None), "whole", True, ranks)


def _custom(settings: Directory, subject: Subject, key: str) -> Order:
    known = settings.fields.get((subject, key))
    column = _VALUES.get(CUSTOM_KINDS.get(known.type, "")) if known is not None else None
    if known is None or column is None:
        raise InvalidError(_l("the list cannot be sorted by {field}", field=key))
    values, table = field_value.alias().c, TABLES[subject]
    query = select(values[column[0]]).where(
        values.record_id == table.c.id, values.field_id == known.id, values.position == 0
    )
    return Order(query.correlate(table).scalar_subquery(), column[1], True)


def _stages(settings: Directory) -> Order:
    plans = sorted(settings.plans.values(), key=lambda one: (one.name.casefold(), one.id))
    found = rank(deal.c.stage_id, [stage.id for plan in plans for stage in plan.stages])
    if found.ranks is None:
        return found
    # The plan goes without saying, but the index begins with it.
    each = [and_(deal.c.plan_id == plan.id, deal.c.stage_id == stage.id) for plan in plans for stage in plan.stages]
    return found._replace(ranks=found.ranks._replace(each=tuple(each)))


def _plans(settings: Directory) -> Order:
    plans = sorted(settings.plans.values(), key=lambda one: (one.name.casefold(), one.id))
    return rank(deal.c.plan_id, [plan.id for plan in plans])


def _people(column: ColumnElement[Any]) -> Callable[[Directory], Order]:
    def made(settings: Directory) -> Order:
        users = sorted(settings.users.values(), key=lambda one: (one.name.casefold(), one.id))
        return rank(column, [user.id for user in users])

    return made


def _reasons(settings: Directory) -> Order:
    return rank(deal.c.loss_reason_id, sorted(settings.loss_reasons))


def _own(column: ColumnElement[Any], kind: Literal["whole", "text", "moment"], *, may_miss: bool = False) -> Any:
    return lambda _settings: Order(column, kind, may_miss)


def _linked(of: Any, link: ColumnElement[Any], table: Any, name: str) -> Any:
    other = table.alias().c
    query = select(other[name]).where(other.id == link).correlate(of)
    return lambda _settings: Order(query.scalar_subquery(), "text", True)


def _next_task() -> Any:
    mine = task.alias().c
    query = select(func.min(mine.due_at)).where(mine.deal_id == deal.c.id, mine.status == 0).correlate(deal)
    return lambda _settings: Order(query.scalar_subquery(), "moment", True)


def _statuses(of: Any, names: Sequence[str]) -> Any:
    places = {name: place for place, name in enumerate(names)}
    return lambda _settings: Order(case(places, value=of, else_=None), "whole", True)


_ORDERS: Final[Mapping[Subject, Mapping[str, Callable[[Directory], Order]]]] = {
    "deal": {
        "deal.title": _own(func.substr(deal.c.title_fold, 1, TITLE), "text"),
        "deal.stage": _stages,
        "deal.plan": _plans,
        "deal.amount": _own(deal.c.amount, "whole"),
        "deal.owner": _people(deal.c.owner_id),
        "deal.state": _own(deal.c.state, "whole"),
        "deal.lost_reason": _reasons,
        "deal.created_at": _own(deal.c.created_at, "moment"),
        "deal.stage_entered_at": _own(deal.c.stage_entered_at, "moment"),
        "deal.closed_at": _own(deal.c.closed_at, "moment", may_miss=True),
        "contact.name": _linked(deal, deal.c.contact_id, contact, "name_fold"),
        "contact.phone": _linked(deal, deal.c.contact_id, contact, "phone"),
        "contact.email": _linked(deal, deal.c.contact_id, contact, "email"),
        "company.name": _linked(deal, deal.c.company_id, company, "name_fold"),
        "lead.source": _linked(deal, deal.c.lead_id, lead, "source_fold"),
        NEXT_TASK: _next_task(),
    },
    "lead": {
        "lead.title": _own(lead.c.title_fold, "text"),
        "lead.name": _own(lead.c.name_fold, "text", may_miss=True),
        "lead.source": _own(lead.c.source_fold, "text", may_miss=True),
        "lead.status": _statuses(lead.c.status, ("not_processed", "in_work", "unreachable", "quality", "junk")),
        "lead.owner": _people(lead.c.owner_id),
        "lead.created_at": _own(lead.c.created_at, "moment"),
    },
    "contact": {
        "contact.name": _own(contact.c.name_fold, "text"),
        "contact.phone": _own(contact.c.phone, "text", may_miss=True),
        "contact.email": _own(contact.c.email, "text", may_miss=True),
        "contact.type": _own(contact.c.type_fold, "text", may_miss=True),
        "contact.city": _own(contact.c.city_fold, "text", may_miss=True),
        "contact.owner": _people(contact.c.owner_id),
        "contact.created_at": _own(contact.c.created_at, "moment"),
        "company.name": _linked(contact, contact.c.company_id, company, "name_fold"),
    },
    "company": {
        "company.name": _own(company.c.name_fold, "text"),
        "company.owner": _people(company.c.owner_id),
        "company.created_at": _own(company.c.created_at, "moment"),
    },
}
