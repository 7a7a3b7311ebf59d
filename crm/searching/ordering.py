"""Deals in the order of a list: the index has them in order, so that a page of a million is read from where it begins.

What changed since the index was last kept up to date is read from the records, and sorted in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, func, literal, null, or_, select, tuple_, union_all

from crm.searching.asking import MOST_FRESH
from crm.tables.journal import event
from crm.tables.records import deal, task
from crm.tables.searching import deal_order, searched
from db.patience import by_index
from db.work import Work
from engine.event import EVENT_KINDS

TITLE: Final = 60
"""Letters of a title by which lists are sorted."""

FIRST_RANKS, MOST_RANKS = 4, 60
"""A list is sorted by the place of a value among at most so many: stages, people."""

SORTS: Final[Mapping[str, ColumnElement[Any]]] = {
    "deal.amount": deal_order.c.amount,
    "deal.title": deal_order.c.title,
    "deal.created_at": deal_order.c.created_at,
    "deal.closed_at": deal_order.c.closed_at,
    "next_task": deal_order.c.next_due,
}
"""The column of the index for each field that it orders by."""

_DEALS: Final = ("deal.created", "deal.changed", "deal.won", "deal.lost", "deal.recalled", "deal.moved", "deal.parted")
_TASKS: Final = ("task.created", "task.completed", "task.cancelled", "task.moved", "task.reopened")


class InOrder(NamedTuple):
    """Rows with ``id`` and ``key``, and key and id of the deal at which reading stopped, ``None`` where it came to the end."""

    rows: Sequence[Any]
    end: tuple[Any, int] | None


def moves() -> list[int]:
    """Return the codes of the events that may move a deal in some order."""
    return [EVENT_KINDS[name].code for name in (*_DEALS, *_TASKS)]


def moved(after: int, until: int | None = None) -> Select[Any]:
    """Return the query of the ids of deals that events after one, and up to another, may have moved in some order."""
    span = [event.c.id > after] if until is None else [event.c.id > after, event.c.id <= until]
    of_deals, of_tasks = ([EVENT_KINDS[name].code for name in names] for names in (_DEALS, _TASKS))
    themselves = select(event.c.subject_id.label("id")).where(*span, event.c.kind.in_(of_deals))
    by_tasks = (
        select(task.c.deal_id)
        .join_from(event, task, task.c.id == event.c.subject_id)
        .where(*span, event.c.kind.in_(of_tasks), task.c.deal_id.is_not(None))
    )
    return select(union_all(themselves, by_tasks).subquery().c.id).distinct()


def in_order(
    work: Work,
    sort: str,
    key: ColumnElement[Any],
    clause: ColumnElement[bool],
    *,
    plan_ids: Sequence[int],
    descending: bool,
    after: tuple[Any, int] | None,
    limit: int,
    reach: int | None = None,
) -> InOrder | None:
    """Return the ids and keys of the next deals of some plans that a clause on ``deal`` holds for; those without a key come last.

    ``key`` is the same as ``SORTS`` has it, told by the deals themselves.  Equal ones come by their ids, in the direction of the
    list.  With a ``reach`` so many deals of each plan are read at most, whether they fit or not.  ``None`` where the index does
    not know the order, is far behind, or is not there, as on SQLite.  Four statements, five with a ``reach``.
    """
    column = SORTS.get(sort)
    if column is None or work.is_sqlite or not plan_ids:
        return None
    newest = select(func.coalesce(func.max(event.c.id), 0)).scalar_subquery()
    state = work.rows(select(searched.c.event_id, newest).where(searched.c.filling.is_(None)))
    if not state or state[0][1] - state[0][0] > MOST_FRESH:
        return None
    end = _end(work, column, plan_ids, descending, after, reach) if reach is not None else None
    fresh = moved(state[0][0]).cte("fresh").prefix_with("materialized", dialect="postgresql")
    parts = []
    for plan_id in plan_ids:
        of_plan = (
            select(deal.c.id, column.label("key"))
            .join_from(deal_order, deal, deal.c.id == deal_order.c.deal_id)
            .where(deal_order.c.plan_id == plan_id, clause, deal_order.c.deal_id.not_in(select(fresh.c.id)))
        )
        of_plan = of_plan if end is None else of_plan.where(_until(end, column, deal_order.c.deal_id, descending))
        parts += _pages(of_plan, column, deal_order.c.deal_id, descending, after, limit)
    since = select(deal.c.id, key.label("key")).where(
        deal.c.plan_id.in_(plan_ids), clause, deal.c.id.in_(select(fresh.c.id))
    )
    since = since if end is None else since.where(_until(end, key, deal.c.id, descending))
    parts += _pages(since, key, deal.c.id, descending, after, limit)
    found = union_all(*parts).subquery()
    query = select(found.c.id, found.c.key).order_by(*_order(found.c.key, found.c.id, descending))
    with by_index(work):  # where many deals have one key, the planner believes that it had better sort them all
        return InOrder(work.rows(query.limit(limit)), end)


def _end(
    work: Work,
    column: ColumnElement[Any],
    plan_ids: Sequence[int],
    descending: bool,
    after: tuple[Any, int] | None,
    reach: int,
) -> tuple[Any, int] | None:
    """Return key and id of the deal at which reading stops: the first that comes after so many of its plan."""
    id_ = deal_order.c.deal_id
    parts = []
    for plan_id in plan_ids:
        of_plan = select(column.label("key"), id_.label("id")).where(deal_order.c.plan_id == plan_id)
        parts += _pages(of_plan, column, id_, descending, after, 1, reach)
    found = union_all(*parts).subquery()
    rows = work.rows(select(found.c.key, found.c.id).order_by(*_order(found.c.key, found.c.id, descending)).limit(1))
    return (rows[0].key, rows[0].id) if rows else None


def _until(
    end: tuple[Any, int], key: ColumnElement[Any], id_: ColumnElement[int], descending: bool
) -> ColumnElement[bool]:
    """Return the condition that a deal comes no later than the one at which reading stops."""
    value, last = end
    if value is None:
        return or_(key.is_not(None), id_ >= last if descending else id_ <= last)
    place = tuple_(literal(value, key.type), literal(last, id_.type))
    return tuple_(key, id_) >= place if descending else tuple_(key, id_) <= place


def in_ranks(
    work: Work,
    ranks: Sequence[ColumnElement[bool]],
    others: ColumnElement[bool],
    clause: ColumnElement[bool],
    *,
    descending: bool,
    after: tuple[int | None, int] | None,
    limit: int,
) -> Sequence[Any] | None:
    """Return the ids and keys of the next deals in the order of their ranks, each told by a condition; the others come last.

    The key is the rank's place.  Equal ones come by their ids, in the direction of the list.  Each rank is looked up apart, so
    that none is read further than a page; ``None`` where there are too many of them.  Three statements at most: the first ranks
    mostly fill the page.
    """
    if len(ranks) > MOST_RANKS:
        return None
    ranked: list[tuple[int | None, ColumnElement[bool]]] = list(enumerate(ranks))
    if descending:
        ranked.reverse()
    rows: list[Any] = []
    for some in (ranked[:FIRST_RANKS], ranked[FIRST_RANKS:], [(None, others)]):
        parts = [
            _rank(place, and_(clause, fits), descending, after, limit)
            for place, fits in some
            if not _is_over(place, descending, after)
        ]
        if parts and len(rows) < limit:
            found = union_all(*parts).subquery()
            order = _order(found.c.key, found.c.id, descending)
            rows += work.rows(select(found.c.id, found.c.key).order_by(*order).limit(limit - len(rows)))
    return rows


def in_stages(
    work: Work,
    places: Sequence[tuple[int, int]],
    clause: ColumnElement[bool],
    *,
    descending: bool,
    after: tuple[Any, int] | None,
    limit: int,
) -> Sequence[Any] | None:
    """Return the ids and keys of the next deals in the order in which they came to their stages, given with their plans.

    ``None`` where there are too many stages.  One statement.
    """
    if not places or len(places) > MOST_RANKS:
        return None
    parts = []
    for plan_id, stage_id in places:
        here = select(deal.c.id, deal.c.stage_entered_at.label("key")).where(
            deal.c.plan_id == plan_id, deal.c.stage_id == stage_id, clause
        )
        parts.append(_pages(here, deal.c.stage_entered_at, deal.c.id, descending, after, limit)[0])
    found = union_all(*parts).subquery()
    return work.rows(
        select(found.c.id, found.c.key).order_by(*_order(found.c.key, found.c.id, descending)).limit(limit)
    )


def _is_over(place: int | None, descending: bool, after: tuple[int | None, int] | None) -> bool:
    """True where all deals of a rank came on earlier pages."""
    if after is None or place is None:
        return False
    at = after[0]
    return at is None or (place > at if descending else place < at)


def _rank(
    place: int | None,
    clause: ColumnElement[bool],
    descending: bool,
    after: tuple[int | None, int] | None,
    limit: int,
) -> Select[Any]:
    key: ColumnElement[Any] = cast(null(), Integer()) if place is None else literal(place, Integer())
    query = select(deal.c.id, key.label("key")).where(clause)
    if after is not None and after[0] == place:
        query = query.where(deal.c.id < after[1] if descending else deal.c.id > after[1])
    return _whole(query.order_by(deal.c.id.desc() if descending else deal.c.id.asc()).limit(limit))


def _pages(
    query: Select[Any],
    key: ColumnElement[Any],
    id_: ColumnElement[int],
    descending: bool,
    after: tuple[Any, int] | None,
    limit: int,
    passed: int | None = None,
) -> list[Select[Any]]:
    """Return the queries of a page with keys, as far as there are more of them, and of one without; each after so many."""
    turned = [one.desc() if descending else one.asc() for one in (key, id_)]
    without = query.where(key.is_(None)).order_by(turned[1]).limit(limit).offset(passed)
    if after is None:
        return [_whole(query.where(key.is_not(None)).order_by(*turned).limit(limit).offset(passed)), _whole(without)]
    value, last = after
    if value is None:
        return [_whole(without.where(id_ < last if descending else id_ > last))]
    place = tuple_(literal(value, key.type), literal(last, id_.type))
    onward = tuple_(key, id_) < place if descending else tuple_(key, id_) > place
    return [_whole(query.where(onward).order_by(*turned).limit(limit).offset(passed)), _whole(without)]


def _order(key: Any, id_: Any, descending: bool) -> list[ColumnElement[Any]]:
    return [key.desc().nulls_last() if descending else key.asc().nulls_last(), id_.desc() if descending else id_.asc()]


def _whole(query: Select[Any]) -> Select[Any]:
    return select(query.subquery())
