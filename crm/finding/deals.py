"""Lists of deals: those that are wanted, in any order, in pages by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, false, select

from crm.access.actor import Viewer
from crm.deals.board import Tally
from crm.deals.cards import Card, cards_of, list_cards
from crm.deals.cards import Place as CardPlace
from crm.deals.reach import FIRST, ends_of, further
from crm.directory import Plan, directory
from crm.finding.boards import board_filter
from crm.finding.conditions import asks_archive, clause_of
from crm.finding.orders import Order, Place, beyond, order_of, sorted_by
from crm.finding.wanted import Wanted
from crm.searching.hints import is_few
from crm.searching.ordering import InOrder, in_order, in_ranks, in_stages
from crm.tables.records import company, contact, deal, lead
from db.patience import by_index
from db.sets import in_set
from db.work import Work

PAGE = 100
_ORDERED = 4
"""So many times more deals are read in an order of the whole plan than of a stage."""


class DealRow(NamedTuple):
    """A deal in a list: its card, and what a list may show beside.

    ``phone``, ``email`` and ``who`` are those of its contact, else of its lead; ``fields`` are custom values by key, as they are
    kept for showing.
    """

    card: Card
    who: str
    phone: str | None
    email: str | None
    company: str | None
    source: str | None
    lost_reason: str | None
    closed_at: datetime | None
    fields: Mapping[str, Any]


class DealPage(NamedTuple):
    """A page of a list, and where the next one begins; ``None`` at the end of the list.

    A page that stopped reading before it was full ``reads_on``.
    """

    rows: list[DealRow]
    next: Place | None
    reads_on: bool = False


def plan_order() -> Order:
    """Return the order of a plan's own list: those that moved last first."""
    return Order(deal.c.stage_entered_at, "moment", False)


def deal_page(
    work: Work,
    wanted: Wanted,
    *,
    viewer: Viewer,
    plan: Plan | None = None,
    after: Place | None = None,
    limit: int = PAGE,
    reach: int | None = None,
) -> DealPage:
    """Return a page of the deals that are wanted and that the viewer may see.  Six statements.

    Without an order those of a ``plan`` come as they moved, the last first; those of all plans as they were made.  With a
    ``reach`` so many deals are read, of each stage or in each order that has an index, and the page ends there, full or not.

    Raises:
        InvalidError: there is no such field, the values do not fit it, or nothing can be sorted by it.
    """
    is_plans = plan is not None and not wanted.sort
    archived = asks_archive(wanted)
    reach = None if archived else reach  # it has an index of its own
    if plan is not None and is_plans and not archived:
        start = CardPlace(after.key, after.id) if after is not None else None
        meant = board_filter(work, wanted, viewer)
        stages = [stage.id for stage in plan.stages]
        ends: dict[int, datetime] = {}
        if reach is not None:
            ends = ends_of(work, plan, stages, viewer=viewer, wanted=meant, after=start, reach=reach)
            ends = dict.fromkeys(stages, max(ends.values())) if ends else {}
        cards = list_cards(work, plan, viewer=viewer, after=start, wanted=meant, limit=limit + 1, ends=ends)
        if len(cards) > limit:
            cards = cards[:limit]
            return DealPage(_rows(work, cards), Place(cards[-1].stage_entered_at, cards[-1].id))
        if reach is not None and ends:
            return DealPage(_rows(work, cards), Place(max(ends.values()), 0, further(reach)), reads_on=True)
        return DealPage(_rows(work, cards), None)
    order = plan_order() if is_plans else order_of(wanted, directory(work))
    descending = wanted.descending or not wanted.sort
    found, end = _sorted(work, wanted, order, viewer, plan, after, limit + 1, reach, descending=descending)
    ids = [row.id for row in found[:limit]]
    by_id = {card.id: card for card in cards_of(work, ids, viewer=viewer, archived=archived)} if ids else {}
    last = found[limit - 1] if len(found) > limit else None
    rest = Place(last.key, last.id) if last is not None else None
    reads_on = rest is None and end is not None
    if end is not None and reads_on:
        rest = Place(*end, further(reach or FIRST))
    return DealPage(_rows(work, [by_id[id_] for id_ in ids if id_ in by_id]), rest, reads_on=reads_on)


