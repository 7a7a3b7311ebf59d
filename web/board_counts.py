"""Counts and sums of a board's columns: those kept ready come with the page; others are asked for once it is shown."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from crm.deals.board import Board, Tally, board
from crm.deals.card_queries import Filter
from crm.deals.cards import PAGE, Card, sums_of
from crm.directory import Plan
from db.patience import counted
from db.work import Work
from engine.text import _l
from web.sums import sums_in_words, total_in_words
from web.texts import translated
from web.visit import viewer

TOO_MANY = _l("Too many to count: narrow the filter")


def kept_tallies(work: Work, plan: Plan, wanted: Filter) -> dict[int, Tally] | None:
    """Return count and sums of each stage, by its id, from the counts kept ready; ``None`` where those do not know."""
    if not wanted.is_plain:
        return None
    kept = board(work, plan.key, viewer=viewer())
    return {column.stage_id: _of_owners(kept, column.key, wanted, column.tally) for column in kept.columns}


def shown_tallies(cards: Mapping[int, Sequence[Card]], ends: Container[int]) -> dict[int, Tally | None]:
    """Return the same from the first cards of each stage; ``None`` for a stage that may have more than these.

    ``ends`` has the stages that were not read to their end.
    """
    return {
        stage_id: _of_cards(several) if len(several) < PAGE and stage_id not in ends else None
        for stage_id, several in cards.items()
    }


def counts_in_words(work: Work, plan: Plan, wanted: Filter) -> dict[str, Any]:
    """Return what a board shows of its columns and in total; those that would take too long are left out.  Two statements."""
    tallies = kept_tallies(work, plan, wanted)
    if tallies is None:
        found = counted(work, lambda: sums_of(work, plan, viewer=viewer(), wanted=wanted))
        if found is None:
            return {"columns": {}, "total": translated(TOO_MANY)}
        tallies = {stage.id: Tally(*found[stage.id]) if stage.id in found else Tally() for stage in plan.stages}
    return in_words(plan, tallies)


def in_words(plan: Plan, tallies: Mapping[int, Tally]) -> dict[str, Any]:
    """Return count and sums of each column, by the stage's key, and in total."""
    columns = {
        stage.key: {"deals": tallies[stage.id].deals, "words": sums_in_words(tallies[stage.id])}
        for stage in plan.stages
    }
    return {"columns": columns, "total": total_in_words(total_of(tallies.values()))}


def total_of(tallies: Iterable[Tally]) -> Tally:
    """Return several counts and sums as one."""
    sums: dict[str, int] = {}
    deals = 0
    for tally in tallies:
        deals += tally.deals
        for currency, amount in tally.sums.items():
            sums[currency] = sums.get(currency, 0) + amount
    return Tally(deals, sums)


def _of_cards(cards: Sequence[Card]) -> Tally:
    whole = total_of(Tally(1, {card.currency: card.amount}) for card in cards)
    return Tally(whole.deals, {currency: amount for currency, amount in sorted(whole.sums.items()) if amount})


def _of_owners(kept: Board, stage: str, wanted: Filter, whole: Tally) -> Tally:
    meant = {wanted.owner_id} if wanted.owner_id is not None else wanted.owner_ids
    if meant is None:
        return whole
    return total_of(row.by_stage.get(stage, Tally()) for row in kept.managers if (row.user_id or 0) in meant)
