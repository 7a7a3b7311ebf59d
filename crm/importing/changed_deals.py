"""Change deals that an import tells of again: fields, owner, stage, product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.access.actor import Actor
from crm.deals.moving import Move, move_deals
from crm.deals.products import set_products
from crm.importing.answers import UPDATED, Answer, rejected
from crm.importing.deal_places import Place, line_of
from crm.importing.parts import Known, plain, update_known
from crm.importing.rows import DealRow
from crm.tables.records import deal
from db.sets import in_set
from db.work import Work
from engine.request import DONE
from engine.text import _l


def update_deals(
    work: Work,
    rows: Sequence[DealRow],
    numbers: Sequence[int],
    places: Mapping[int, Place],
    companies: Mapping[int, int | None],
    *,
    by: Actor,
) -> dict[int, Answer]:
    """Give known deals what is new in the rows of these numbers.  A fixed number of statements."""
    if not numbers:
        return {}
    query = select(deal).where(in_set(deal.c.external_id, "ids"))
    ids = sorted({external_id for number in numbers if (external_id := rows[number].external_id) is not None})
    found: dict[str, Any] = {row.external_id: row for row in work.rows(query, {"ids": ids})}
    answers: dict[int, Answer] = {}
    items: dict[int, Known] = {}
    for number in numbers:
        row, place = rows[number], places[number]
        old = found[row.external_id or ""]
        if old.plan_id != place.plan.id:
            answers[number] = rejected(_l("the deal is on another sales plan: move it there by hand"))
            continue
        items[number] = Known(
            old.id,
            old.person_id,
            owner_id=old.owner_id,
            values=_values(row, companies[number]),
            owner=place.owner,
            tags=row.tags,
            comment=place.comment,
        )
    answers.update(zip(items, update_known(work, "deal", list(items.values()), by=by), strict=True))
    good = [number for number in items if answers[number].code != "rejected"]
    _move(work, rows, {number: found[rows[number].external_id or ""] for number in good}, places, answers, by)
    _sell(work, rows, {number: items[number].record_id for number in good}, answers, by)
    return answers


def _values(row: DealRow, company_id: int | None) -> dict[str, object]:
    values: dict[str, object | None] = {
        "title": plain(row.title),
        "amount": row.amount,
        "currency": row.currency,
        "company_id": company_id,
        **{f"field.{key}": text for key, text in row.fields.items()},
    }
    return {key: value for key, value in values.items() if value is not None}


def _move(
    work: Work,
    rows: Sequence[DealRow],
    found: Mapping[int, Any],
    places: Mapping[int, Place],
    answers: dict[int, Answer],
    by: Actor,
) -> None:
    """Move deals whose stage is another; of several rows of one deal the last decides."""
    last = {old.id: number for number, old in found.items() if rows[number].stage is not None}
    going = {deal_id: number for deal_id, number in last.items() if places[number].stage.id != found[number].stage_id}
    moves = [
        Move(deal_id, places[number].stage.key, loss_reason=places[number].loss_reason)
        for deal_id, number in going.items()
    ]
    closed = []
    for (deal_id, number), result in zip(going.items(), move_deals(work, moves, by=by) if moves else (), strict=True):
        if result.code != DONE:
            answers[number] = rejected(result.detail)
            continue
        answers[number] = UPDATED
        closed_at = rows[number].closed_at
        if places[number].stage.state and closed_at is not None:
            closed.append((deal_id, work.stored(closed_at)))
    work.update(deal, ("id",), ("closed_at",), closed)


def _sell(work: Work, rows: Sequence[DealRow], deals: Mapping[int, int], answers: dict[int, Answer], by: Actor) -> None:
    """Change the products of deals; of several rows of one deal the last decides."""
    last = {deal_id: number for number, deal_id in deals.items() if rows[number].product is not None}
    lines = [(deal_id, [line]) for deal_id, number in last.items() if (line := line_of(rows[number])) is not None]
    if not lines:
        return
    for number, result in zip(last.values(), set_products(work, lines, by=by), strict=True):
        if result.code == DONE and answers[number].code != "rejected":
            answers[number] = UPDATED