def _sorted(
    work: Work,
    wanted: Wanted,
    order: Order,
    viewer: Viewer,
    plan: Plan | None,
    after: Place | None,
    limit: int,
    reach: int | None,
    *,
    descending: bool,
) -> InOrder:
    """Return the ids and keys of the next deals: by what has them in order, else by sorting all that are wanted."""
    clause = clause_of(work, wanted, viewer)
    plans = list(directory(work).plans.values()) if plan is None else [plan]
    here = clause if plan is None else and_(deal.c.plan_id == plan.id, clause)
    start = None if after is None else (after.key, after.id)
    is_all = wanted.is_any and viewer.owner_ids is None
    far = None if reach is None or is_all or is_few(work, "deal", wanted.text) else reach * _ORDERED
    found: Sequence[Any] | None = None
    if order.ranks is not None:
        ranks, others = order.ranks
        if wanted.sort == "deal.stage" and plan is not None:
            ranks, others = tuple(deal.c.stage_id == stage.id for stage in plan.stages), false()
        found = in_ranks(work, ranks, others, here, descending=descending, after=start, limit=limit)
    elif wanted.sort == "deal.stage_entered_at":
        places = [(one.id, stage.id) for one in plans for stage in one.stages]
        found = in_stages(work, places, clause, descending=descending, after=start, limit=limit)
    elif wanted.sort:
        ordered = in_order(
            work, wanted.sort, order.key, clause,
            plan_ids=[one.id for one in plans], descending=descending, after=start, limit=limit,
            reach=far,
        )  # fmt: skip
        if ordered is not None:
            return ordered
    if found is not None:
        return InOrder(found, None)
    query = select(deal.c.id, order.key.label("key")).where(here)
    if after is not None:
        query = query.where(beyond(after, order, deal.c.id, descending=descending))
    end = None
    stops = far is not None and not wanted.sort
    if stops:
        passed = select(deal.c.id).order_by(deal.c.id.desc()).offset(far).limit(1)
        end = work.scalar(passed if after is None else passed.where(deal.c.id < after.id))
        query = query if end is None else query.where(deal.c.id >= end)
    query = query.order_by(*sorted_by(order, deal.c.id, descending=descending)).limit(limit)
    with by_index(work) if stops else nullcontext():
        return InOrder(work.rows(query), None if end is None else (end, end))


def tally_of(page: DealPage) -> Tally:
    """Return how many deals a page has, and their sums."""
    sums: Counter[str] = Counter()
    for row in page.rows:
        sums[row.card.currency] += row.card.amount
    return Tally(len(page.rows), {currency: amount for currency, amount in sorted(sums.items()) if amount})


def deal_rows(work: Work, ids: Sequence[int], *, viewer: Viewer, archived: bool = False) -> list[DealRow]:
    """Return rows of these deals in their order, as far as the viewer may see them; ``archived`` ones only where asked.

    Four statements.
    """
    by_id = {card.id: card for card in cards_of(work, ids, viewer=viewer, archived=archived)}
    return _rows(work, [by_id[id_] for id_ in ids if id_ in by_id])


def _rows(work: Work, cards: Sequence[Card]) -> list[DealRow]:
    if not cards:
        return []
    reasons = directory(work).loss_reasons
    more = {row.id: row for row in work.rows(_MORE, {"deals": [card.id for card in cards]})}
    found = []
    for card in cards:
        row = more[card.id]
        found.append(
            DealRow(
                card,
                row.contact_name or row.lead_name or "",
                row.contact_phone or row.lead_phone,
                row.contact_email or row.lead_email,
                row.company_name,
                row.source,
                reasons.get(row.loss_reason_id) if row.loss_reason_id is not None else None,
                row.closed_at,
                row.fields or {},
            )
        )
    return found


_MORE = (
    select(
        deal.c.id,
        deal.c.loss_reason_id,
        deal.c.closed_at,
        deal.c.fields,
        contact.c.name.label("contact_name"),
        contact.c.phone.label("contact_phone"),
        contact.c.email.label("contact_email"),
        lead.c.name.label("lead_name"),
        lead.c.phone.label("lead_phone"),
        lead.c.email.label("lead_email"),
        lead.c.source,
        company.c.name.label("company_name"),
    )
    .select_from(deal)
    .outerjoin(contact, contact.c.id == deal.c.contact_id)
    .outerjoin(lead, lead.c.id == deal.c.lead_id)
    .outerjoin(company, company.c.id == deal.c.company_id)
    .where(in_set(deal.c.id, "deals"))
)
