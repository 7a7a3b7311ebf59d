"""Deals as cards: what a board and a list show of each, read by a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select

from crm.access.actor import Viewer
from crm.deals import card_queries as queries
from crm.deals.card_queries import Filter, shape_of, values_of
from crm.deals.visible import given_viewer
from crm.directory import Plan, directory
from db.patience import by_index
from db.work import Work

PAGE = 20
"""So many cards a column shows at first, and more with every step down."""
_NO_ENDS: Mapping[int, datetime] = {}


class Place(NamedTuple):
    """Where a page of cards ends: the next one begins after it."""

    entered_at: datetime
    deal_id: int


class NextTask(NamedTuple):
    """The open task that is due first; ``due_at`` ``None`` is without a deadline."""

    id: int
    title: str
    due_at: datetime | None
    responsible_id: int | None


class Card(NamedTuple):
    """A deal as it is shown in passing.  ``amount`` is in minor units of ``currency``; ``who`` is the contact or lead's name."""

    id: int
    plan_id: int
    stage_id: int
    owner_id: int | None
    title: str
    who: str
    amount: int
    currency: str
    state: int
    tags: tuple[str, ...]
    task: NextTask | None
    open_tasks: int
    created_at: datetime
    stage_entered_at: datetime
    version: int

    def is_late(self, now: datetime) -> bool:
        """True where it needs a person now: open, and without a task or with one overdue."""
        if self.state != 0:
            return False
        return self.task is None or (self.task.due_at is not None and self.task.due_at < now)


def board_cards(
    work: Work,
    plan: Plan,
    *,
    viewer: Viewer,
    wanted: Filter | None = None,
    limit: int = PAGE,
    ends: Mapping[int, datetime] = _NO_ENDS,
) -> dict[int, list[Card]]:
    """Return the first cards of every stage of a plan, by stage, those that came last first.  Three statements.

    ``ends`` say how far back stages are read, as ``crm.deals.reach`` has it.
    """
    wanted = wanted or Filter()
    stages: dict[int, list[Card]] = {stage.id: [] for stage in plan.stages}
    if not stages:
        return stages
    values = values_of(work, plan, viewer, wanted, stages, limit=limit)
    if wanted.also is not None:
        query = queries.narrowed_stages(
            shape_of(viewer, wanted), len(stages), wanted.also, is_first=True, within=_within(list(stages), ends)
        )
        found = _found(work, query, values, wanted)
    else:
        query = queries.of_stages(shape_of(viewer, wanted), len(stages), is_first=True)
        found = _cards(work, work.tuples(query, values))
    for card in found:
        stages[card.stage_id].append(card)
    return stages


def stage_cards(
    work: Work,
    plan: Plan,
    stage_id: int,
    *,
    viewer: Viewer,
    after: Place | None = None,
    wanted: Filter | None = None,
    limit: int = PAGE,
    ends: Mapping[int, datetime] = _NO_ENDS,
) -> list[Card]:
    """Return cards of one stage, from a place on.  Three statements."""
    return _after(work, plan, [stage_id], viewer, after, wanted or Filter(), limit, ends)


def list_cards(
    work: Work,
    plan: Plan,
    *,
    viewer: Viewer,
    after: Place | None = None,
    wanted: Filter | None = None,
    limit: int = 100,
    ends: Mapping[int, datetime] = _NO_ENDS,
) -> list[Card]:
    """Return the cards of a plan whatever their stage, those that moved last first, from a place on.  Three statements."""
    return _after(work, plan, [stage.id for stage in plan.stages], viewer, after, wanted or Filter(), limit, ends)


def cards_of(work: Work, deal_ids: Sequence[int], *, viewer: Viewer, archived: bool = False) -> list[Card]:
    """Return the cards of these deals, as far as the viewer may see them, ``archived`` ones where asked.  Three statements."""
    query = queries.by_ids(sees_all=viewer.owner_ids is None, archived=archived)
    return _cards(work, work.tuples(query, {**given_viewer(viewer), "deals": list(deal_ids)}))


def fitting(work: Work, plan: Plan, deal_ids: Sequence[int], *, viewer: Viewer, wanted: Filter) -> list[int]:
    """Return those of the deals that fit a filter, in order.  One statement; none without a filter, where all do."""
    if (wanted == Filter() and wanted.also is None) or not deal_ids:
        return list(deal_ids)
    values = {**values_of(work, plan, viewer, wanted), "deals": list(deal_ids)}
    query = queries.fitting(shape_of(viewer, wanted))
    rows: Sequence[Any] = (
        work.tuples(query, values) if wanted.also is None else work.rows(query.where(wanted.also), values)
    )
    found = {row[0] for row in rows}
    return [deal_id for deal_id in deal_ids if deal_id in found]


class Sums(NamedTuple):
    """How many deals fit a filter in a stage, and their sums in minor units by currency."""

    deals: int
    sums: Mapping[str, int]


def sums_of(work: Work, plan: Plan, *, viewer: Viewer, wanted: Filter) -> dict[int, Sums]:
    """Count what fits a filter that no kept count answers, by stage.  One statement."""
    counts: dict[int, int] = {}
    sums: dict[int, dict[str, int]] = {}
    values = values_of(work, plan, viewer, wanted)
    rows: Sequence[Any]
    if wanted.also is not None:
        rows = work.rows(queries.narrowed_sums(shape_of(viewer, wanted), wanted.also), values)
    else:
        rows = work.tuples(queries.sums(shape_of(viewer, wanted)), values)
    for stage_id, currency, number, amount in rows:
        counts[stage_id] = counts.get(stage_id, 0) + number
        sums.setdefault(stage_id, {})[currency] = int(amount)
    return {stage_id: Sums(number, sums[stage_id]) for stage_id, number in counts.items()}


def _within(stage_ids: Sequence[int], ends: Mapping[int, datetime]) -> list[queries.Narrowing]:
    """Return for each stage, by its place, how old its deals may be."""
    return [queries.since(ends[stage_id]) if stage_id in ends else None for stage_id in stage_ids]


def _after(
    work: Work,
    plan: Plan,
    stage_ids: list[int],
    viewer: Viewer,
    after: Place | None,
    wanted: Filter,
    limit: int,
    ends: Mapping[int, datetime],
) -> list[Card]:
    if not stage_ids:
        return []
    place = {} if after is None else {"entered_at": after.entered_at, "deal": after.deal_id}
    values = values_of(work, plan, viewer, wanted, stage_ids, limit=limit, **place)
    shape, is_first = shape_of(viewer, wanted), after is None
    if wanted.also is not None:
        query = queries.narrowed_stages(
            shape, len(stage_ids), wanted.also, is_first=is_first, as_one=True, within=_within(stage_ids, ends)
        )
        return _found(work, query, values, wanted)
    query = queries.of_stages(shape, len(stage_ids), is_first=is_first, as_one=True)
    return _cards(work, work.tuples(query, values))


def _found(work: Work, query: Select[Any], values: Mapping[str, Any], wanted: Filter) -> list[Card]:
    """Return the cards of a statement that was made for this once."""
    with by_index(work) if wanted.reads_on else nullcontext():
        rows = work.rows(query, values)
    return _cards(work, rows, moment=lambda read: read)


def _cards(
    work: Work, rows: Sequence[tuple[Any, ...]], *, moment: Callable[[Any], datetime] | None = None
) -> list[Card]:
    """Return the cards of rows in the columns of ``card_queries``, those that came last first."""
    if not rows:
        return []
    names, of_row = directory(work).tags, moment or work.moment
    deals = {"deals": [row[0] for row in rows]}
    tags: dict[int, list[str]] = {}
    for deal_id, tag_id in work.tuples(queries.TAGS, deals):
        tags.setdefault(deal_id, []).append(names[tag_id])
    tasks: dict[int, list[NextTask]] = {}
    for deal_id, task_id, title, due_at, responsible_id in work.tuples(queries.TASKS, deals):
        due = None if due_at is None else work.moment(due_at)
        tasks.setdefault(deal_id, []).append(NextTask(task_id, title, due, responsible_id))
    cards = [
        Card(
            deal_id,
            plan_id,
            stage_id,
            owner_id,
            title,
            contact or lead or "",
            amount,
            currency,
            state,
            tuple(sorted(tags[deal_id], key=str.casefold)) if deal_id in tags else (),
            _first(tasks[deal_id]) if deal_id in tasks else None,
            len(tasks.get(deal_id, ())),
            of_row(created_at),
            of_row(stage_entered_at),
            version,
        )
        for deal_id, plan_id, stage_id, owner_id, title, amount, currency, state, created_at, stage_entered_at, version, contact,
            lead in rows
    ]  # fmt: skip
    cards.sort(key=lambda card: (card.stage_entered_at, card.id), reverse=True)
    return cards


def _first(tasks: Sequence[NextTask]) -> NextTask:
    dated = [one for one in tasks if one.due_at is not None]
    return min(dated, key=lambda one: (one.due_at, one.id)) if dated else tasks[0]
